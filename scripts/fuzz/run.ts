/** One run of the fuzzer: rounds of fire until the time is over, then the reckoning. */
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../../testbed/lab/monotonic.ts';
import { waitUntil } from '../../testbed/lab/wait-until.ts';
import { HelperProcess } from './helper-process.ts';
import type { Fired } from './injector.ts';
import { limits } from './limits.ts';
import { counters, FuzzedPair, lateness, runtimeFolder, standing } from './pair.ts';
import { stranger } from './plan.ts';

/** Every so many rounds one has broken IP headers as well. */
const MANGLED_EVERY = 10;

/** What a run is given. */
export interface FuzzOptions {
  readonly seconds: number;
  readonly seed: number;
  /** decoder-process.ts, running. */
  readonly decoders: ChildProcess;
}

/** A promise that was broken. */
class Broken extends Error {}

/** Runs and reports on standard output; resolves to the exit status. */
export async function runFuzz(options: FuzzOptions): Promise<number> {
  const pair = await FuzzedPair.start();
  try {
    const run = new Run(pair, options);
    await run.rounds();
    await run.reckon();
    return 0;
  } catch (error) {
    const { seconds, seed } = options;
    console.error(error instanceof Broken ? error.message : error);
    console.error(`${pair.logTails()}\nagain: npm run fuzz -- --seconds ${seconds} --seed ${seed}`);
    return 1;
  } finally {
    options.decoders.kill();
    await pair.close();
  }
}

class Run {
  readonly #pair: FuzzedPair;
  readonly #options: FuzzOptions;
  readonly #injector: HelperProcess;
  readonly #knockers: readonly HelperProcess[];
  readonly #decoders: HelperProcess;
  readonly #totals = { rounds: 0, frames: 0, judged: 0, connections: 0 };
  #startedAt = 0;
  #standing = '';
  #counters: Record<string, number> = {};
  #logLines: readonly number[] = [];
  /** Resident memory of the agents after each round, bytes. */
  readonly #memory: { readonly atMs: number; readonly bytes: readonly number[] }[] = [];
  #moves = 0;

  constructor(pair: FuzzedPair, options: FuzzOptions) {
    this.#pair = pair;
    this.#options = options;
    const { seed } = options;
    const helper = (name: string, file: string, ...args: string[]) =>
      new HelperProcess(
        file,
        pair.lab
          .host(name)
          .spawn([process.execPath, join(import.meta.dirname, file), `${seed}`, ...args], {
            streams: 'pipe',
            instrument: true,
            log: file,
          }).child,
      );
    this.#injector = helper(stranger.name, 'injector.ts');
    this.#knockers = pair.hosts.map(({ name }) => helper(name, 'knocker.ts', runtimeFolder));
    this.#decoders = new HelperProcess('decoder-process.ts', options.decoders);
  }

  /** Fires until the time is over; throws Broken at the first broken promise. */
  async rounds(): Promise<void> {
    await this.#begin();
    const { seconds } = this.#options;
    const ends = this.#startedAt + seconds * 1000;
    for (let round = 1; monotonicMs() < ends; round++) {
      this.#totals.rounds += 1;
      if (round % MANGLED_EVERY === 0) await this.#mangledRound(round);
      else await this.#round(round);
      this.#memory.push({ atMs: monotonicMs(), bytes: this.#pair.resident() });
    }
    this.#injector.stop();
    for (const knocker of this.#knockers) knocker.stop();
  }

  async #begin(): Promise<void> {
    const looks = await this.#pair.looks();
    this.#standing = looks.map(standing).join('\n');
    this.#counters = Object.assign({}, ...looks.map(counters));
    this.#logLines = this.#pair.logLines();
    this.#moves = this.#pair.watch.history.length;
    this.#startedAt = monotonicMs();
  }

  async #round(round: number): Promise<void> {
    const [fired, ...knocks] = await Promise.all([
      this.#injector.ask<Fired>(`${round} valid`),
      ...this.#knockers.map((one) => one.ask<{ connections: number }>(`${round}`)),
    ]);
    this.#totals.frames += fired.frames;
    for (const { connections } of knocks) this.#totals.connections += connections;
    const expected = { ...this.#counters };
    for (const [name, count] of Object.entries(fired.counts)) {
      if (expected[name] === undefined) throw new Broken(`nobody counts "${name}"`);
      expected[name] += count;
      if (name.endsWith(' packets')) this.#totals.judged += count;
    }
    let wrong: string[] = [];
    const counted = async () => {
      wrong = [];
      const found = await this.#look();
      wrong = Object.keys(expected)
        .filter((name) => found[name] !== expected[name])
        .map((name) => `${name}: ${found[name]}, should be ${expected[name]}`);
      return wrong.length === 0;
    };
    await waitUntil('counted', counted, limits.countedTimeoutMs).catch((error: Error) => {
      if (wrong.length === 0) throw error;
      throw new Broken(`round ${round}: not counted as the judges say:\n  ${wrong.join('\n  ')}`);
    });
    this.#counters = expected;
  }

  /** Nobody knows what of it gets through the kernels: no more than was sent, and it moves nothing. */
  async #mangledRound(round: number): Promise<void> {
    const fired = await this.#injector.ask<Fired>(`${round} mangled`);
    this.#totals.frames += fired.frames;
    await delay(100);
    const found = await this.#look();
    for (const [name, count] of Object.entries(found)) {
      const more = count - (this.#counters[name] ?? 0);
      if (more < 0 || more > fired.frames)
        throw new Broken(`round ${round}: ${name} grew by ${more}`);
    }
    this.#counters = found;
  }

  /** Both agents stand where they stood; returns their counters. */
  async #look(): Promise<Record<string, number>> {
    const looks = await this.#pair.looks();
    const now = looks.map(standing).join('\n');
    if (now !== this.#standing) {
      throw new Broken(`an invalid packet moved something:\n${this.#standing}\nis now\n${now}`);
    }
    return Object.assign({}, ...looks.map(counters));
  }

  /**
   * How far the least that each agent held in the last quarter is above the most in the second one,
   * bytes. A heap goes up and down by tens of megabytes between its collections, which may be minutes
   * apart; only a leak takes its lows above its former highs.
   */
  #growth(): readonly number[] {
    const quarterMs = this.#options.seconds * 250;
    const inQuarter = (quarter: number, agent: number) =>
      this.#memory
        .filter(({ atMs }) => Math.floor((atMs - this.#startedAt) / quarterMs) === quarter)
        .map(({ bytes }) => bytes[agent] ?? 0);
    return this.#pair.hosts.map(
      (_, agent) => Math.min(...inQuarter(3, agent)) - Math.max(...inQuarter(1, agent)),
    );
  }

  /** What is judged at the end: moves of the address, memory, log, adverts, decoders. */
  async reckon(): Promise<void> {
    const { seconds } = this.#options;
    const { cases, fault } = await this.#decoders.finish<{ cases?: number; fault?: string }>();
    if (fault !== undefined) throw new Broken(fault);
    const moves = this.#pair.watch.history.length - this.#moves;
    if (moves !== 0) throw new Broken(`the address moved ${moves} times`);
    const growth = this.#growth();
    const mebibytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
    if (growth.some((bytes) => bytes > limits.growthBytesMax)) {
      throw new Broken(`memory grew by ${growth.map(mebibytes).join(' and ')}`);
    }
    const lines = this.#pair.logLines().map((count, index) => count - (this.#logLines[index] ?? 0));
    const linesMax = limits.logLinesMax + limits.logLinesPerSecondMax * seconds;
    if (lines.some((count) => count > linesMax)) {
      throw new Broken(`${lines.join(' and ')} lines were logged, at most ${linesMax} should be`);
    }
    const late = lateness(await this.#pair.looks());
    if (late.whole > 0 || late.half > late.all * limits.lateShareMax) {
      throw new Broken(`of ${late.all} adverts ${late.half} left 50 ms late, ${late.whole} 100 ms`);
    }
    const { rounds, frames, judged, connections } = this.#totals;
    console.log(
      `${seconds} s, ${rounds} rounds: ${frames} frames and ${connections} connections to a pair that did not ` +
        `move; ${judged} VRRP packets counted as the judges say; ${cases} inputs to the decoders, no fault.\n` +
        `least memory at the end above the most after the warm-up: ` +
        `${growth.map(mebibytes).join(' and ')}, ${lines.join(' and ')} lines logged, ` +
        `${late.half} of ${late.all} adverts more than 50 ms late`,
    );
  }
}
