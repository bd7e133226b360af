import type { Candidate, Policy } from './policy.ts';
import { SmoothRotation } from './smooth-rotation.ts';

/** Longest rotation kept as a table; longer ones are worked out pick by pick. */
const ROTATION_LENGTH_MAX = 1024;

/**
 * Each server in turn, as often as its weight says. One rotation is compiled into a table, so a pick
 * is one read whatever the number of servers; `phase` (0 to below 1) is where in it to start, so
 * that several workers do not all begin with the same server.
 */
export class RoundRobin<C extends Candidate> implements Policy<C> {
  readonly #phase: number;
  #candidates: readonly C[] = [];
  #table: C[] = [];
  #cursor = 0;
  #rotation = new SmoothRotation([]);
  #eligible = new Uint8Array(0);

  constructor(phase: number) {
    this.#phase = phase;
  }

  update(candidates: readonly C[]): void {
    this.#candidates = candidates;
    const shares = candidates.map((candidate) => candidate.share());
    const divisor = shares.reduce(gcd, 0);
    const weights = shares.map((share) => share / divisor);
    const length = weights.reduce((sum, weight) => sum + weight, 0);
    this.#rotation = new SmoothRotation(weights);
    this.#eligible = new Uint8Array(candidates.length).fill(1);
    this.#table = [];
    if (length > ROTATION_LENGTH_MAX) return;
    for (let index = 0; index < length; index++) {
      this.#table.push(candidates[this.#rotation.next(this.#eligible)]!);
    }
    this.#cursor = Math.floor(this.#phase * length);
  }

  pick(tried: readonly C[]): C | null {
    const table = this.#table;
    if (table.length === 0) return this.#pickUncompiled(tried);
    // What a retry skips is charged to the rotation as if used, so that the load of a failing
    // server is spread over the others and does not all fall on the one after it.
    for (let step = 0; step < table.length; step++) {
      const candidate = table[this.#cursor]!;
      this.#cursor = this.#cursor + 1 === table.length ? 0 : this.#cursor + 1;
      if (tried.length === 0 || !tried.includes(candidate)) return candidate;
    }
    return null;
  }

  #pickUncompiled(tried: readonly C[]): C | null {
    if (tried.length === 0) {
      const index = this.#rotation.next(this.#eligible);
      return index < 0 ? null : this.#candidates[index]!;
    }
    for (let index = 0; index < this.#candidates.length; index++) {
      this.#eligible[index] = tried.includes(this.#candidates[index]!) ? 0 : 1;
    }
    const index = this.#rotation.next(this.#eligible);
    this.#eligible.fill(1);
    return index < 0 ? null : this.#candidates[index]!;
  }
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
