/**
 * One thread's hold on a cache in shared memory.
 *
 *     lookup ─► entries (bucket, pin, key)          no lock: some 300 ns
 *     lock, await, filling ─► flights               who fetches what, and who waits for it
 *     begin, append, commit ─► entry-writer         chunks under the lock, bytes outside
 *     room ─► queues (S3-FIFO)                      what leaves first
 *     invalidate, purge ─► hashed-cells (stamps)    voids what is being fetched, drops what is there
 *
 * A worker that dies holds pins, flights, unfinished entries, perhaps the lock: recovery.ts.
 */
import type { HashSeed } from '../../limiting/key-hash.ts';
import type {
  CacheKey,
  CacheStats,
  CacheStore,
  CacheWait,
  CacheWriter,
  NewEntry,
  PurgeTest,
  StoredResponse,
} from '../store.ts';
import { BRING_MS_MAX } from './disk/limits.ts';
import { Presence } from './disk/presence.ts';
import { Entries } from './entries.ts';
import { beginEntry, EntryWriter, shareContent, type WriterParts } from './entry-writer.ts';
import { Flights } from './flights.ts';
import { changeAllStamps, changeStamp, countUse, stampCell, stampOf } from './hashed-cells.ts';
import { CHUNK_BYTES } from './limits.ts';
import { purgeEntries } from './purge.ts';
import { dropFromDisk, keepOnDisk, pushRing, Ring } from './rings.ts';
import { SharedLock } from './shared-lock.ts';
import {
  type CacheMemory,
  Counter,
  Flag,
  Header,
  HeaderDouble,
  META_BYTES,
  SLOT_WORDS,
  Slot,
  SlotDouble,
  State,
  StoreMemory,
} from './store-memory.ts';
import { StoredEntry } from './stored-entry.ts';

const NO_TAGS = Buffer.alloc(0);

/** `now`: milliseconds, the same for all threads of the process. */
export class SharedStore implements CacheStore {
  readonly name: string;
  readonly objectMax: number;
  /** Of the hash of keys. */
  readonly seed: HashSeed;
  readonly entries: Entries;
  readonly flights: Flights;
  readonly lockOfAll: SharedLock;
  readonly #parts: WriterParts;
  readonly #memory: StoreMemory;
  readonly #presence: Presence | null;
  readonly #now: () => number;
  /** Purges what is not in memory; set where the disk is. */
  purgeBeyond: ((test: PurgeTest | null) => Promise<number>) | null = null;

  /** `thread`: the worker's index; the main thread comes after the workers. */
  constructor(cache: CacheMemory, thread: number, now: () => number) {
    this.name = cache.name;
    this.objectMax = cache.objectMax;
    this.seed = cache.seed;
    this.#memory = new StoreMemory(cache);
    this.#now = now;
    this.entries = new Entries(this.#memory, thread);
    this.flights = new Flights(this.#memory, thread);
    this.lockOfAll = new SharedLock(this.#memory.header, Header.lock, thread + 1);
    this.#presence = cache.presence === null ? null : new Presence(cache.presence);
    this.#parts = {
      entries: this.entries,
      flights: this.flights,
      lock: this.lockOfAll,
      objectMax: cache.objectMax,
      presence: this.#presence,
      now,
    };
  }

  lookup(key: CacheKey): StoredResponse | null {
    const slot = this.entries.pin(key);
    this.#memory.count(this.entries.thread, slot === 0 ? Counter.misses : Counter.hits);
    if (slot === 0) return null;
    const flags = this.entries.get(slot, Slot.flags);
    if ((flags & Flag.fromDisk) === 0) return new StoredEntry(this.entries, slot, 'memory');
    // Only the first use is one of the disk.
    this.entries.set(slot, Slot.flags, flags & ~Flag.fromDisk);
    return new StoredEntry(this.entries, slot, 'disk');
  }

  filling(key: CacheKey): StoredResponse | null {
    const slot = this.flights.entry(key);
    if (slot === 0 || !this.entries.pinFollowed(slot, key)) return null;
    return new StoredEntry(this.entries, slot, 'memory');
  }

  stamp(key: CacheKey): number {
    return stampOf(this.#memory, stampCell(this.#memory, key));
  }

  begin(entry: NewEntry): CacheWriter | null {
    const cell = stampCell(this.#memory, entry.stampKey);
    const slot = beginEntry(this.#parts, { ...entry, stampCell: cell, fromDisk: false });
    if (slot > 0) return new EntryWriter(this.#parts, slot, entry.key);
    this.#memory.count(this.entries.thread, Counter.refused);
    return null;
  }

  /** As `begin`, for what comes from the disk under this stamp. */
  beginFromDisk(entry: Omit<NewEntry, 'stampKey' | 'shared'>): CacheWriter | null {
    const cell = stampCell(this.#memory, entry.key);
    const parts = { ...entry, shared: false, stampCell: cell, fromDisk: true };
    const slot = beginEntry(this.#parts, parts);
    return slot > 0 ? new EntryWriter(this.#parts, slot, entry.key) : null;
  }

  update(
    stored: StoredResponse,
    key: CacheKey,
    stampKey: CacheKey,
    stamp: number,
    head: Buffer,
    meta: Float64Array,
    uselessAfter: number,
  ): boolean {
    const { entries } = this;
    const before = (stored as StoredEntry).slot;
    const cell = stampCell(this.#memory, stampKey);
    const slot = beginEntry(this.#parts, {
      key,
      stamp,
      stampCell: cell,
      head,
      meta,
      length: null,
      uselessAfter,
      tags: this.#tagsOf(before),
      shared: false,
      fromDisk: false,
    });
    if (slot === 0) return false;
    if (!this.lockOfAll.take()) {
      entries.orphans.push(slot);
      return false;
    }
    const same = entries.state(before) === State.complete && entries.find(key) === before;
    const valid = same && stampOf(this.#memory, cell) === stamp;
    if (valid) {
      shareContent(entries, before, slot);
      entries.set(slot, Slot.uses, entries.get(before, Slot.uses));
      entries.publish(slot, key);
      const serial = entries.getDouble(slot, SlotDouble.serial);
      keepOnDisk(this.#memory, this.#presence, key, slot, serial);
    } else {
      entries.setState(slot, State.gone);
      entries.retire(slot);
    }
    this.lockOfAll.give();
    return valid;
  }

  invalidate(key: CacheKey): void {
    changeStamp(this.#memory, key);
    if (this.lockOfAll.take()) {
      const slot = this.entries.find(key);
      if (slot > 0) {
        this.entries.drop(slot);
        this.#memory.count(this.entries.thread, Counter.purged);
      }
      dropFromDisk(this.#memory, this.#presence, key);
      this.lockOfAll.give();
      return;
    }
    dropFromDisk(this.#memory, this.#presence, key, false);
    // Whoever has the lock does not get on. Nobody finds it from here on; its place is given back later.
    const slot = this.entries.pin(key);
    if (slot === 0) return;
    const word = (slot - 1) * SLOT_WORDS + Slot.state;
    Atomics.compareExchange(this.#memory.slots, word, State.complete, State.gone);
    this.entries.unpin(slot);
  }

  async purge(test: PurgeTest | null): Promise<number> {
    changeAllStamps(this.#memory);
    const beyond = this.purgeBeyond?.(test) ?? 0;
    const purged = (await purgeEntries(this.entries, this.lockOfAll, test)) + (await beyond);
    this.#memory.count(this.entries.thread, Counter.purged, purged);
    return purged;
  }

  loading(key: CacheKey): boolean {
    if (this.#presence?.has(key.high, key.low) !== true || !this.lockOfAll.take()) return false;
    const main = this.#memory.threads;
    const now = this.#now();
    const before = this.flights.owner(key, now);
    if (before.owner === 0) {
      const { high, low } = key;
      const asked = pushRing(this.#memory, Ring.bring, { high, low, slot: 0, serial: 0 });
      if (asked) this.flights.lock(key, now, BRING_MS_MAX, main);
    }
    const { owner, late } = this.flights.owner(key, now);
    this.lockOfAll.give();
    return owner === main && !late;
  }

  lock(key: CacheKey, forMs: number): boolean {
    if (!this.lockOfAll.take()) return true;
    const mine = this.flights.lock(key, this.#now(), forMs);
    this.lockOfAll.give();
    return mine;
  }

  unlock(key: CacheKey): void {
    if (!this.lockOfAll.take()) return;
    this.flights.unlock(key);
    this.lockOfAll.give();
  }

  await(key: CacheKey, forMs: number, then: () => void): CacheWait {
    return this.flights.await(key, forMs, then);
  }

  countUse(key: CacheKey): number {
    return countUse(this.#memory, key);
  }

  /** How often `lookup` found something, or nothing, over all threads. */
  uses(): { readonly hits: number; readonly misses: number } {
    return { hits: this.#memory.total(Counter.hits), misses: this.#memory.total(Counter.misses) };
  }

  stats(): CacheStats {
    const memory = this.#memory;
    const { header, headerDoubles } = memory;
    return {
      entries: header[Header.entries]!,
      memoryBytes: header[Header.usedChunks]! * CHUNK_BYTES,
      memoryCapacity: memory.plan.chunks * CHUNK_BYTES,
      diskEntries: headerDoubles[HeaderDouble.diskEntries]!,
      diskBytes: headerDoubles[HeaderDouble.diskBytes]!,
      diskCapacity: headerDoubles[HeaderDouble.diskCapacity]!,
      stored: memory.total(Counter.stored),
      evicted: memory.total(Counter.evicted),
      refused: memory.total(Counter.refused),
      purged: memory.total(Counter.purged),
    };
  }

  #tagsOf(slot: number): Buffer {
    const length = this.entries.get(slot, Slot.tagsLength);
    return length === 0 ? NO_TAGS : tagsOf(this.entries, slot, length);
  }
}

function tagsOf(entries: Entries, slot: number, length: number): Buffer {
  const tags = Buffer.allocUnsafe(length);
  const before = entries.get(slot, Slot.keyLength);
  entries.chunks.read(entries.get(slot, Slot.headFirst), META_BYTES + before, length, tags, 0);
  return tags;
}
