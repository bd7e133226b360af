import { rehash } from './key-hash.ts';
import { buildTable, TABLE_SIZE } from './maglev-table.ts';
import { type Candidate, NO_KEY, type Policy } from './policy.ts';
import { RoundRobin } from './round-robin.ts';

/** Further places of the table tried for a key whose server cannot take it, before all are gone through. */
const PLACES_MAX = 16;

const NO_TABLE = new Uint16Array(0);

/**
 * One server for each key, by a Maglev table (maglev-table.ts) that is built only when the candidates
 * or their shares change. A key whose server was tried, or has too much, goes to the server of the
 * place it is hashed to next: so the keys of a failing server are spread over the others, each always
 * to the same one. Requests without a key go in rotation.
 *
 * With a load factor no server gets more than so many times its fair share of what is in flight,
 * rounded up ("Consistent Hashing with Bounded Loads", Mirrokni and others).
 */
export class ConsistentHash<C extends Candidate> implements Policy<C> {
  readonly #loadFactor: number | null;
  readonly #rotation: RoundRobin<C>;
  #candidates: readonly C[] = [];
  #table: Uint16Array = NO_TABLE;
  #shares = new Float64Array(0);
  #shareSum = 0;
  /** Per candidate: what is in flight, read once per pick. Only with a load factor. */
  #loads = new Float64Array(0);

  /** `loadFactor` is above 1; null: keys stay with their server whatever it has in hand. */
  constructor(phase: number, loadFactor: number | null) {
    this.#loadFactor = loadFactor;
    this.#rotation = new RoundRobin(phase);
  }

  update(candidates: readonly C[]): void {
    this.#candidates = candidates;
    this.#rotation.update(candidates);
    this.#shares = Float64Array.from(candidates, (candidate) => candidate.share());
    this.#shareSum = this.#shares.reduce((sum, share) => sum + share, 0);
    this.#loads = new Float64Array(candidates.length);
    const entries = candidates.map((one) => ({ name: one.address, weight: one.share() }));
    // A single one needs no table, and a group that is empty most of the time should not keep one.
    this.#table = candidates.length < 2 ? NO_TABLE : buildTable(entries);
  }

  pick(tried: readonly C[], key: number): C | null {
    if (key === NO_KEY) return this.#rotation.pick(tried);
    const candidates = this.#candidates;
    if (candidates.length < 2) return this.#leastLoaded(tried);
    const table = this.#table;
    const factor = this.#loadFactor;
    const perShare = factor === null ? 0 : this.#measure(factor);
    let place = key;
    for (let attempt = 0; attempt <= PLACES_MAX; attempt++) {
      const index = table[place % TABLE_SIZE]!;
      const fits = factor === null || this.#fits(index, perShare);
      if (fits && (tried.length === 0 || !tried.includes(candidates[index]!))) {
        return candidates[index]!;
      }
      place = rehash(place);
    }
    return this.#walk(tried, place, perShare) ?? this.#leastLoaded(tried);
  }

  /** Reads all loads; returns how much may be in flight per share, the new request included. */
  #measure(factor: number): number {
    const candidates = this.#candidates;
    const loads = this.#loads;
    let total = 1;
    for (let index = 0; index < candidates.length; index++) {
      const load = candidates[index]!.inFlight();
      loads[index] = load;
      total += load;
    }
    return (factor * total) / this.#shareSum;
  }

  /** May it get one more? */
  #fits(index: number, perShare: number): boolean {
    return this.#loads[index]! < Math.ceil(perShare * this.#shares[index]!);
  }

  /** The seldom case that all of a key's places belong to the same few: everybody in turn from there. */
  #walk(tried: readonly C[], place: number, perShare: number): C | null {
    const candidates = this.#candidates;
    const count = candidates.length;
    for (let step = 0; step < count; step++) {
      const index = (place + step) % count;
      if (tried.includes(candidates[index]!)) continue;
      if (this.#loadFactor === null || this.#fits(index, perShare)) return candidates[index]!;
    }
    return null;
  }

  /** Who is left when the others were tried and those left have too much: somebody must take it. */
  #leastLoaded(tried: readonly C[]): C | null {
    const candidates = this.#candidates;
    let best: C | null = null;
    let least = 0;
    for (let index = 0; index < candidates.length; index++) {
      const candidate = candidates[index]!;
      if (tried.includes(candidate)) continue;
      const load = candidate.inFlight() / this.#shares[index]!;
      if (best !== null && load >= least) continue;
      best = candidate;
      least = load;
    }
    return best;
  }
}
