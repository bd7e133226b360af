/**
 * The disk behind a cache, on the main thread: what is stored is written to a file as well, and what has
 * left memory is brought back when it is asked for. Workers never touch it.
 *
 *     commit ─► ring keep ─► file ─► index ─► presence: workers know that it may be there
 *     lookup finds nothing, presence does ─► ring bring ─► file ─► memory ─► the key is unlocked: look again
 *     invalidate ─► ring drop ─► index, file
 *
 * A disk that is full or fails is left alone for a while: the cache goes on in memory.
 */
import type { Logger } from '../../../ports.ts';
import type { CacheKey, PurgeTest } from '../../store.ts';
import { Ring, type RingEntry, shiftRing } from '../rings.ts';
import type { SharedStore } from '../shared-store.ts';
import { Disk, Header, HeaderDouble } from '../store-memory.ts';
import { DiskDirectory } from './disk-directory.ts';
import { DiskIndex, type DiskObject } from './disk-index.ts';
import { DiskIndexing, hasCode, isPurged } from './disk-indexing.ts';
import { bringFile } from './disk-reading.ts';
import { DiskWriting } from './disk-writing.ts';
import * as limits from './limits.ts';
import { filesFor } from './presence.ts';
import { WorkQueue } from './work-queue.ts';

/** Where, and how much. */
export interface DiskOptions {
  readonly path: string;
  readonly bytes: number;
}

/** What a disk tier says of itself. */
export interface DiskStatus {
  /** `suspended`: nothing is written, for want of room or because it failed. `off`: not used at all. */
  readonly state: 'starting' | 'indexing' | 'on' | 'suspended' | 'off';
  /** Why it is suspended or off. */
  readonly reason: string | null;
  readonly files: number;
  readonly bytes: number;
  /** Since the start. */
  readonly written: number;
  readonly brought: number;
  readonly evicted: number;
  /** Not written: too much at a time, or suspended. */
  readonly skipped: number;
  /** Files that were damaged. */
  readonly damaged: number;
  readonly foreign: number;
}

/** The main thread's hold on one directory. */
export class DiskTier {
  readonly #store: SharedStore;
  readonly #options: DiskOptions;
  readonly #log: Logger;
  readonly #index: DiskIndex;
  readonly #writes: WorkQueue;
  readonly #reads: WorkQueue;
  readonly #counts = { written: 0, brought: 0, evicted: 0, skipped: 0, damaged: 0 };
  #directory: DiskDirectory | null = null;
  #indexing: DiskIndexing | null = null;
  #foreign = 0;
  #state: 'starting' | 'on' | 'off' = 'starting';
  #reason: string | null = null;
  #suspendedUntil = 0;
  #stopped = false;

  /** `store` is the main thread's. */
  constructor(store: SharedStore, presence: SharedArrayBuffer, options: DiskOptions, log: Logger) {
    this.#store = store;
    this.#options = options;
    this.#log = log.child({ cache: store.name, path: options.path });
    this.#index = new DiskIndex(presence, filesFor(options.bytes));
    const failed = (error: unknown) => this.#warn(error, DEFECT);
    this.#writes = new WorkQueue(limits.WRITES_MAX, limits.WAITING_MAX, failed);
    this.#reads = new WorkQueue(limits.READS_MAX, limits.WAITING_MAX, failed);
    store.purgeBeyond = (test) => this.#purge(test);
  }

  /** Resolves when what is on disk is known, or that it cannot be used; the cache works meanwhile. */
  async start(): Promise<void> {
    try {
      this.#directory = await DiskDirectory.open(this.#options.path);
    } catch (error) {
      this.#off(error);
      return;
    }
    const { header, headerDoubles } = this.#store.entries.memory;
    headerDoubles[HeaderDouble.diskCapacity] = this.#options.bytes;
    this.#indexing = new DiskIndexing(this.#store, this.#directory, this.#index);
    this.#state = 'on';
    Atomics.store(header, Header.disk, Disk.indexing);
    void this.#listen();
    await this.#findOut(this.#indexing);
  }

  /** Finishes what is being written. What is in memory and not yet on disk is lost. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#indexing?.stop();
    const { header } = this.#store.entries.memory;
    Atomics.store(header, Header.disk, Disk.none);
    Atomics.add(header, Header.signal, 1);
    Atomics.notify(header, Header.signal);
    await Promise.all([this.#writes.stop(), this.#reads.stop()]);
    this.#directory?.close();
    this.#directory = null;
  }

  status(): DiskStatus {
    const suspended = this.#state === 'on' && this.#suspendedUntil > performance.now();
    const going = this.#indexing !== null && this.#state === 'on' ? 'indexing' : this.#state;
    return {
      state: suspended ? 'suspended' : going,
      reason: suspended || this.#state === 'off' ? this.#reason : null,
      files: this.#index.files,
      bytes: this.#index.bytes,
      ...this.#counts,
      foreign: this.#indexing?.foreign ?? this.#foreign,
    };
  }

  /** Resolves when nothing is being written or read: for tests. */
  async settled(): Promise<void> {
    this.#drain();
    await this.#writes.idle();
    await this.#reads.idle();
  }

  async #findOut(indexing: DiskIndexing): Promise<void> {
    const began = performance.now();
    try {
      await indexing.run(() => this.#makeRoom(0));
    } catch (error) {
      this.#suspend(error, 'what is on disk could not be read in full');
    }
    const { header } = this.#store.entries.memory;
    Atomics.compareExchange(header, Header.disk, Disk.indexing, Disk.on);
    this.#indexing = null;
    this.#foreign = indexing.foreign;
    this.#counts.damaged += indexing.removed;
    this.#publish();
    const { files, bytes } = this.#index;
    const { removed, foreign } = indexing;
    const tookMs = Math.round(performance.now() - began);
    this.#log.info(
      { files, bytes, removed, foreign, tookMs },
      'what the cache has on disk is known',
    );
  }

  /** Sleeps until a worker asks for something. */
  async #listen(): Promise<void> {
    const { header } = this.#store.entries.memory;
    while (!this.#stopped) {
      const seen = Atomics.load(header, Header.signal);
      try {
        this.#drain();
      } catch (error) {
        this.#warn(error, DEFECT);
      }
      const sleep = Atomics.waitAsync(header, Header.signal, seen);
      if (sleep.async) await sleep.value;
    }
  }

  #drain(): void {
    const { memory } = this.#store.entries;
    if (Atomics.load(memory.header, Header.disk) === Disk.lost) this.#dropAll();
    for (const ring of [Ring.drop, Ring.keep, Ring.bring]) {
      const handle = [this.#drop, this.#keep, this.#bring][ring]!;
      for (let asked = shiftRing(memory, ring); asked !== null; asked = shiftRing(memory, ring)) {
        handle.call(this, asked);
      }
    }
    this.#publish();
  }

  #drop({ high, low }: { readonly high: number; readonly low: number }): void {
    this.#indexing?.drop(high, low);
    const object = this.#index.remove(high, low);
    if (object !== undefined) this.#unlink(object);
  }

  /** A ring was full, and nobody knows what should be gone: so all is. */
  #dropAll(): void {
    const next = this.#indexing === null ? Disk.on : Disk.indexing;
    Atomics.store(this.#store.entries.memory.header, Header.disk, next);
    this.#indexing?.purge(null);
    const all = [...this.#index.all()];
    this.#index.clear();
    for (const object of all) this.#unlink(object);
    this.#log.warn({ files: all.length }, 'the disk of the cache is too slow: it begins anew');
  }

  #keep(asked: RingEntry): void {
    // An older response to the same request must not come back in its place.
    this.#drop(asked);
    const suspended = this.#suspendedUntil > performance.now();
    if (!suspended && this.#writes.add(() => this.#write(asked))) return;
    this.#counts.skipped++;
  }

  async #write(asked: RingEntry): Promise<void> {
    const { entries } = this.#store;
    const writing = DiskWriting.of(entries, asked);
    if (writing === null || this.#directory === null) {
      writing?.release();
      return;
    }
    try {
      const { object } = writing;
      await this.#makeRoom(object.bytes);
      const kept = await writing.write(this.#directory);
      if (kept && this.#index.add(object)) this.#counts.written++;
      else this.#unlink(object);
    } catch (error) {
      this.#suspend(error, 'the cache cannot write to its disk');
    } finally {
      writing.release();
      this.#publish();
    }
  }

  #bring(asked: RingEntry): void {
    const { high, low } = asked;
    const key = { high, low, bytes: NO_BYTES, start: 0, end: 0 };
    if (!this.#reads.add(() => this.#read(key))) this.#store.unlock(key);
  }

  async #read(key: CacheKey): Promise<void> {
    const object = this.#index.get(key.high, key.low);
    const directory = this.#directory;
    if (object !== undefined && directory !== null) {
      const path = directory.pathOf(Buffer.from(object.key, 'latin1'));
      const outcome = await bringFile(this.#store, directory, path, key).catch((error: unknown) => {
        if (!hasCode(error, 'ENOENT')) this.#warn(error, 'a file of the cache cannot be read');
        return 'bad' as const;
      });
      if (outcome === 'stored') {
        this.#counts.brought++;
        this.#index.used(object);
      } else if (outcome !== 'not now' && this.#index.get(key.high, key.low) === object) {
        if (outcome === 'bad') this.#counts.damaged++;
        this.#drop(object);
      }
    }
    this.#store.unlock(key);
    this.#publish();
  }

  /** Removes files until there is room for so many bytes more. */
  async #makeRoom(bytes: number): Promise<void> {
    while (this.#index.bytes + bytes > this.#options.bytes || this.#index.full) {
      const object = this.#index.oldest();
      if (object === undefined) return;
      this.#index.remove(object.high, object.low);
      this.#counts.evicted++;
      await this.#remove(object);
    }
  }

  async #purge(test: PurgeTest | null): Promise<number> {
    if (this.#state !== 'on') return 0;
    this.#drain();
    this.#indexing?.purge(test);
    let [purged, looked] = [0, 0];
    for (const object of [...this.#index.all()]) {
      if (isPurged(object, test) && this.#index.get(object.high, object.low) === object) {
        this.#drop(object);
        purged++;
      }
      if (++looked % limits.PURGE_SLICE_FILES === 0) await new Promise((go) => setImmediate(go));
    }
    this.#publish();
    return purged;
  }

  #unlink(object: DiskObject): void {
    void this.#remove(object);
  }

  async #remove({ key }: DiskObject): Promise<void> {
    const directory = this.#directory;
    if (directory === null) return;
    try {
      await directory.remove(directory.pathOf(Buffer.from(key, 'latin1')));
    } catch (error) {
      this.#warn(error, 'a file of the cache cannot be removed');
    }
  }

  #off(error: unknown): void {
    this.#state = 'off';
    this.#reason = String(error);
    this.#log.error({ error: String(error) }, 'the cache goes without its disk');
  }

  #suspend(error: unknown, message: string): void {
    const now = performance.now();
    if (this.#suspendedUntil > now) return;
    this.#suspendedUntil = now + limits.SUSPENSION_MS;
    this.#reason = String(error);
    this.#log.error({ error: String(error), forMs: limits.SUSPENSION_MS }, message);
  }

  #warn(error: unknown, message: string): void {
    if (!this.#stopped) this.#log.warn({ error: String(error) }, message);
  }

  #publish(): void {
    const { headerDoubles } = this.#store.entries.memory;
    headerDoubles[HeaderDouble.diskEntries] = this.#index.files;
    headerDoubles[HeaderDouble.diskBytes] = this.#index.bytes;
  }
}

const NO_BYTES = Buffer.alloc(0);
/** Nothing of a cache is worth the process. */
const DEFECT = 'a defect in the cache: something was not kept on disk, or not brought';
