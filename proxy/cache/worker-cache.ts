import { KeyHash } from '../limiting/key-hash.ts';
import { HotEntries } from './hot-entries.ts';
import { SharedStore } from './store/shared-store.ts';
import type { CacheMemory } from './store/store-memory.ts';
import type { CacheStore } from './store.ts';

/** One cache as the requests of one worker use it. */
export class WorkerCache {
  readonly store: CacheStore;
  readonly hash: KeyHash;
  readonly hot = new HotEntries();
  /** Epoch milliseconds. */
  readonly clock: () => number;

  constructor(store: CacheStore, hash: KeyHash, clock: () => number) {
    this.store = store;
    this.hash = hash;
    this.clock = clock;
  }
}

/** The worker's hold on every cache, by name. `now`: milliseconds, the same for all threads. */
export function openCaches(
  memories: readonly CacheMemory[],
  worker: number,
  now: () => number,
  clock: () => number = () => Date.now(),
): ReadonlyMap<string, WorkerCache> {
  return new Map(
    memories.map((memory) => {
      const store = new SharedStore(memory, worker, now);
      return [memory.name, new WorkerCache(store, new KeyHash(memory.seed), clock)];
    }),
  );
}
