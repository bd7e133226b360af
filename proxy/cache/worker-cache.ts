import { KeyHash } from '../limiting/key-hash.ts';
import { HotEntries } from './hot-entries.ts';
import { SharedStore } from './store/shared-store.ts';
import type { CacheMemory } from './store/store-memory.ts';
import type { CacheStore } from './store.ts';

/** One cache as the requests of one worker use it. */
export class WorkerCache {
  /** Of its memory. */
  readonly id: number;
  readonly store: CacheStore;
  readonly hash: KeyHash;
  readonly hot = new HotEntries();
  /** Epoch milliseconds. */
  readonly clock: () => number;

  constructor(store: CacheStore, hash: KeyHash, clock: () => number, id = 0) {
    this.id = id;
    this.store = store;
    this.hash = hash;
    this.clock = clock;
  }
}

/**
 * The worker's hold on every cache, by name; on one with the same memory as `before` it keeps its hold.
 * `now`: milliseconds, the same for all threads.
 */
export function openCaches(
  memories: readonly CacheMemory[],
  worker: number,
  now: () => number,
  before: ReadonlyMap<string, WorkerCache> = new Map(),
  clock: () => number = () => Date.now(),
): ReadonlyMap<string, WorkerCache> {
  return new Map(
    memories.map((memory) => {
      const known = before.get(memory.name);
      if (known?.id === memory.id) return [memory.name, known];
      const store = new SharedStore(memory, worker, now);
      return [memory.name, new WorkerCache(store, new KeyHash(memory.seed), clock, memory.id)];
    }),
  );
}
