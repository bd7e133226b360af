/**
 * Which keys may be on disk, for workers: a table of 32-bit tags in shared memory. Only the main thread
 * writes. A worker that finds a tag asks the main thread; one in 2^28 times for nothing.
 */
import { FILE_BYTES_EXPECTED, FILES_MAX, FILES_MIN, PRESENCE_WAYS } from './limits.ts';

/** Files for which a tier of so many bytes has places. */
export function filesFor(bytes: number): number {
  return Math.min(FILES_MAX, Math.max(FILES_MIN, Math.ceil(bytes / FILE_BYTES_EXPECTED)));
}

/** Bytes of the table for a tier of so many bytes. */
export function presenceBytes(bytes: number): number {
  return 2 ** Math.ceil(Math.log2(filesFor(bytes) * 2)) * 4;
}

/** One thread's view of the table. */
export class Presence {
  readonly #tags: Int32Array;
  readonly #sets: number;

  constructor(memory: SharedArrayBuffer) {
    this.#tags = new Int32Array(memory);
    this.#sets = this.#tags.length / PRESENCE_WAYS;
  }

  has(high: number, low: number): boolean {
    return this.#find(low, tagOf(high)) >= 0;
  }

  /** False: there is no place for it. */
  add(high: number, low: number): boolean {
    const tag = tagOf(high);
    if (this.#find(low, tag) >= 0) return true;
    const free = this.#find(low, 0);
    if (free >= 0) Atomics.store(this.#tags, free, tag);
    return free >= 0;
  }

  remove(high: number, low: number): void {
    const found = this.#find(low, tagOf(high));
    if (found >= 0) Atomics.store(this.#tags, found, 0);
  }

  clear(): void {
    this.#tags.fill(0);
  }

  #find(low: number, tag: number): number {
    const set = ((low >>> 2) & (this.#sets - 1)) * PRESENCE_WAYS;
    for (let way = set; way < set + PRESENCE_WAYS; way++) if (this.#tags[way] === tag) return way;
    return -1;
  }
}

/** 0 is no tag. */
function tagOf(high: number): number {
  return high === 0 ? 1 : high;
}
