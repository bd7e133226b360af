/**
 * What workers ask of the main thread, which has the disk: to keep an entry (slot, serial, hash), to bring
 * one (hash), to drop one (hash). Rings in shared memory; writing is for who has the lock, the main thread
 * reads after it was woken. A ring that is full takes no more: the disk is slower than what it is asked.
 */
import type { CacheKey } from '../store.ts';
import type { Presence } from './disk/presence.ts';
import { RING_SIZE } from './limits.ts';
import { Disk, Header, RING_WORDS, type StoreMemory } from './store-memory.ts';

/** Which ring. What is dropped is looked at first, or an older file would be brought. */
export const Ring = { drop: 0, keep: 1, bring: 2 } as const;

/** A hash, and of what is to be kept where it is. */
export interface RingEntry {
  readonly high: number;
  readonly low: number;
  readonly slot: number;
  /** The lower 32 bits. */
  readonly serial: number;
}

/** False: it is full. Under the lock. */
export function pushRing(memory: StoreMemory, ring: number, entry: RingEntry): boolean {
  const { header, rings } = memory;
  const read = Header.rings + ring * 2;
  const written = header[read + 1]!;
  if ((written - Atomics.load(header, read)) >>> 0 >= RING_SIZE) return false;
  const at = (ring * RING_SIZE + (written & (RING_SIZE - 1))) * RING_WORDS;
  rings[at] = entry.high;
  rings[at + 1] = entry.low;
  rings[at + 2] = entry.slot;
  rings[at + 3] = entry.serial;
  Atomics.store(header, read + 1, (written + 1) | 0);
  Atomics.add(header, Header.signal, 1);
  Atomics.notify(header, Header.signal);
  return true;
}

/** Takes the oldest out; null when there is none. Only for the main thread. */
export function shiftRing(memory: StoreMemory, ring: number): RingEntry | null {
  const { header, rings } = memory;
  const read = Header.rings + ring * 2;
  const at = header[read]!;
  if (Atomics.load(header, read + 1) === at) return null;
  const place = (ring * RING_SIZE + (at & (RING_SIZE - 1))) * RING_WORDS;
  const entry = {
    high: rings[place]!,
    low: rings[place + 1]!,
    slot: rings[place + 2]!,
    serial: rings[place + 3]!,
  };
  Atomics.store(header, read, (at + 1) | 0);
  return entry;
}

/** Has a new entry written to disk, or at least what is there of its key removed. Under the lock. */
export function keepOnDisk(
  memory: StoreMemory,
  presence: Presence | null,
  key: CacheKey,
  slot: number,
  serial: number,
): void {
  if (presence === null || memory.header[Header.disk] === Disk.none) return;
  const entry = { high: key.high, low: key.low, slot, serial: serial | 0 };
  if (!pushRing(memory, Ring.keep, entry)) dropFromDisk(memory, presence, key);
}

/** What is on disk of that key is void. Under the lock, or `locked` false. */
export function dropFromDisk(
  memory: StoreMemory,
  presence: Presence | null,
  { high, low }: CacheKey,
  locked = true,
): void {
  const { header } = memory;
  if (presence === null || header[Header.disk] === Disk.none) return;
  if (header[Header.disk] === Disk.on && !presence.has(high, low)) return;
  if (locked && pushRing(memory, Ring.drop, { high, low, slot: 0, serial: 0 })) return;
  // Nobody can say which file it was: the main thread drops them all.
  Atomics.store(header, Header.disk, Disk.lost);
  Atomics.add(header, Header.signal, 1);
  Atomics.notify(header, Header.signal);
}
