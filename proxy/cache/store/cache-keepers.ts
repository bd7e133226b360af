/** All caches of a config, as the main thread has them. */
import { isDeepStrictEqual } from 'node:util';
import type { CacheStoreConfig } from '../../../src/config/cache-config.ts';
import type { ProxyConfig } from '../../../src/config/proxy-config.ts';
import type { Logger } from '../../ports.ts';
import { HeldParts } from '../../reload/held-parts.ts';
import { StartError } from '../../start-error.ts';
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

/** What of a config is about caches. */
type CacheParts = Pick<ProxyConfig, 'caches' | 'workers'>;

/** One cache of a generation, and what it was made of. */
interface Kept {
  readonly config: CacheStoreConfig;
  readonly keeper: StoreKeeper;
}

/** The caches of a config that is not used yet. */
export interface PreparedCaches {
  /** For the workers, in the order of the config. */
  readonly memories: readonly CacheMemory[];
  /** They are those that are used from now on. */
  use(): void;
}

/** The main thread's hold on every cache. */
export class CacheKeepers {
  #caches: readonly Kept[];
  /** Those of former configs included, while requests that began in them go on. */
  readonly #held = new HeldParts<Kept>();
  readonly #begun = new Set<StoreKeeper>();
  readonly #ending = new Set<Promise<void>>();
  readonly #now: () => number;
  readonly #log: Logger;
  #started = false;

  /** `now`: milliseconds, the same for all threads of the process. */
  constructor(config: CacheParts, now: () => number, log: Logger, generation = 1) {
    this.#now = now;
    this.#log = log;
    this.#caches = this.#hold(generation, config);
  }

  /** For the workers, in the order of the config. */
  get memories(): readonly CacheMemory[] {
    return memoriesOf(this.#caches);
  }

  /**
   * Makes the caches of another config; one that has not changed is the one there is, with all that is
   * in it. Until `letGo(generation)`. Throws StartError when one cannot be made.
   */
  prepare(generation: number, config: CacheParts): PreparedCaches {
    this.#demandFreeFolders(config);
    const caches = this.#hold(generation, config);
    return {
      memories: memoriesOf(caches),
      use: () => {
        this.#caches = caches;
        if (this.#started) this.#begin();
      },
    };
  }

  /** What only that generation has is given up. */
  letGo(generation: number): void {
    for (const { keeper } of this.#held.letGo(generation)) {
      this.#begun.delete(keeper);
      const ended = keeper.stop().finally(() => this.#ending.delete(ended));
      this.#ending.add(ended);
    }
  }

  /** Begins to look at what is on disk; nothing waits for that. */
  start(): void {
    this.#started = true;
    this.#begin();
  }

  /** Resolves when nothing is being written to a disk. */
  async stop(): Promise<void> {
    this.#started = false;
    const all = [...this.#held.all()].map(({ keeper }) => keeper.stop());
    await Promise.all([...all, ...this.#ending]);
  }

  /** Gives back what a worker held that has ended; before its successor starts. */
  released(worker: number): void {
    for (const { keeper } of this.#held.all()) {
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
    const meant = this.#caches.filter(({ config }) => name === null || config.name === name);
    if (meant.length === 0) return null;
    const purged = await Promise.all(meant.map(({ keeper }) => keeper.store.purge(test)));
    return purged.reduce((sum, count) => sum + count, 0);
  }

  status(): readonly CacheStatus[] {
    return this.#caches.map(({ keeper }) => ({
      name: keeper.store.name,
      ...keeper.store.stats(),
      ...keeper.store.uses(),
      disk: keeper.diskStatus(),
    }));
  }

  #hold(generation: number, { caches, workers }: CacheParts): readonly Kept[] {
    const known = [...this.#held.all()];
    const kept = caches.map((config) => {
      const same = known.find((one) => isDeepStrictEqual(one.config, config));
      return same ?? { config, keeper: this.#make(config, workers) };
    });
    this.#held.hold(generation, kept);
    return kept;
  }

  #make({ name, memoryBytes, objectMaxBytes, disk }: CacheStoreConfig, workers: number) {
    const options = { name, bytes: memoryBytes, objectMax: objectMaxBytes, workers, disk };
    return new StoreKeeper(options, this.#now, this.#log);
  }

  /** Two caches would destroy each other's files. */
  #demandFreeFolders({ caches }: CacheParts): void {
    for (const config of caches) {
      const other = [...this.#held.all()].find(
        (one) =>
          config.disk !== null &&
          one.config.disk?.path === config.disk.path &&
          !isDeepStrictEqual(one.config, config),
      );
      if (other === undefined) continue;
      const { path } = config.disk!;
      throw new StartError(
        `cache ${config.name}: its folder ${path} is still used by cache ${other.config.name} as it was before`,
      );
    }
  }

  /** A folder that was just given up may still be written to. */
  #begin(): void {
    const ended = Promise.all(this.#ending);
    for (const { keeper } of this.#caches) {
      if (this.#begun.has(keeper)) continue;
      this.#begun.add(keeper);
      void ended.then(() => {
        if (this.#begun.has(keeper) && this.#started) void keeper.start();
      });
    }
  }
}

function memoriesOf(caches: readonly Kept[]): readonly CacheMemory[] {
  return caches.map(({ keeper }) => keeper.memory);
}
