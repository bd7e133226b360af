/**
 * What the main thread does for a cache: makes its memory, takes from dead workers what they held, and
 * gives up what has become useless.
 */

import type { HashSeed } from '../../limiting/key-hash.ts';
import type { Logger } from '../../ports.ts';
import { type DiskOptions, type DiskStatus, DiskTier } from './disk/disk-tier.ts';
import { SWEEP_INTERVAL_MS, SWEEP_SLOTS } from './limits.ts';
import { sweepEntries } from './purge.ts';
import { releaseThread } from './recovery.ts';
import { SharedStore } from './shared-store.ts';
import { type CacheMemory, createCacheMemory } from './store-memory.ts';

/** What a cache is made of. */
export interface CacheOptions {
  readonly name: string;
  /** All of its memory. */
  readonly bytes: number;
  readonly objectMax: number;
  readonly workers: number;
  readonly disk: DiskOptions | null;
  /** Of the hash of keys; drawn at random unless given. */
  readonly seed?: HashSeed;
}

/** One cache as the main thread has it. */
export class StoreKeeper {
  /** For the workers. */
  readonly memory: CacheMemory;
  /** The main thread's own hold on it, for purges and numbers. */
  readonly store: SharedStore;
  /** Null without one. */
  readonly #disk: DiskTier | null;
  #timer: NodeJS.Timeout | undefined;
  #swept = 1;

  /** `now`: milliseconds, the same for all threads of the process. */
  constructor(options: CacheOptions, now: () => number, log: Logger) {
    this.memory = createCacheMemory({ ...options, diskBytes: options.disk?.bytes ?? null });
    this.store = new SharedStore(this.memory, options.workers, now);
    const { presence } = this.memory;
    this.#disk =
      options.disk === null || presence === null
        ? null
        : new DiskTier(this.store, presence, options.disk, log);
  }

  /** Sweeps now and then, until `stop`. Resolves when what is on disk is known; that is not to be waited for. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => this.#sweep(), SWEEP_INTERVAL_MS);
    this.#timer.unref();
    await this.#disk?.start();
  }

  /** Resolves when nothing is being written. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#disk?.stop();
  }

  /** Of the disk tier; null without one. */
  diskStatus(): DiskStatus | null {
    return this.#disk?.status() ?? null;
  }

  /** Resolves when the disk has nothing to do: for tests. */
  async settled(): Promise<void> {
    await this.#disk?.settled();
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
