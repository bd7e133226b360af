/** Walks over the entries: by a purge, and by the main thread for what has become useless. */
import type { PurgeTest } from '../store.ts';
import type { Entries } from './entries.ts';
import { CHUNK_BYTES, SLICE_SLOTS } from './limits.ts';
import type { SharedLock } from './shared-lock.ts';
import { META_BYTES, Slot, SlotDouble, State } from './store-memory.ts';

/** Drops every entry for which the test says so (null: all); resolves with how many. */
export async function purgeEntries(
  entries: Entries,
  lock: SharedLock,
  test: PurgeTest | null,
): Promise<number> {
  const { slots } = entries.memory.plan;
  let purged = 0;
  for (let first = 1; first <= slots; first += SLICE_SLOTS) {
    // The lock is held for microseconds; whoever keeps it longer is being put to rest.
    while (!lock.take()) await turn();
    try {
      const end = Math.min(slots + 1, first + SLICE_SLOTS);
      for (let slot = first; slot < end; slot++) {
        if (entries.get(slot, Slot.state) !== State.complete) continue;
        if (test !== null && !test(...nameOf(entries, slot))) continue;
        entries.drop(slot);
        purged++;
      }
    } finally {
      lock.give();
    }
    await turn();
  }
  return purged;
}

/** Evicts what is of no use after `now` among slots [first, first + count), and gives back what is gone. */
export function sweepEntries(
  entries: Entries,
  lock: SharedLock,
  first: number,
  count: number,
  now: number,
): void {
  const end = Math.min(entries.memory.plan.slots + 1, first + count);
  for (let slice = first; slice < end; slice += SLICE_SLOTS) {
    if (!lock.take()) return;
    for (let slot = slice; slot < Math.min(end, slice + SLICE_SLOTS); slot++) {
      if (entries.get(slot, Slot.state) !== State.complete) continue;
      if (entries.getDouble(slot, SlotDouble.uselessAfter) < now) entries.evict(slot);
    }
    entries.reap();
    lock.give();
  }
}

/** Key and tags of an entry, in one Buffer. */
function nameOf(entries: Entries, slot: number): Parameters<PurgeTest> {
  const { chunks } = entries;
  const first = entries.get(slot, Slot.headFirst);
  const end = entries.get(slot, Slot.keyLength);
  const length = end + entries.get(slot, Slot.tagsLength);
  const position = chunks.position(first) + META_BYTES;
  if (META_BYTES + length <= CHUNK_BYTES) {
    const window = chunks.window(first);
    const key = { bytes: window, start: position, end: position + end };
    return [key, window.subarray(position + end, position + length)];
  }
  const bytes = Buffer.allocUnsafe(length);
  chunks.read(first, META_BYTES, length, bytes, 0);
  return [{ bytes, start: 0, end }, bytes.subarray(end)];
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
