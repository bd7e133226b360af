/**
 * What workers ask of the main thread, which has the disk: to keep an entry (slot and serial), or to
 * bring one (hash). Two rings in shared memory; writing is for who has the lock, the main thread reads
 * after it was woken. A ring that is full takes no more: the disk is slower than what it is asked.
 */
import { RING_SIZE } from './limits.ts';
import { Header, RING_WORDS, type StoreMemory } from './store-memory.ts';

/** Which ring. */
export const Ring = { keep: 0, bring: 1 } as const;

/** Puts three numbers in; false: it is full. Under the lock. */
export function pushRing(
  memory: StoreMemory,
  ring: number,
  a: number,
  b: number,
  c: number,
): boolean {
  const { header, rings } = memory;
  const read = Header.rings + ring * 2;
  const written = header[read + 1]!;
  if ((written - Atomics.load(header, read)) >>> 0 >= RING_SIZE) return false;
  const at = (ring * RING_SIZE + (written & (RING_SIZE - 1))) * RING_WORDS;
  rings[at] = a;
  rings[at + 1] = b;
  rings[at + 2] = c;
  Atomics.store(header, read + 1, (written + 1) | 0);
  Atomics.add(header, Header.signal, 1);
  Atomics.notify(header, Header.signal);
  return true;
}

/** Takes the oldest out; null when there is none. Only for the main thread. */
export function shiftRing(
  memory: StoreMemory,
  ring: number,
): readonly [number, number, number] | null {
  const { header, rings } = memory;
  const read = Header.rings + ring * 2;
  const at = header[read]!;
  if (Atomics.load(header, read + 1) === at) return null;
  const place = (ring * RING_SIZE + (at & (RING_SIZE - 1))) * RING_WORDS;
  const values = [rings[place]!, rings[place + 1]!, rings[place + 2]!] as const;
  Atomics.store(header, read, (at + 1) | 0);
  return values;
}
