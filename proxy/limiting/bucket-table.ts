/**
 * Buckets by key, shared by all workers: a set-associative table in shared memory. A cell is eight
 * bytes, changed only as a whole by compare-and-exchange:
 *
 *     cell = [ state: 32 bits of a BucketLaw | tag: 32 bits of the key's hash ]       0: empty
 *     set  = 8 cells, one cache line              a key has two sets, 16 cells, and no other place
 *
 * A hit takes no lock, and no count is lost: who loses a race looks again. A cell that is idle by its
 * law says no more than an empty one, so another key may have it at once; one that is not idle is never
 * taken from its key. A new key whose 16 cells are all in use goes uncounted (`UNTRACKED`); a table is
 * made larger than `keys` so that this is seldom.
 *
 * Putting a key in takes one of a few locks, by the key's hash, or two workers that meet a new key at
 * one moment could put it in two cells. It is held for less than a microsecond. Who does not get it in
 * time (its holder was put to sleep) goes uncounted; the locks of a dead worker are opened by `release`.
 */
import type { BucketLaw } from './bucket-law.ts';
import { CELLS_PER_KEY, LOCK_TRIES_MAX, LOCK_WAITS_MAX, LOCKS, LOOKS_MAX, WAYS } from './limits.ts';

/** What `take` returns of a key for which there is no room; more than any law says. */
export const UNTRACKED = 2 ** 40;

/** What a key is looked up by: its hash, as two signed 32-bit halves. */
export interface HashedKey {
  readonly high: number;
  readonly low: number;
}

/** Bytes of a table for so many keys, 1 or more. */
export function tableBytes(keys: number): number {
  const sets = 2 ** Math.ceil(Math.log2(Math.max(1, (keys * CELLS_PER_KEY) / WAYS)));
  return sets * WAYS * 8 + LOCKS * 4;
}

/** One thread's hold on a table. */
export class BucketTable {
  /** The last `take` gave its key the cell of another one, which was idle. */
  evicted = false;
  readonly #law: BucketLaw;
  readonly #words: Int32Array;
  readonly #cells: BigInt64Array;
  readonly #locks: Int32Array;
  readonly #owner: number;
  readonly #setMask: number;
  /** Where 64-bit values are put together and taken apart: expected state, tag, next state, tag. */
  readonly #scratch = new BigInt64Array(2);
  readonly #scratchWords = new Int32Array(this.#scratch.buffer);
  /** First cells of the two sets of the key at hand. */
  #first = 0;
  #second = 0;
  /** Idle cells of the set that was looked at last. */
  #room = 0;

  /** `memory` is of `tableBytes`, zeroed when it was made. `owner`, 1 or more, is told apart in locks. */
  constructor(memory: SharedArrayBuffer, law: BucketLaw, owner: number) {
    const cellBytes = memory.byteLength - LOCKS * 4;
    this.#law = law;
    this.#owner = owner;
    this.#words = new Int32Array(memory, 0, cellBytes / 4);
    this.#cells = new BigInt64Array(memory, 0, cellBytes / 8);
    this.#locks = new Int32Array(memory, cellBytes, LOCKS);
    this.#setMask = this.#cells.length / WAYS - 1;
  }

  /** How many cells there are. */
  get size(): number {
    return this.#cells.length;
  }

  /** Takes one request of that key: what the law says of it, or UNTRACKED. */
  take(key: HashedKey, tick: number): number {
    const tag = this.#locate(key);
    this.evicted = false;
    for (let look = 0; look < LOOKS_MAX; look++) {
      const found = this.#find(tag);
      const cell = found >= 0 ? found : this.#insert(key.low, tag, tick);
      if (cell < 0) break;
      const outcome = this.#takeFrom(cell, tag, tick);
      if (outcome !== GONE) return outcome;
    }
    return UNTRACKED;
  }

  /** Gives one back that was taken of that key; nothing if nothing is known of the key any more. */
  giveBack(key: HashedKey): void {
    const tag = this.#locate(key);
    for (let look = 0; look < LOOKS_MAX; look++) {
      const cell = this.#find(tag);
      if (cell < 0) return;
      const state = Atomics.load(this.#words, cell * 2);
      if (this.#exchange(cell, state, tag, this.#law.giveBack(state), tag)) return;
    }
  }

  /** Empties cells [start, end) that are idle; returns how many others there are. */
  sweep(start: number, end: number, tick: number): number {
    let busy = 0;
    for (let cell = start; cell < end; cell++) {
      const tag = this.#words[cell * 2 + 1]!;
      if (tag === 0) continue;
      const state = Atomics.load(this.#words, cell * 2);
      if (this.#law.idle(state, tick)) this.#exchange(cell, state, tag, 0, 0);
      else busy++;
    }
    return busy;
  }

  /** Cells that are in use now. */
  busy(tick: number): number {
    let busy = 0;
    for (let cell = 0; cell < this.size; cell++) {
      const used = this.#words[cell * 2 + 1] !== 0;
      if (used && !this.#law.idle(this.#words[cell * 2]!, tick)) busy++;
    }
    return busy;
  }

  /** Opens what a thread that is dead has left locked. */
  release(owner: number): void {
    for (let lock = 0; lock < LOCKS; lock++) Atomics.compareExchange(this.#locks, lock, owner, 0);
  }

  /** Sets where the key can be; returns its tag. */
  #locate({ high, low }: HashedKey): number {
    this.#first = (low & this.#setMask) * WAYS;
    // The two sets have nothing in common, so keys that crowd one spread over many others.
    this.#second = ((Math.imul(high, SECOND_FACTOR) ^ (low >>> 12)) & this.#setMask) * WAYS;
    return high === 0 ? 1 : high;
  }

  /** The first cell of that tag, -1 without one. May be out of date: an exchange then fails. */
  #find(tag: number): number {
    const words = this.#words;
    for (let cell = this.#first; cell < this.#first + WAYS; cell++) {
      if (words[cell * 2 + 1] === tag) return cell;
    }
    for (let cell = this.#second; cell < this.#second + WAYS; cell++) {
      if (words[cell * 2 + 1] === tag) return cell;
    }
    return -1;
  }

  /** What the law says of one more in that cell, done; GONE when another key has the cell now. */
  #takeFrom(cell: number, tag: number, tick: number): number {
    let state = Atomics.load(this.#words, cell * 2);
    for (;;) {
      const outcome = this.#law.take(state, tick);
      if (outcome < 0) {
        if (Atomics.load(this.#words, cell * 2 + 1) !== tag) return GONE;
        return outcome;
      }
      if (this.#exchange(cell, state, tag, this.#law.next, tag)) return outcome;
      if (this.#scratchWords[1] !== tag) return GONE;
      state = this.#scratchWords[0]!;
    }
  }

  /** The cell of a key that was not found; -1 when it cannot have any. */
  #insert(low: number, tag: number, tick: number): number {
    const lock = (low >>> 8) & (LOCKS - 1);
    if (!this.#lock(lock)) return -1;
    // Whoever had the lock before may have had the same key.
    const found = this.#find(tag);
    const cell = found >= 0 ? found : this.#occupy(tag, tick);
    Atomics.store(this.#locks, lock, 0);
    Atomics.notify(this.#locks, lock);
    return cell;
  }

  /** Whoever has the lock works for a microsecond; or sleeps, and is waited for a little longer. */
  #lock(lock: number): boolean {
    for (let tries = 0; tries < LOCK_TRIES_MAX + LOCK_WAITS_MAX; tries++) {
      const holder = Atomics.compareExchange(this.#locks, lock, 0, this.#owner);
      if (holder === 0) return true;
      if (tries >= LOCK_TRIES_MAX) Atomics.wait(this.#locks, lock, holder, 1);
    }
    return false;
  }

  /** Puts the key into an idle cell, with nothing taken yet; -1 without one. */
  #occupy(tag: number, tick: number): number {
    for (let look = 0; look < LOOKS_MAX; look++) {
      const cell = this.#vacancy(tick);
      if (cell < 0) return -1;
      const there = Atomics.load(this.#words, cell * 2 + 1);
      const state = Atomics.load(this.#words, cell * 2);
      if (there !== 0 && !this.#law.idle(state, tick)) continue;
      if (!this.#exchange(cell, state, there, this.#law.blank(tick), tag)) continue;
      this.evicted = there !== 0;
      return cell;
    }
    return -1;
  }

  /** An idle cell in that of the two sets which has more of them, empty ones first; -1 without one. */
  #vacancy(tick: number): number {
    const first = this.#vacancyIn(this.#first, tick);
    const firstRoom = this.#room;
    const second = this.#vacancyIn(this.#second, tick);
    return this.#room > firstRoom ? second : first;
  }

  #vacancyIn(set: number, tick: number): number {
    let vacancy = -1;
    let empty = false;
    this.#room = 0;
    for (let cell = set; cell < set + WAYS; cell++) {
      const used = this.#words[cell * 2 + 1] !== 0;
      if (used && !this.#law.idle(this.#words[cell * 2]!, tick)) continue;
      this.#room++;
      if (vacancy < 0 || (!used && !empty)) vacancy = cell;
      empty ||= !used;
    }
    return vacancy;
  }

  /** Changes a cell if it is as expected; what it was is in the first half of the scratch then. */
  #exchange(cell: number, state: number, tag: number, next: number, nextTag: number): boolean {
    const words = this.#scratchWords;
    words[0] = state;
    words[1] = tag;
    words[2] = next;
    words[3] = nextTag;
    const expected = this.#scratch[0]!;
    const found = Atomics.compareExchange(this.#cells, cell, expected, this.#scratch[1]!);
    if (found === expected) return true;
    this.#scratch[0] = found;
    return false;
  }
}

/** Another key has the cell; no law says this. */
const GONE = 2 ** 41;

/** Odd, so that every bit of the hash counts; the golden ratio's. */
const SECOND_FACTOR = 0x9e3779b1;
