import type { Candidate, Policy } from './policy.ts';

/**
 * The first server of the list that takes work: the others see none until it is full, which only
 * `max_connections` makes it. So as few servers as possible are busy, and the rest may sleep.
 */
export class First<C extends Candidate> implements Policy<C> {
  #candidates: readonly C[] = [];

  update(candidates: readonly C[]): void {
    this.#candidates = candidates;
  }

  pick(tried: readonly C[]): C | null {
    const candidates = this.#candidates;
    for (let index = 0; index < candidates.length; index++) {
      const candidate = candidates[index]!;
      if (tried.length === 0 || !tried.includes(candidate)) return candidate;
    }
    return null;
  }
}
