/**
 * A shell that waits in a container. Starting a program with `docker exec` takes a tenth of a
 * second, which would count as part of a fault; a line to a shell that is there takes a few
 * milliseconds.
 */
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { dockerExec } from './engine.ts';
import { limits } from './limits.ts';

/** Ends what a command printed; followed by its status. */
const MARK = '--- status';

interface Pending {
  resolve(output: string): void;
  reject(error: Error): void;
}

/** `sh` in a running container; it ends with the container. */
export class ContainerShell {
  readonly #child: ChildProcess;
  readonly #container: string;
  #lines: string[] = [];
  #pending: Pending | null = null;

  private constructor(container: string, child: ChildProcess) {
    this.#container = container;
    this.#child = child;
    createInterface({ input: child.stdout! }).on('line', (line) => this.#read(line));
    child.stdin!.on('error', () => {});
    child.on('error', (error) => this.#fail(error.message));
    child.on('close', () => this.#fail('the shell has ended'));
  }

  /** Starts the shell as a user of the container; resolves when it answers. */
  static async open(container: string, user: string): Promise<ContainerShell> {
    const shell = new ContainerShell(container, dockerExec(container, user, ['sh']));
    await shell.run(':');
    return shell;
  }

  /** Runs a command, one at a time; rejects when its status is not 0. Resolves to what it printed. */
  run(command: string): Promise<string> {
    if (this.#pending !== null) throw new Error(`${this.#container}: a command is still running`);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#fail('no answer'), limits.shellTimeoutMs);
      const settle = () => {
        clearTimeout(timer);
        this.#pending = null;
        this.#lines = [];
      };
      this.#pending = {
        resolve(output) {
          settle();
          resolve(output);
        },
        reject(error) {
          settle();
          reject(error);
        },
      };
      if (this.#child.exitCode !== null) this.#fail('the shell has ended');
      else this.#child.stdin!.write(`{ ${command}\n} 2>&1; echo "${MARK} $?"\n`);
    });
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
    if (status === 0) this.#pending?.resolve(output);
    else this.#fail(`status ${status}: ${output}`);
  }

  #fail(reason: string): void {
    this.#pending?.reject(new Error(`shell in ${this.#container}: ${reason}`));
  }
}
