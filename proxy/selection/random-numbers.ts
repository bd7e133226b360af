/**
 * A small generator of pseudo-random numbers (the "mulberry32" mixer over a counter). Good enough to
 * spread requests, repeatable in tests, and without the cost of a call out of the compiled code. Not
 * for secrets.
 */
export class RandomNumbers {
  #state: number;

  /** `seed` is any 32-bit integer; different seeds give unrelated sequences. */
  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** The next one, 0 to below 1, in steps of 2^-32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  }
}
