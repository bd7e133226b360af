/**
 * So many requests in a window of time, counted from the first one of the key: when the window is
 * over, the next request begins a new one. The state is the window's start, in steps, above the count.
 */
import type { BucketLaw } from './bucket-law.ts';
import { WINDOWS_MIN, WINDOWS_SPAN_MS } from './limits.ts';

/** The law of quotas. */
export class WindowQuota implements BucketLaw {
  next = 0;
  readonly #count: number;
  readonly #countBits: number;
  readonly #countMask: number;
  readonly #stepMask: number;
  readonly #stepMs: number;
  /** Steps from a window's start to its end: one more than fit in, as the start is rounded down. */
  readonly #steps: number;

  /** `count` per `windowMs`; of the 32 bits the count takes what it needs, time has the others. */
  constructor(count: number, windowMs: number) {
    this.#count = count;
    this.#countBits = Math.ceil(Math.log2(count + 1));
    this.#countMask = 2 ** this.#countBits - 1;
    const times = 2 ** (32 - this.#countBits);
    this.#stepMask = times - 1;
    const windows = Math.max(WINDOWS_MIN, WINDOWS_SPAN_MS / windowMs);
    this.#stepMs = Math.ceil((windowMs * windows) / times);
    this.#steps = Math.ceil(windowMs / this.#stepMs) + 1;
  }

  /** The longest that a window may last beyond its time, in milliseconds. */
  get lateMsMax(): number {
    return 2 * this.#stepMs;
  }

  tickOf(nowMs: number): number {
    return Math.floor(nowMs / this.#stepMs) & this.#stepMask;
  }

  idle(state: number, tick: number): boolean {
    return (state & this.#countMask) === 0 || this.#age(state, tick) >= this.#steps;
  }

  take(state: number, tick: number): number {
    if (this.idle(state, tick)) {
      this.next = (tick << this.#countBits) | 1;
      return 0;
    }
    if ((state & this.#countMask) >= this.#count) return this.#age(state, tick) - this.#steps;
    this.next = (state + 1) | 0;
    return 0;
  }

  blank(_tick: number): number {
    return 0;
  }

  giveBack(state: number): number {
    return (state & this.#countMask) === 0 ? state : (state - 1) | 0;
  }

  msOf(ticks: number): number {
    return ticks * this.#stepMs;
  }

  /** Steps since the window's start. A worker whose clock was read before another's sees none. */
  #age(state: number, tick: number): number {
    const age = (tick - (state >>> this.#countBits)) & this.#stepMask;
    return age > this.#stepMask - this.#steps ? 0 : age;
  }
}
