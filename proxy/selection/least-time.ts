import type { Candidate, Policy } from './policy.ts';
import { SmoothRotation } from './smooth-rotation.ts';

/** Cost of a candidate that must not be picked again. */
const TRIED = -1;

/** A time that nobody measured anew in so many picks per candidate counts half from then on. */
export const PICKS_PER_HALVING = 64;

/**
 * The server that promises the earliest answer: average time to its answers x (1 + what it has in
 * flight) / weight. Averages and in-flight are those of all workers.
 *
 * A slow server gets no work, so nobody would learn that it has become fast. Therefore an average that
 * does not change counts half after every `PICKS_PER_HALVING` picks for each candidate, until it is
 * tried again: a server that is r times slower gets one request in some 64 n log2(r). One that was
 * never measured counts as fast as the fastest, so its first answers do not draw everybody to it.
 */
export class LeastTime<C extends Candidate> implements Policy<C> {
  #candidates: readonly C[] = [];
  #rotation = new SmoothRotation([]);
  /** These are per candidate, kept so that a pick allocates nothing. */
  #shares = new Float64Array(0);
  #costs = new Float64Array(0);
  /** The average as last read, and what it counts for now. */
  #read = new Float64Array(0);
  #worth = new Float64Array(0);
  /** Picks since it changed or was halved. */
  #age = new Uint32Array(0);
  /** 1: among the cheapest. */
  #cheapest = new Uint8Array(0);

  update(candidates: readonly C[]): void {
    this.#candidates = candidates;
    this.#shares = Float64Array.from(candidates, (candidate) => candidate.share());
    this.#costs = new Float64Array(candidates.length);
    this.#read = new Float64Array(candidates.length);
    this.#worth = new Float64Array(candidates.length);
    this.#age = new Uint32Array(candidates.length);
    this.#cheapest = new Uint8Array(candidates.length);
    this.#rotation = new SmoothRotation(this.#shares);
  }

  pick(tried: readonly C[]): C | null {
    const candidates = this.#candidates;
    const fastest = this.#readTimes();
    const costs = this.#costs;
    let best = -1;
    let ties = 0;
    for (let index = 0; index < candidates.length; index++) {
      const candidate = candidates[index]!;
      if (tried.length > 0 && tried.includes(candidate)) {
        costs[index] = TRIED;
        continue;
      }
      const time = this.#read[index] === 0 ? fastest : this.#worth[index]!;
      const cost = (time * (1 + candidate.inFlight())) / this.#shares[index]!;
      costs[index] = cost;
      if (best >= 0 && cost > costs[best]!) continue;
      ties = best >= 0 && cost === costs[best] ? ties + 1 : 1;
      if (ties === 1) best = index;
    }
    if (ties <= 1) return best < 0 ? null : candidates[best]!;
    return candidates[this.#breakTie(costs[best]!)]!;
  }

  /** Brings what every time counts for up to date; returns the least, 1 when there is none. */
  #readTimes(): number {
    const candidates = this.#candidates;
    const agesMax = PICKS_PER_HALVING * candidates.length;
    let fastest = Number.POSITIVE_INFINITY;
    for (let index = 0; index < candidates.length; index++) {
      const average = candidates[index]!.averageMs();
      if (average !== this.#read[index]) {
        this.#read[index] = average;
        this.#worth[index] = average;
        this.#age[index] = 0;
      } else if (++this.#age[index]! >= agesMax) {
        this.#worth[index]! /= 2;
        this.#age[index] = 0;
      }
      if (average > 0 && this.#worth[index]! < fastest) fastest = this.#worth[index]!;
    }
    return fastest === Number.POSITIVE_INFINITY ? 1 : fastest;
  }

  #breakTie(cost: number): number {
    const costs = this.#costs;
    const cheapest = this.#cheapest;
    for (let index = 0; index < costs.length; index++)
      cheapest[index] = costs[index] === cost ? 1 : 0;
    return this.#rotation.next(cheapest);
  }
}
