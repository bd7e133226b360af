/**
 * What a bucket's number means and how a request changes it. A bucket is 32 bits of state in a cell
 * of the shared table; time comes as `tick`, a signed 32-bit number that wraps around. Laws are pure:
 * the same state and tick give the same answer on every thread.
 */
export interface BucketLaw {
  /** The state after a `take` that was not refused. */
  next: number;
  /** The law's time for a clock in milliseconds that never goes back and all threads share. */
  tickOf(nowMs: number): number;
  /** Does this state say no more than a bucket that was never used? Then it may be forgotten. */
  idle(state: number, tick: number): boolean;
  /**
   * Takes one request. Not negative: it fits, `next` is the new state, and the number is how far over
   * the plain rate it is, in the law's ticks. Negative: it does not fit, and would so many ticks later.
   */
  take(state: number, tick: number): number;
  /** The idle state of a bucket that is made now. */
  blank(tick: number): number;
  /** The state after one that was taken has been given back. */
  giveBack(state: number): number;
  /** Milliseconds of so many ticks, rounded up. */
  msOf(ticks: number): number;
}
