/**
 * Who fetches what: a key that is locked, the entry that is filled for it, and who waits for either.
 *
 *     flight = [ high | low | owner | sequence | entry | alone | until (double) ]     owner 0: none
 *
 * A flight is found by the hash of its key, one of a set of places; when all of a set are taken, a key
 * goes unlocked: it may be fetched twice. Its sequence grows with each event, and who waits sleeps on
 * it, without polling (Atomics.waitAsync: some 15 microseconds from one thread to another).
 */
import type { CacheKey, CacheWait } from '../store.ts';
import { FLIGHT_WAYS } from './limits.ts';
import { FLIGHT_WORDS, type StoreMemory } from './store-memory.ts';

const HIGH = 0;
const LOW = 1;
const OWNER = 2;
const SEQUENCE = 3;
const ENTRY = 4;
/** 1: nobody has locked it, it is there for the sake of its entry. */
const ALONE = 5;
const UNTIL_DOUBLE = 3;

/** One thread's hold on the flights. What changes them is for who has the lock, but for `await`. */
export class Flights {
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #sets: number;
  readonly #owner: number;

  constructor(memory: StoreMemory, thread: number) {
    this.#words = memory.flights;
    this.#doubles = memory.flightDoubles;
    this.#sets = memory.plan.flightSets;
    this.#owner = thread + 1;
  }

  /** True: this thread, or the one of `owner`, is the one that fetches that key. */
  lock(key: CacheKey, now: number, forMs: number, owner = this.#owner): boolean {
    const found = this.#find(key);
    if (found >= 0 && this.#doubles[found / 2 + UNTIL_DOUBLE]! > now) return false;
    const flight = found >= 0 ? found : this.#vacancy(key, now);
    if (flight < 0) return true;
    this.#occupy(flight, key, now + forMs, 0, owner);
    return true;
  }

  /** An entry that is being filled keeps its flight until it is `landed`. */
  unlock(key: CacheKey): void {
    const flight = this.#find(key);
    if (flight < 0 || this.#words[flight + OWNER] !== this.#owner) return;
    if (this.#words[flight + ENTRY] === 0) this.#words[flight + OWNER] = 0;
    else this.#words[flight + ALONE] = 1;
    this.#wake(flight);
  }

  /** An entry of that key begins to be filled; the first one is it that others follow. */
  begun(key: CacheKey, slot: number, now: number, forMs: number): void {
    const found = this.#find(key);
    if (found >= 0) {
      const free = this.#words[found + ENTRY] === 0;
      if (!free || this.#words[found + OWNER] !== this.#owner) return;
      this.#words[found + ENTRY] = slot;
      this.#wake(found);
      return;
    }
    const flight = this.#vacancy(key, now);
    if (flight < 0) return;
    this.#occupy(flight, key, now + forMs, 1, this.#owner);
    this.#words[flight + ENTRY] = slot;
  }

  /** It is filled, or given up. */
  landed(key: CacheKey, slot: number): void {
    const flight = this.#find(key);
    if (flight < 0 || this.#words[flight + ENTRY] !== slot) return;
    this.#words[flight + ENTRY] = 0;
    if (this.#words[flight + ALONE] === 1) this.#words[flight + OWNER] = 0;
    this.#wake(flight);
  }

  /** Thread + 1 of who has that key; 0: nobody. `late` when its time is over. Under the lock. */
  owner(key: CacheKey, now: number): { readonly owner: number; readonly late: boolean } {
    const flight = this.#find(key);
    if (flight < 0) return { owner: 0, late: false };
    const late = this.#doubles[flight / 2 + UNTIL_DOUBLE]! <= now;
    return { owner: this.#words[flight + OWNER]!, late };
  }

  /** The slot that is filled for that key, or was; 0 for none. Needs no lock. */
  entry(key: CacheKey): number {
    const flight = this.#find(key);
    return flight < 0 ? 0 : Atomics.load(this.#words, flight + ENTRY);
  }

  /** Calls back at the next event of that key, after so long, or soon when nobody fetches it. Needs no lock. */
  await(key: CacheKey, forMs: number, then: () => void): CacheWait {
    let waiting = true;
    const over = () => {
      if (!waiting) return;
      waiting = false;
      then();
    };
    const flight = this.#find(key);
    const seen = flight < 0 ? 0 : Atomics.load(this.#words, flight + SEQUENCE);
    // Looked at again: an event in between has been told to nobody.
    if (flight < 0 || this.#find(key) !== flight) {
      setImmediate(over);
    } else {
      const sleep = Atomics.waitAsync(this.#words, flight + SEQUENCE, seen, forMs);
      if (sleep.async) void sleep.value.then(over);
      else setImmediate(over);
    }
    return {
      cancel() {
        waiting = false;
      },
    };
  }

  /** A thread is dead: what it had locked is free. */
  release(thread: number): void {
    for (let flight = 0; flight < this.#words.length; flight += FLIGHT_WORDS) {
      if (this.#words[flight + OWNER] !== thread + 1) continue;
      this.#words[flight + OWNER] = 0;
      this.#words[flight + ENTRY] = 0;
      this.#wake(flight);
    }
  }

  #find(key: CacheKey): number {
    const set = this.#set(key);
    for (let flight = set; flight < set + FLIGHT_WAYS * FLIGHT_WORDS; flight += FLIGHT_WORDS) {
      const alike =
        this.#words[flight + HIGH] === key.high && this.#words[flight + LOW] === key.low;
      if (alike && Atomics.load(this.#words, flight + OWNER) !== 0) return flight;
    }
    return -1;
  }

  #vacancy(key: CacheKey, now: number): number {
    const set = this.#set(key);
    for (let flight = set; flight < set + FLIGHT_WAYS * FLIGHT_WORDS; flight += FLIGHT_WORDS) {
      const free = this.#words[flight + OWNER] === 0;
      if (free || this.#doubles[flight / 2 + UNTIL_DOUBLE]! <= now) return flight;
    }
    return -1;
  }

  #occupy(flight: number, key: CacheKey, until: number, alone: number, owner: number): void {
    const words = this.#words;
    words[flight + HIGH] = key.high;
    words[flight + LOW] = key.low;
    words[flight + ENTRY] = 0;
    words[flight + ALONE] = alone;
    this.#doubles[flight / 2 + UNTIL_DOUBLE] = until;
    Atomics.store(words, flight + OWNER, owner);
    this.#wake(flight);
  }

  #wake(flight: number): void {
    Atomics.add(this.#words, flight + SEQUENCE, 1);
    Atomics.notify(this.#words, flight + SEQUENCE);
  }

  #set(key: CacheKey): number {
    return (key.high & (this.#sets - 1)) * FLIGHT_WAYS * FLIGHT_WORDS;
  }
}
