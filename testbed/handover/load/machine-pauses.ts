/** When this machine stood still: a metronome on each processor, before everything else that runs there. */
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Host, LabProcess } from '../../lab/host.ts';
import { INSTRUMENT_FLAGS } from '../../lab/instrument-flags.ts';
import { limits } from '../limits.ts';
import type { Pause } from './pauses.ts';

const PROGRAM = join(import.meta.dirname, 'metronome.ts');

/** Above the agents': what they take from others is the pair's doing. */
const PRIORITY = 50;

/** The metronomes of a run. */
export class MachinePauses {
  readonly #metronomes: readonly Metronome[];

  constructor(host: Host) {
    const cores = Array.from({ length: availableParallelism() }, (_, core) => core);
    this.#metronomes = cores.map((core) => new Metronome(host, core));
  }

  /** What there was until now, on any processor; ends it. Rejects when one of them does not answer. */
  async finish(): Promise<readonly Pause[]> {
    const all = await Promise.all(this.#metronomes.map((it) => it.ask()));
    await this.close();
    return all.flat();
  }

  /** Ends it. */
  async close(): Promise<void> {
    await Promise.all(this.#metronomes.map((it) => it.close()));
  }
}

class Metronome {
  readonly #process: LabProcess;
  readonly #lines: Interface;

  constructor(host: Host, core: number) {
    const place = ['taskset', '--cpu-list', `${core}`, 'chrt', '--rr', `${PRIORITY}`];
    const argv = [...place, process.execPath, ...INSTRUMENT_FLAGS, PROGRAM];
    this.#process = host.spawn(argv, { streams: 'pipe', log: 'metronome', instrument: true });
    this.#lines = createInterface({ input: this.#process.child.stdout! });
  }

  async ask(): Promise<readonly Pause[]> {
    const signal = AbortSignal.timeout(limits.moveTimeoutMs);
    const answer = once(this.#lines, 'line', { signal });
    this.#process.child.stdin!.write('\n');
    const [line] = (await answer) as [string];
    return JSON.parse(line) as Pause[];
  }

  async close(): Promise<void> {
    this.#process.child.stdin!.end();
    await this.#process.stop();
  }
}
