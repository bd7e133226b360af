import type { Candidate, Policy } from './policy.ts';
import { SmoothRotation } from './smooth-rotation.ts';

/** Load of a candidate that must not be picked again. */
const TRIED = -1;

/**
 * The server with the fewest requests and sessions in flight for its weight, counted over all
 * workers. Equals are served in smooth weighted rotation, so idle servers share by weight too.
 * Loads are compared as load/weight by cross-multiplication: exact, and cheaper than dividing.
 */
export class LeastConnections<C extends Candidate> implements Policy<C> {
  #candidates: readonly C[] = [];
  #rotation = new SmoothRotation([]);
  /** These three are per candidate, kept so that a pick allocates nothing. */
  #weights = new Float64Array(0);
  #loads = new Float64Array(0);
  /** 1: among the least loaded. */
  #least = new Uint8Array(0);

  update(candidates: readonly C[]): void {
    this.#candidates = candidates;
    this.#weights = Float64Array.from(candidates, (candidate) => candidate.share());
    this.#loads = new Float64Array(candidates.length);
    this.#least = new Uint8Array(candidates.length);
    this.#rotation = new SmoothRotation(this.#weights);
  }

  pick(tried: readonly C[]): C | null {
    const candidates = this.#candidates;
    const weights = this.#weights;
    const loads = this.#loads;
    let best = -1;
    let ties = 0;
    for (let index = 0; index < candidates.length; index++) {
      const candidate = candidates[index]!;
      if (tried.length > 0 && tried.includes(candidate)) {
        loads[index] = TRIED;
        continue;
      }
      const load = candidate.inFlight();
      loads[index] = load;
      const difference = best < 0 ? -1 : load * weights[best]! - loads[best]! * weights[index]!;
      if (difference > 0) continue;
      ties = difference === 0 ? ties + 1 : 1;
      if (difference < 0) best = index;
    }
    if (ties <= 1) return best < 0 ? null : candidates[best]!;
    return candidates[this.#breakTie(best)]!;
  }

  #breakTie(best: number): number {
    const weights = this.#weights;
    const loads = this.#loads;
    const least = this.#least;
    const load = loads[best]!;
    const weight = weights[best]!;
    for (let index = 0; index < least.length; index++) {
      least[index] = loads[index]! * weight === load * weights[index]! ? 1 : 0;
    }
    return this.#rotation.next(least);
  }
}
