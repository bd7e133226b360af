/** Finds out what is on disk, in the background, after a start. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PurgeTest } from '../../store.ts';
import type { SharedStore } from '../shared-store.ts';
import { DirectoryError, type DiskDirectory } from './disk-directory.ts';
import type { DiskIndex, DiskObject } from './disk-index.ts';
import { keyOfHeader, readHeader } from './disk-reading.ts';
import { INDEX_BATCH_FILES, INDEX_PAUSE_MS } from './limits.ts';

/** What the walk knows of a file. */
type Found = DiskObject | 'remove' | 'foreign';

/** One walk over the directory. */
export class DiskIndexing {
  /** Files that are not ours, or cannot be read; they are left alone. */
  foreign = 0;
  /** Files of ours that were damaged or of no use, and are removed. */
  removed = 0;
  readonly #store: SharedStore;
  readonly #directory: DiskDirectory;
  readonly #index: DiskIndex;
  readonly #dropped = new Set<string>();
  readonly #purges: (PurgeTest | null)[] = [];
  #stopped = false;

  constructor(store: SharedStore, directory: DiskDirectory, index: DiskIndex) {
    this.#store = store;
    this.#directory = directory;
    this.#index = index;
  }

  /** What is found of that key from now on is void. */
  drop(high: number, low: number): void {
    this.#dropped.add(`${high}.${low}`);
  }

  purge(test: PurgeTest | null): void {
    this.#purges.push(test);
  }

  stop(): void {
    this.#stopped = true;
  }

  /** `added` makes room when there is too much. Throws the system's error when it cannot go on. */
  async run(added: () => Promise<void>): Promise<void> {
    let looked = 0;
    for await (const { path, unfinished } of this.#directory.paths()) {
      if (this.#stopped) return;
      await this.#take(path, unfinished);
      await added();
      if (++looked % INDEX_BATCH_FILES === 0) await sleep(INDEX_PAUSE_MS);
    }
  }

  async #take(path: string, unfinished: boolean): Promise<void> {
    const found = await this.#look(path, unfinished).catch((error: unknown) => {
      if (error instanceof DirectoryError || hasCode(error, 'ELOOP', 'EACCES')) return 'foreign';
      if (hasCode(error, 'ENOENT')) return null;
      throw error;
    });
    if (found === null) return;
    if (found === 'foreign') {
      this.foreign++;
      return;
    }
    if (found !== 'remove') {
      // Written since, in place of what was read here.
      if (this.#index.get(found.high, found.low) !== undefined) return;
      if (!this.#isVoid(found) && this.#index.add(found)) return;
    }
    this.removed++;
    await this.#directory.remove(path);
  }

  async #look(path: string, unfinished: boolean): Promise<Found> {
    const handle = await this.#directory.open(path);
    try {
      const { header, bytes } = await readHeader(handle);
      // Its name is one of ours: what died while it was written may be empty, or begin with zeros.
      if (unfinished) return 'remove';
      if (header === 'foreign') return 'foreign';
      if (typeof header === 'string') return 'remove';
      if (this.#directory.pathOf(header.key) !== path) return 'remove';
      if (header.uselessAfter < Date.now()) return 'remove';
      const { high, low } = keyOfHeader(this.#store, header);
      return {
        high,
        low,
        key: header.key.toString('latin1'),
        tags: header.tags.toString('latin1'),
        bytes,
        uselessAfter: header.uselessAfter,
      };
    } finally {
      await handle.close();
    }
  }

  #isVoid(object: DiskObject): boolean {
    if (this.#dropped.has(`${object.high}.${object.low}`)) return true;
    return this.#purges.some((test) => isPurged(object, test));
  }
}

/** Does a purge mean that file? */
export function isPurged({ key, tags }: DiskObject, test: PurgeTest | null): boolean {
  if (test === null) return true;
  const bytes = Buffer.from(key, 'latin1');
  return test({ bytes, start: 0, end: bytes.length }, Buffer.from(tags, 'latin1'));
}

/** Is it one of these errors of the system? */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException)?.code ?? '');
}
