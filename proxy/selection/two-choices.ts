import type { Candidate, Policy } from './policy.ts';
import { RandomNumbers } from './random-numbers.ts';
import { WeightedDraw } from './weighted-draw.ts';

/** Draws for a second server before it is looked for among all others: with few servers, or one heavy. */
const SECOND_DRAWS_MAX = 4;

/**
 * Draws two servers by weight and takes the one with fewer requests in flight for its weight, counted
 * over all workers; of equals the one drawn first. Nearly as even as looking at all of them, at a cost
 * that does not grow with their number, and without the herd that runs to one least loaded server.
 */
export class TwoChoices<C extends Candidate> implements Policy<C> {
  readonly #random: RandomNumbers;
  #candidates: readonly C[] = [];
  #draw = new WeightedDraw([]);
  #shares: readonly number[] = [];

  constructor(seed: number) {
    this.#random = new RandomNumbers(seed);
  }

  update(candidates: readonly C[]): void {
    this.#candidates = candidates;
    this.#shares = candidates.map((candidate) => candidate.share());
    this.#draw = new WeightedDraw(this.#shares);
  }

  pick(tried: readonly C[]): C | null {
    const candidates = this.#candidates;
    const first = tried.length === 0 ? this.#draw.draw(this.#random) : this.#among(tried, -1);
    if (first < 0) return null;
    const second = this.#second(tried, first);
    if (second < 0) return candidates[first]!;
    const shares = this.#shares;
    const firstLoad = candidates[first]!.inFlight() * shares[second]!;
    const secondLoad = candidates[second]!.inFlight() * shares[first]!;
    return candidates[secondLoad < firstLoad ? second : first]!;
  }

  #second(tried: readonly C[], first: number): number {
    if (this.#candidates.length === 1) return -1;
    if (tried.length === 0) {
      for (let draws = 0; draws < SECOND_DRAWS_MAX; draws++) {
        const index = this.#draw.draw(this.#random);
        if (index !== first) return index;
      }
    }
    return this.#among(tried, first);
  }

  /** Draws by weight among those neither tried nor `except`; -1 when there are none. */
  #among(tried: readonly C[], except: number): number {
    const candidates = this.#candidates;
    const shares = this.#shares;
    let sum = 0;
    for (let index = 0; index < candidates.length; index++) {
      if (index !== except && !tried.includes(candidates[index]!)) sum += shares[index]!;
    }
    let left = this.#random.next() * sum;
    let last = -1;
    for (let index = 0; index < candidates.length; index++) {
      if (index === except || tried.includes(candidates[index]!)) continue;
      last = index;
      left -= shares[index]!;
      if (left < 0) return index;
    }
    return last;
  }
}
