import { latenessWindowMicros } from './limits.ts';
import {
  emptyLateness,
  type Lateness,
  latenessBoundsMicros,
  recordLateness,
} from './statistics.ts';

/** How late something was, for the status: since the start, and in the last one to two minutes. */
export interface LatenessSummary {
  readonly maxMs: number;
  readonly recent: {
    readonly count: number;
    /** 99 of 100 were not later; the upper bound of a bucket of the histogram. */
    readonly p99Ms: number;
    readonly maxMs: number;
  };
}

/** Records how late something was. One observation allocates nothing. */
export class LatenessRecorder {
  /** All of them since the start. */
  readonly total: Lateness;
  #current = emptyLateness();
  #previous = emptyLateness();
  #since = 0;

  /** `total` is counted in, where somebody else keeps it. */
  constructor(total: Lateness = emptyLateness()) {
    this.total = total;
  }

  /** One observation at `now`, both in microseconds. */
  record(micros: number, now: number): void {
    this.#rotate(now);
    recordLateness(this.total, micros);
    recordLateness(this.#current, micros);
  }

  /** What an operator asks for, at `now`. */
  summary(now: number): LatenessSummary {
    this.#rotate(now);
    const [a, b] = [this.#current, this.#previous];
    const maxMicros = Math.max(a.maxMicros, b.maxMicros);
    const count = a.count + b.count;
    const buckets = a.buckets.map((value, at) => value + (b.buckets[at] ?? 0));
    return {
      maxMs: this.total.maxMicros / 1000,
      recent: {
        count,
        p99Ms: Math.min(percentileMicros(buckets, count, 0.99), maxMicros) / 1000,
        maxMs: maxMicros / 1000,
      },
    };
  }

  #rotate(now: number): void {
    const age = now - this.#since;
    if (age < latenessWindowMicros) return;
    const oldest = this.#previous;
    this.#previous = this.#current;
    this.#current = oldest;
    clear(this.#current);
    // Nothing came for so long that the window before is out of date as well.
    if (age >= 2 * latenessWindowMicros) clear(this.#previous);
    this.#since = now;
  }
}

function clear(lateness: Lateness): void {
  lateness.count = 0;
  lateness.sumMicros = 0;
  lateness.maxMicros = 0;
  lateness.buckets.fill(0);
}

/** Upper bound of the bucket in which that share of all is reached. */
function percentileMicros(buckets: readonly number[], count: number, share: number): number {
  if (count === 0) return 0;
  let seen = 0;
  for (const [at, value] of buckets.entries()) {
    seen += value;
    if (seen >= share * count) return latenessBoundsMicros[at] ?? Number.POSITIVE_INFINITY;
  }
  return Number.POSITIVE_INFINITY;
}
