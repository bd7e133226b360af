/**
 * The leaky bucket, by nginx's definition of limit_req: `excess` falls by `rate` in every second,
 * never below nothing, and each request adds one; a request that finds more than `burst` is refused
 * and adds nothing.
 *
 * The state is the time at which the bucket will have run empty (the theoretical arrival time of the
 * generic cell rate algorithm, ITU-T I.371, which is the same definition written with one number):
 *
 *     excess before a request = (empty at - now) / T, T = 1 / rate        admitted while <= burst
 *     after it: empty at = max(empty at, now) + T
 *
 * A tick is the part 1/n of a request, so that T is the whole number n for any rate and nothing is
 * ever rounded but the clock, down to a tick.
 */
import type { BucketLaw } from './bucket-law.ts';
import { FULL_TICKS_MAX, LEVEL_TICKS_MAX, TICKS_PER_MS_MAX } from './limits.ts';

/** A rate: `count` requests per `windowMs`, and `burst` of them ahead of it. */
export interface LeakyBucketRate {
  readonly count: number;
  readonly windowMs: number;
  readonly burst: number;
}

/** The law of rates. */
export class LeakyBucket implements BucketLaw {
  next = 0;
  readonly #request: number;
  readonly #burst: number;
  readonly #ticksPerMs: number;

  /** `burst` + 1 must not pass 2^28. */
  constructor({ count, windowMs, burst }: LeakyBucketRate) {
    const perMs = count / windowMs;
    const parts = Math.min(TICKS_PER_MS_MAX / perMs, FULL_TICKS_MAX / (burst + 1));
    this.#request = Math.max(1, Math.min(LEVEL_TICKS_MAX, Math.floor(parts)));
    this.#burst = burst * this.#request;
    this.#ticksPerMs = perMs * this.#request;
  }

  tickOf(nowMs: number): number {
    return Math.floor(nowMs * this.#ticksPerMs) | 0;
  }

  idle(state: number, tick: number): boolean {
    const ahead = (state - tick) | 0;
    // More ahead than a bucket can be: it was empty long ago, and the clock has wrapped since.
    return ahead <= 0 || ahead > 2 * FULL_TICKS_MAX;
  }

  take(state: number, tick: number): number {
    const excess = this.idle(state, tick) ? 0 : (state - tick) | 0;
    if (excess > this.#burst) return this.#burst - excess;
    this.next = (tick + excess + this.#request) | 0;
    return excess;
  }

  blank(tick: number): number {
    return tick;
  }

  giveBack(state: number): number {
    return (state - this.#request) | 0;
  }

  msOf(ticks: number): number {
    return Math.ceil(ticks / this.#ticksPerMs);
  }

  /** Ticks of so many requests. */
  ticksOf(requests: number): number {
    return requests * this.#request;
  }
}
