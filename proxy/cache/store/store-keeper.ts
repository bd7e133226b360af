/**
 * What the main thread does for a cache: makes its memory, takes from dead workers what they held, and
 * gives up what has become useless.
 */

import { SWEEP_INTERVAL_MS, SWEEP_SLOTS } from './limits.ts';
import { sweepEntries } from './purge.ts';
import { releaseThread } from './recovery.ts';
import { SharedStore } from './shared-store.ts';
import type { CacheMemory } from './store-memory.ts';
import { createCacheMemory } from './store-memory.ts';

/** What a cache is made of. */
export interface CacheOptions {
  readonly name: string;
  /** All of its memory. */
  readonly bytes: number;
  readonly objectMax: number;
  readonly workers: number;
}

/** One cache as the main thread has it. */
export class StoreKeeper {
  /** For the workers. */
  readonly memory: CacheMemory;
  /** The main thread's own hold on it, for purges and numbers. */
  readonly store: SharedStore;
  #timer: NodeJS.Timeout | undefined;
  #swept = 1;

  /** `now`: milliseconds, the same for all threads of the process. */
  constructor(options: CacheOptions, now: () => number) {
    this.memory = createCacheMemory(options);
    this.store = new SharedStore(this.memory, options.workers, now);
  }

  /** Sweeps now and then, until `stop`. */
  start(): void {
    this.#timer = setInterval(() => this.#sweep(), SWEEP_INTERVAL_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Gives back what a worker held that has ended, before its successor starts. True: it died in a change. */
  released(worker: number): boolean {
    const { entries, flights, lockOfAll } = this.store;
    return releaseThread({ entries, flights, lock: lockOfAll }, worker);
  }

  #sweep(): void {
    const { entries, lockOfAll } = this.store;
    sweepEntries(entries, lockOfAll, this.#swept, SWEEP_SLOTS, Date.now());
    this.#swept += SWEEP_SLOTS;
    if (this.#swept > entries.memory.plan.slots) this.#swept = 1;
  }
}
