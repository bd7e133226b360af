import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { waitUntil } from '../lab/wait-until.ts';
import { limits } from './limits.ts';

/** A server that the run has started and will end. */
export class Program {
  readonly #name: string;
  readonly #child: ChildProcess;
  #output = '';

  private constructor(name: string, child: ChildProcess) {
    this.#name = name;
    this.#child = child;
    const keep = (bytes: Buffer) => {
      this.#output = (this.#output + bytes.toString()).slice(-4000);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.on('error', () => {});
  }

  /** Resolves when all ports accept; rejects with the end of its output when that does not happen. */
  static async start(
    name: string,
    argv: readonly [string, ...string[]],
    ports: readonly number[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Program> {
    const [command, ...args] = argv;
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    const program = new Program(name, child);
    const serves = async () => {
      program.assertAlive();
      return (await Promise.all(ports.map(accepts))).every(Boolean);
    };
    try {
      await waitUntil(`${name} serving`, serves, limits.readyTimeoutMs);
    } catch (error) {
      await program.stop();
      throw error;
    }
    return program;
  }

  /** The process itself: nothing is started around it. */
  get pid(): number {
    return this.#child.pid!;
  }

  /** Throws with what it last said when it is gone. */
  assertAlive(): void {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid !== undefined && exitCode === null && signalCode === null) return;
    throw new Error(`${this.#name} has ended: ${this.#output || 'without a word'}`);
  }

  /** Ends it: politely, then not. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    const last = setTimeout(() => child.kill('SIGKILL'), limits.stopTimeoutMs);
    await gone;
    clearTimeout(last);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
