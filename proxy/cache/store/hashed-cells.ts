/**
 * Small facts about keys by their hash, of keys that need not be stored: when they were invalidated, and
 * how often they were used lately. Keys that share a cell share the fact; both uses bear that.
 */
import type { CacheKey } from '../store.ts';
import { COUNTED_USES_MAX, USES_AGE_PER_CELL } from './limits.ts';
import { Header, type StoreMemory } from './store-memory.ts';

const TWO_32 = 2 ** 32;
const COUNT_MASK = 0xff;

/** Whose stamp an entry bears. */
export function stampCell(memory: StoreMemory, key: CacheKey): number {
  return key.low & (memory.plan.cells - 1);
}

/** The stamp of that cell: another one after each invalidation there, and after each purge. */
export function stampOf(memory: StoreMemory, cell: number): number {
  const purges = Atomics.load(memory.header, Header.purges) & 0xfffff;
  return purges * TWO_32 + (Atomics.load(memory.stamps, cell) >>> 0);
}

/** Voids everything that bears the stamp of that key. */
export function changeStamp(memory: StoreMemory, key: CacheKey): void {
  Atomics.add(memory.stamps, stampCell(memory, key), 1);
}

/** Voids everything that is being fetched. */
export function changeAllStamps(memory: StoreMemory): void {
  Atomics.add(memory.header, Header.purges, 1);
}

/**
 * Counts a use of that key and returns how many there were before it. A cell has a tag and a count of
 * the key that was used last; others start anew. Counts are halved as time goes by, counted in uses.
 */
export function countUse(memory: StoreMemory, key: CacheKey): number {
  const { uses, header, plan } = memory;
  const counted = Atomics.add(header, Header.usesCounted, 1);
  if (counted >= plan.cells * USES_AGE_PER_CELL) {
    Atomics.store(header, Header.usesCounted, 0);
    for (let cell = 0; cell < plan.cells; cell++) {
      const value = uses[cell]!;
      uses[cell] = (value & ~COUNT_MASK) | ((value & COUNT_MASK) >> 1);
    }
  }
  const cell = (key.low >>> 3) & (plan.cells - 1);
  const tag = key.high & ~COUNT_MASK;
  const value = uses[cell]!;
  const before = (value & ~COUNT_MASK) === tag ? value & COUNT_MASK : 0;
  uses[cell] = tag | Math.min(COUNTED_USES_MAX, before + 1);
  return before;
}
