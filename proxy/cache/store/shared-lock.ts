/** The lock on what changes the memory of a cache. It is held for microseconds. */
import { LOCK_TRIES_MAX, LOCK_WAITS_MAX } from './limits.ts';

/** One thread's hold on a lock: word `at`, 0 or who has it. */
export class SharedLock {
  readonly #words: Int32Array;
  readonly #at: number;
  readonly #owner: number;
  /** Waited in vain the last time: whoever has it may be dead, so nobody waits for it until it is free. */
  #stuck = false;

  /** `owner`: 1 or more, another one for each thread. */
  constructor(words: Int32Array, at: number, owner: number) {
    this.#words = words;
    this.#at = at;
    this.#owner = owner;
  }

  /** False: somebody has it and does not get on; or this thread has it already. */
  take(): boolean {
    const triesMax = this.#stuck ? 1 : LOCK_TRIES_MAX + LOCK_WAITS_MAX;
    for (let tries = 0; tries < triesMax; tries++) {
      const holder = Atomics.compareExchange(this.#words, this.#at, 0, this.#owner);
      if (holder === 0) {
        this.#stuck = false;
        return true;
      }
      if (holder === this.#owner) return false;
      if (tries >= LOCK_TRIES_MAX) Atomics.wait(this.#words, this.#at, holder, 1);
    }
    this.#stuck = true;
    return false;
  }

  give(): void {
    Atomics.store(this.#words, this.#at, 0);
    Atomics.notify(this.#words, this.#at, 1);
  }

  /** Takes it from a thread that is dead; false when that one does not have it. */
  inherit(dead: number): boolean {
    return Atomics.compareExchange(this.#words, this.#at, dead, this.#owner) === dead;
  }
}
