/**
 * A shell that waits in a container. Starting a program with `docker exec` takes a tenth of a
 * second, which would count as part of a fault; a line to a shell that is there takes a few
 * milliseconds.
 */
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type ContainerUser, dockerExec } from './engine.ts';
import { limits } from './limits.ts';

/** Follows what a command printed; the command's status follows it. */
const MARK = '--- status';

/** `sh` in a running container; it ends with the container. */
export class ContainerShell {
  readonly #child: ChildProcess;
  readonly #container: string;
  #lines: string[] = [];
  #answer: PromiseWithResolvers<string> | null = null;

  private constructor(container: string, child: ChildProcess) {
    this.#container = container;
    this.#child = child;
    createInterface({ input: child.stdout! }).on('line', (line) => this.#read(line));
    // A container that dies takes the pipe with it; `close` says so to who is waiting.
    child.stdin!.on('error', () => {});
    child.on('error', (error) => this.#fail(error.message));
    child.on('close', () => this.#fail('the shell has ended'));
  }

  /** Starts the shell as a user of the container; resolves when it answers. */
  static async open(container: string, user: ContainerUser): Promise<ContainerShell> {
    const shell = new ContainerShell(container, dockerExec(container, user, ['sh']));
    await shell.run(':');
    return shell;
  }

  /** False once the shell, and with it most likely the container, has ended. */
  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /**
   * Runs a command and resolves to what it printed. Rejects when its status is not 0, or when it
   * takes longer than {@link limits.shellTimeoutMs}. One command at a time.
   */
  async run(command: string): Promise<string> {
    if (this.#answer !== null) throw new Error(`${this.#container}: a command is still running`);
    if (!this.alive) throw new Error(`${this.#container}: the shell has ended`);
    const timer = setTimeout(() => this.#fail('no answer'), limits.shellTimeoutMs);
    this.#answer = Promise.withResolvers();
    this.#lines = [];
    this.#child.stdin!.write(`{ ${command}\n} 2>&1; echo "${MARK} $?"\n`);
    try {
      return await this.#answer.promise;
    } finally {
      clearTimeout(timer);
      this.#answer = null;
    }
  }

  close(): void {
    this.#child.stdin!.end();
  }

  #read(line: string): void {
    if (!line.startsWith(MARK)) {
      this.#lines.push(line);
      return;
    }
    const output = this.#lines.join('\n');
    const status = Number(line.slice(MARK.length));
    if (status === 0) this.#answer?.resolve(output);
    else this.#fail(`status ${status}: ${output}`);
  }

  #fail(reason: string): void {
    this.#answer?.reject(new Error(`shell in ${this.#container}: ${reason}`));
  }
}
