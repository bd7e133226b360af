/** All caches of a config, as the main thread has them. */
import type { ProxyConfig } from '../../../src/config/proxy-config.ts';
import type { Logger } from '../../ports.ts';
import type { CacheStats, PurgeTest } from '../store.ts';
import type { DiskStatus } from './disk/disk-tier.ts';
import { StoreKeeper } from './store-keeper.ts';
import type { CacheMemory } from './store-memory.ts';

/** One cache: what is in it, and what became of responses since the start. */
export interface CacheStatus extends CacheStats {
  readonly name: string;
  /** Looked for and found in memory, or not. */
  readonly hits: number;
  readonly misses: number;
  /** Null without a disk. */
  readonly disk: DiskStatus | null;
}

/** The main thread's hold on every cache. */
export class CacheKeepers {
  readonly #keepers: readonly StoreKeeper[];
  readonly #log: Logger;

  /** `now`: milliseconds, the same for all threads of the process. */
  constructor(
    { caches, workers }: Pick<ProxyConfig, 'caches' | 'workers'>,
    now: () => number,
    log: Logger,
  ) {
    this.#log = log;
    this.#keepers = caches.map(({ name, memoryBytes, objectMaxBytes, disk }) => {
      const options = { name, bytes: memoryBytes, objectMax: objectMaxBytes, workers, disk };
      return new StoreKeeper(options, now, log);
    });
  }

  /** For the workers, in the order of the config. */
  get memories(): readonly CacheMemory[] {
    return this.#keepers.map(({ memory }) => memory);
  }

  /** Begins to look at what is on disk; nothing waits for that. */
  start(): void {
    for (const keeper of this.#keepers) void keeper.start();
  }

  /** Resolves when nothing is being written to a disk. */
  async stop(): Promise<void> {
    await Promise.all(this.#keepers.map((keeper) => keeper.stop()));
  }

  /** Gives back what a worker held that has ended; before its successor starts. */
  released(worker: number): void {
    for (const keeper of this.#keepers) {
      if (!keeper.released(worker)) continue;
      const { name } = keeper.store;
      this.#log.warn(
        { cache: name, worker },
        'a worker died while it changed a cache: put in order',
      );
    }
  }

  /** Purges one cache, or all; null when there is none of that name. Resolves with how many entries. */
  async purge(name: string | null, test: PurgeTest | null): Promise<number | null> {
    const meant = this.#keepers.filter(({ store }) => name === null || store.name === name);
    if (meant.length === 0) return null;
    const purged = await Promise.all(meant.map(({ store }) => store.purge(test)));
    return purged.reduce((sum, count) => sum + count, 0);
  }

  status(): readonly CacheStatus[] {
    return this.#keepers.map((keeper) => ({
      name: keeper.store.name,
      ...keeper.store.stats(),
      ...keeper.store.uses(),
      disk: keeper.diskStatus(),
    }));
  }
}
