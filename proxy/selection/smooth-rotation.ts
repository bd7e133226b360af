/**
 * Smooth weighted round robin: in every run of (sum of weights) picks each entry comes exactly as
 * often as its weight says, spread out instead of in bursts (5,1,1 gives a a b a c a a).
 * Each step adds every entry's weight to its credit, takes the richest, and charges it the sum.
 */
export class SmoothRotation {
  readonly #weights: Float64Array;
  readonly #credits: Float64Array;

  constructor(weights: readonly number[]) {
    this.#weights = Float64Array.from(weights);
    this.#credits = new Float64Array(weights.length);
  }

  /** Index of the next entry among those with a non-zero `eligible`; -1 when there is none. */
  next(eligible: Uint8Array): number {
    let best = -1;
    let sum = 0;
    for (let index = 0; index < this.#weights.length; index++) {
      if (eligible[index] === 0) continue;
      const weight = this.#weights[index]!;
      sum += weight;
      this.#credits[index]! += weight;
      if (best < 0 || this.#credits[index]! > this.#credits[best]!) best = index;
    }
    if (best >= 0) this.#credits[best]! -= sum;
    return best;
  }
}
