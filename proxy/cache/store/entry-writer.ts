/**
 * Fills one entry. Its chunks are taken under the lock, some at a time; its bytes are copied outside,
 * where nobody else looks, and told to followers by its length, last.
 */
import type { CacheKey, CacheWriter, NewEntry } from '../store.ts';
import { chunksFor } from './chunks.ts';
import type { Presence } from './disk/presence.ts';
import type { Entries } from './entries.ts';
import type { Flights } from './flights.ts';
import { stampOf } from './hashed-cells.ts';
import { CHUNK_BYTES, FILLING_MS_MAX, HEAD_BYTES_MAX, WRITER_CHUNKS_STEP } from './limits.ts';
import { keepOnDisk } from './rings.ts';
import type { SharedLock } from './shared-lock.ts';
import { Counter, Flag, META_BYTES, SLOT_WORDS, Slot, SlotDouble, State } from './store-memory.ts';

/** What writers of one thread share. */
export interface WriterParts {
  readonly entries: Entries;
  readonly flights: Flights;
  readonly lock: SharedLock;
  readonly objectMax: number;
  /** Null: no disk. */
  readonly presence: Presence | null;
  /** Of the process. */
  readonly now: () => number;
}

/** What an entry is made of, wherever it comes from. */
export interface EntryParts extends Omit<NewEntry, 'stampKey' | 'key'> {
  readonly key: CacheKey;
  readonly stampCell: number;
  readonly fromDisk: boolean;
}

/** A slot with that head in it, being filled; 0: no room. Not under the lock. */
export function beginEntry(parts: WriterParts, entry: EntryParts): number {
  const { entries, lock } = parts;
  const { key, head, tags, meta, length } = entry;
  const keyLength = key.end - key.start;
  const bytes = META_BYTES + keyLength + tags.length + head.length;
  if (bytes > HEAD_BYTES_MAX || (length ?? 0) > parts.objectMax || !lock.take()) return 0;
  const slot = entries.allocate(chunksFor(bytes), Date.now());
  if (slot > 0) {
    entries.set(slot, Slot.high, key.high);
    entries.set(slot, Slot.low, key.low);
    entries.set(slot, Slot.keyLength, keyLength);
    entries.set(slot, Slot.tagsLength, tags.length);
    entries.set(slot, Slot.headLength, head.length);
    entries.set(slot, Slot.announced, length ?? -1);
    const flags = (entry.shared ? Flag.shared : 0) | (entry.fromDisk ? Flag.fromDisk : 0);
    entries.set(slot, Slot.flags, flags);
    entries.set(slot, Slot.stampCell, entry.stampCell);
    entries.setDouble(slot, SlotDouble.stamp, entry.stamp);
    entries.setDouble(slot, SlotDouble.uselessAfter, entry.uselessAfter);
  }
  lock.give();
  if (slot === 0) return 0;
  const first = entries.get(slot, Slot.headFirst);
  const { chunks } = entries;
  chunks.doubles(first).set(meta, chunks.position(first) / 8);
  chunks.write(first, META_BYTES, key.bytes, key.start, key.end);
  chunks.write(first, META_BYTES + keyLength, tags, 0, tags.length);
  chunks.write(first, META_BYTES + keyLength + tags.length, head, 0, head.length);
  return slot;
}

/** A writer of one thread. */
export class EntryWriter implements CacheWriter {
  readonly #parts: WriterParts;
  readonly #slot: number;
  /** A copy: the one that was given is somebody else's. */
  readonly #key: CacheKey;
  #length = 0;
  /** Bytes that the chunks it has would take. */
  #room = 0;
  /** The chunk that is written to. */
  #chunk = 0;
  #over = false;

  /** `slot` comes from `beginEntry`; from here on others may follow it. */
  constructor(parts: WriterParts, slot: number, key: CacheKey) {
    this.#parts = parts;
    this.#slot = slot;
    const bytes = Buffer.from(key.bytes.subarray(key.start, key.end));
    this.#key = { high: key.high, low: key.low, bytes, start: 0, end: bytes.length };
    const shared = (parts.entries.get(slot, Slot.flags) & Flag.shared) !== 0;
    if (shared && parts.lock.take()) {
      parts.flights.begun(this.#key, slot, parts.now(), FILLING_MS_MAX);
      parts.lock.give();
    }
  }

  append(bytes: Buffer, start: number, end: number): boolean {
    if (this.#over) return false;
    if (start === end) return true;
    const after = this.#length + end - start;
    if (after > this.#room && !this.#extend(after)) {
      this.#parts.entries.memory.count(this.#parts.entries.thread, Counter.refused);
      this.abort();
      return false;
    }
    this.#copy(bytes, start, end);
    this.#length = after;
    this.#tell();
    return true;
  }

  commit(): boolean {
    if (this.#over) return false;
    const { entries, flights, lock } = this.#parts;
    const slot = this.#slot;
    const announced = entries.get(slot, Slot.announced);
    if ((announced >= 0 && announced !== this.#length) || !lock.take()) {
      this.abort();
      return false;
    }
    this.#over = true;
    const flags = entries.get(slot, Slot.flags) | Flag.ended;
    Atomics.store(entries.memory.slots, (slot - 1) * SLOT_WORDS + Slot.flags, flags);
    this.#trim();
    const stamp = stampOf(entries.memory, entries.get(slot, Slot.stampCell));
    const fromDisk = (flags & Flag.fromDisk) !== 0;
    // What came meanwhile is newer than anything on disk.
    const late = fromDisk && entries.find(this.#key) > 0;
    const valid = !late && stamp === entries.getDouble(slot, SlotDouble.stamp);
    if (valid) {
      entries.publish(slot, this.#key);
      const serial = entries.getDouble(slot, SlotDouble.serial);
      if (!fromDisk) keepOnDisk(entries.memory, this.#parts.presence, this.#key, slot, serial);
    } else {
      // Who follows it gets the rest all the same: it was asked for before that.
      entries.setState(slot, State.gone);
      entries.retire(slot);
    }
    flights.landed(this.#key, slot);
    lock.give();
    entries.progress(slot);
    if (valid) entries.memory.count(entries.thread, Counter.stored);
    return valid;
  }

  abort(): void {
    if (this.#over) return;
    this.#over = true;
    const { entries, flights, lock } = this.#parts;
    if (lock.take()) {
      flights.landed(this.#key, this.#slot);
      entries.setState(this.#slot, State.gone);
      entries.retire(this.#slot);
      lock.give();
    } else {
      entries.orphans.push(this.#slot);
    }
    entries.progress(this.#slot);
  }

  /** Chunks for content of that length, and some more when it grows. */
  #extend(length: number): boolean {
    const { entries, lock, objectMax } = this.#parts;
    if (length > objectMax) return false;
    const announced = entries.get(this.#slot, Slot.announced);
    if (announced >= 0 && length > announced) return false;
    const needed = chunksFor(length - this.#room);
    const left = announced >= 0 ? chunksFor(announced - this.#room) : Number.POSITIVE_INFINITY;
    const step = this.#room === 0 && announced < 0 ? needed : WRITER_CHUNKS_STEP;
    const count = Math.max(needed, Math.min(left, step));
    if (!lock.take()) return false;
    const done = entries.extend(this.#slot, count, Date.now());
    lock.give();
    if (done) this.#room += count * CHUNK_BYTES;
    return done;
  }

  #copy(bytes: Buffer, start: number, end: number): void {
    const { chunks } = this.#parts.entries;
    let at = start;
    let length = this.#length;
    while (at < end) {
      const within = length % CHUNK_BYTES;
      if (this.#chunk === 0) this.#chunk = this.#parts.entries.get(this.#slot, Slot.bodyFirst);
      else if (within === 0) this.#chunk = chunks.next(this.#chunk);
      const piece = Math.min(CHUNK_BYTES - within, end - at);
      bytes.copy(chunks.window(this.#chunk), chunks.position(this.#chunk) + within, at, at + piece);
      at += piece;
      length += piece;
    }
  }

  #tell(): void {
    const { entries } = this.#parts;
    Atomics.store(entries.memory.slots, (this.#slot - 1) * SLOT_WORDS + Slot.length, this.#length);
    if ((entries.get(this.#slot, Slot.flags) & Flag.shared) !== 0) entries.progress(this.#slot);
  }

  /** Gives back the chunks that were too many. Under the lock. */
  #trim(): void {
    const { entries } = this.#parts;
    const used = chunksFor(this.#length);
    const count = entries.get(this.#slot, Slot.bodyChunks) - used;
    if (count === 0) return;
    const last = used === 0 ? 0 : this.#chunk;
    const first = last > 0 ? entries.chunks.next(last) : entries.get(this.#slot, Slot.bodyFirst);
    entries.chunks.give(first, entries.get(this.#slot, Slot.bodyLast), count);
    if (last > 0) entries.chunks.link(last, 0);
    else entries.set(this.#slot, Slot.bodyFirst, 0);
    entries.set(this.#slot, Slot.bodyLast, last);
    entries.set(this.#slot, Slot.bodyChunks, used);
  }
}

/** Gives `to` the content of `from`, both of one key, under the lock. */
export function shareContent(entries: Entries, from: number, to: number): void {
  const body = entries.get(from, Slot.body);
  entries.set(to, Slot.body, body);
  entries.set(body, Slot.bodyUsers, entries.get(body, Slot.bodyUsers) + 1);
  entries.set(to, Slot.bodyUsers, 0);
  entries.set(to, Slot.flags, entries.get(to, Slot.flags) | Flag.ended);
}
