import type { Candidate, Policy } from './policy.ts';
import { SmoothRotation } from './smooth-rotation.ts';

/**
 * The server with the fewest requests and sessions in flight for its weight, counted over all
 * workers. Equals are served in smooth weighted rotation, so idle servers share by weight too.
 */
export class LeastConnections<C extends Candidate> implements Policy<C> {
  #candidates: readonly C[] = [];
  #rotation = new SmoothRotation([]);
  /** 1: among the least loaded. Kept to allocate nothing per pick. */
  #least = new Uint8Array(0);
  #loads = new Float64Array(0);

  update(candidates: readonly C[]): void {
    this.#candidates = candidates;
    this.#rotation = new SmoothRotation(candidates.map(({ weight }) => weight));
    this.#least = new Uint8Array(candidates.length);
    this.#loads = new Float64Array(candidates.length);
  }

  pick(tried: readonly C[]): C | null {
    const candidates = this.#candidates;
    const loads = this.#loads;
    let lowest = Number.POSITIVE_INFINITY;
    let last = -1;
    let ties = 0;
    for (let index = 0; index < candidates.length; index++) {
      const candidate = candidates[index]!;
      const skip = tried.length > 0 && tried.includes(candidate);
      const load = skip ? Number.POSITIVE_INFINITY : candidate.inFlight() / candidate.weight;
      loads[index] = load;
      if (load > lowest || skip) continue;
      ties = load === lowest ? ties + 1 : 1;
      lowest = load;
      last = index;
    }
    if (ties <= 1) return last < 0 ? null : candidates[last]!;
    for (let index = 0; index < candidates.length; index++) {
      this.#least[index] = loads[index] === lowest ? 1 : 0;
    }
    return candidates[this.#rotation.next(this.#least)]!;
  }
}
