/** How many requests or connections of a key there are now. Time plays no part. */
import type { BucketLaw } from './bucket-law.ts';

/** The law of concurrency limits: a state is a number of requests. */
export class InFlightCount implements BucketLaw {
  next = 0;
  /** Most at a time; an adaptive limit moves it. */
  max: number;

  constructor(max: number) {
    this.max = max;
  }

  tickOf(_nowMs: number): number {
    return 0;
  }

  idle(state: number, _tick: number): boolean {
    return state === 0;
  }

  take(state: number, _tick: number): number {
    if (state >= this.max) return -1;
    this.next = state + 1;
    return state;
  }

  blank(_tick: number): number {
    return 0;
  }

  giveBack(state: number): number {
    return Math.max(0, state - 1);
  }

  /** It fits when another ends, which nobody knows. */
  msOf(_ticks: number): number {
    return 0;
  }
}
