/** The lab's side of clients.ts: starts it on the client's host and asks it. */
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Host, LabProcess } from '../../lab/host.ts';
import { limits } from './limits.ts';

const PROGRAM = join(import.meta.dirname, 'clients.ts');

/** Connections to the echo of an address, and messages over them. */
export class EchoLoad {
  readonly #process: LabProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(process: LabProcess) {
    this.#process = process;
    this.#lines = createInterface({ input: process.child.stdout! })[Symbol.asyncIterator]();
  }

  /** Resolves when all connections carry something. Rejects, with nothing left, when one does not. */
  static async start(host: Host, { address, connections, perSecond }: EchoPlan): Promise<EchoLoad> {
    const argv = [process.execPath, PROGRAM, address, `${connections}`, `${perSecond}`];
    const started = host.spawn(argv, { streams: 'pipe', log: 'echo-load', elsewhere: true });
    const load = new EchoLoad(started);
    const late = setTimeout(() => started.child.kill('SIGKILL'), limits.openTimeoutMs);
    const said = await load.#line();
    clearTimeout(late);
    if (said === 'open') return load;
    throw new Error(`the clients did not get through: ${host.logTail('echo-load')}`);
  }

  /** Messages that have come back so far. Rejects when the clients are gone. */
  async echoed(): Promise<number> {
    this.#process.child.stdin!.write('\n');
    const said = await this.#line();
    if (said === null) throw new Error('the clients are gone');
    return Number(said);
  }

  /** Ends all connections. Rejects when one had been broken. */
  async end(): Promise<void> {
    const { child } = this.#process;
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.stdin!.end();
      await exited;
    }
    if (child.exitCode !== 0) throw new Error('a connection broke');
  }

  /** At once, whatever became of it. */
  kill(): void {
    this.#process.child.kill('SIGKILL');
  }

  async #line(): Promise<string | null> {
    const { done, value } = await this.#lines.next();
    return done === true ? null : value;
  }
}

export interface EchoPlan {
  readonly address: string;
  readonly connections: number;
  /** Messages over all of them. */
  readonly perSecond: number;
}
