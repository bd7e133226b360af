/**
 * Smooth weighted round robin: in every run of (sum of weights) picks each entry comes exactly as
 * often as its weight says, spread out instead of in bursts (5,1,1 gives a a b a c a a).
 * Each step adds every entry's weight to its credit, takes the richest, and charges it the sum.
 */
export class SmoothRotation {
  readonly #weights: Float64Array;
  readonly #credits: Float64Array;

  constructor(weights: ArrayLike<number>) {
    this.#weights = Float64Array.from(weights);
    this.#credits = new Float64Array(weights.length);
  }

  /** Index of the next entry among those with a non-zero `eligible`; -1 when there is none. */
  next(eligible: Uint8Array): number {
    const weights = this.#weights;
    const credits = this.#credits;
    let best = -1;
    let richest = Number.NEGATIVE_INFINITY;
    let sum = 0;
    for (let index = 0; index < weights.length; index++) {
      if (eligible[index] === 0) continue;
      const weight = weights[index]!;
      const credit = credits[index]! + weight;
      sum += weight;
      credits[index] = credit;
      if (credit > richest) {
        richest = credit;
        best = index;
      }
    }
    if (best >= 0) credits[best]! -= sum;
    return best;
  }
}
