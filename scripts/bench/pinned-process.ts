/** A server process held to one core, or some: started, waited for, ended. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { waitUntil } from '../../testbed/lab/wait-until.ts';
import { limits } from './limits.ts';

/** What to start, and how to know that it serves. */
export interface Launch {
  readonly argv: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  /** Ports on 127.0.0.1 that accept once it serves. */
  readonly ports: readonly number[];
}

/** A running server with all its threads and children on the cores it was given. */
export class PinnedProcess {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #logFile: string;

  private constructor(name: string, child: ChildProcess, logFile: string) {
    this.name = name;
    this.#child = child;
    this.#logFile = logFile;
  }

  /**
   * Starts it and resolves when all its ports accept. Rejects with the end of its log when it ends
   * before that, cannot be started, or takes longer than `readyTimeoutMs`.
   */
  static async start(
    name: string,
    launch: Launch,
    cores: number | readonly number[],
    folder: string,
  ): Promise<PinnedProcess> {
    const logFile = join(folder, `${name}.log`);
    const log = openSync(logFile, 'w');
    const child = spawn('taskset', ['-c', String(cores), ...launch.argv], {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...launch.env },
    });
    closeSync(log);
    // A failure to start shows as an exit without a log; the event itself must not go unheard.
    child.on('error', () => {});
    const started = new PinnedProcess(name, child, logFile);
    const serves = async () => {
      started.assertAlive();
      return (await Promise.all(launch.ports.map(accepts))).every(Boolean);
    };
    try {
      await waitUntil(`${name} serving`, serves, limits.readyTimeoutMs);
    } catch (error) {
      await started.stop();
      throw error;
    }
    return started;
  }

  /** Stands for the whole process: taskset has become the program. */
  get pid(): number {
    return this.#child.pid!;
  }

  /** Throws an Error with the end of its log when it is gone. */
  assertAlive(): void {
    if (this.#alive) return;
    const tail = readFileSync(this.#logFile, 'utf8').trimEnd().split('\n');
    const lines = tail.slice(-limits.logTailLinesMax).join('\n');
    throw new Error(`${this.name} has ended: ${lines || 'without a word'}`);
  }

  /** Ends it: politely, then not. Resolves when it is gone. */
  async stop(): Promise<void> {
    if (!this.#alive) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const last = setTimeout(() => this.#child.kill('SIGKILL'), limits.stopTimeoutMs);
    await gone;
    clearTimeout(last);
  }

  get #alive(): boolean {
    const { pid, exitCode, signalCode } = this.#child;
    return pid !== undefined && exitCode === null && signalCode === null;
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
