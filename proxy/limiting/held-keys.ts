/**
 * What one worker holds of a concurrency limit, written down in shared memory: when the worker dies,
 * the main thread gives it back in its place.
 */
import type { BucketTable, HashedKey } from './bucket-table.ts';
import { HELD_WORDS, type LimitMemory } from './limit-memory.ts';
import { HELD_MAX } from './limits.ts';

/** The worker's own list. */
export class HeldKeys {
  readonly #words: Int32Array;
  readonly #free: number[] = [];
  #used = 0;

  /** `memory.held` must be there, and empty for this worker. */
  constructor(memory: LimitMemory, worker: number) {
    this.#words = wordsOf(memory, worker);
  }

  /** Notes a key; returns where, or -1 when there are HELD_MAX already. */
  add({ high, low }: HashedKey): number {
    const slot = this.#free.pop() ?? (this.#used < HELD_MAX ? this.#used++ : -1);
    if (slot < 0) return -1;
    this.#words[slot * HELD_WORDS] = high;
    this.#words[slot * HELD_WORDS + 1] = low;
    return slot;
  }

  /** Crosses it out. */
  remove(slot: number): void {
    this.#words[slot * HELD_WORDS] = 0;
    this.#words[slot * HELD_WORDS + 1] = 0;
    this.#free.push(slot);
  }
}

/** Gives back what a dead worker held, before its successor starts. */
export function releaseHeld(memory: LimitMemory, worker: number, table: BucketTable): void {
  const words = wordsOf(memory, worker);
  for (let at = 0; at < words.length; at += HELD_WORDS) {
    const key = { high: words[at]!, low: words[at + 1]! };
    if (key.high === 0 && key.low === 0) continue;
    words[at] = 0;
    words[at + 1] = 0;
    table.giveBack(key);
  }
}

function wordsOf({ held }: LimitMemory, worker: number): Int32Array {
  const length = HELD_MAX * HELD_WORDS;
  return new Int32Array(held!, worker * length * 4, length);
}
