/**
 * Chunks in chains: the free ones, and those of every head and content. Taking and giving back is for
 * who has the lock; chunks are counted from 1.
 */
import { CHUNK_BYTES, WINDOW_CHUNKS } from './limits.ts';
import { Header, type StoreMemory } from './store-memory.ts';

const WINDOW_SHIFT = Math.log2(WINDOW_CHUNKS);
const CHUNK_SHIFT = Math.log2(CHUNK_BYTES);

/** Chunks that so many bytes need. */
export function chunksFor(bytes: number): number {
  return Math.ceil(bytes / CHUNK_BYTES);
}

/** One thread's hold on the chunks. */
export class Chunks {
  /** The last chunk of what `take` gave. */
  last = 0;
  readonly #memory: StoreMemory;

  constructor(memory: StoreMemory) {
    this.#memory = memory;
  }

  get free(): number {
    return this.#memory.plan.chunks - this.#memory.header[Header.usedChunks]!;
  }

  /** A chain of so many, 1 or more: its first; `free` must say that they are there. */
  take(count: number): number {
    const { header, links } = this.#memory;
    let first = 0;
    let last = 0;
    let chunk = header[Header.freeChunk]!;
    let left = count;
    if (chunk > 0) {
      first = chunk;
      while (left > 0 && chunk > 0) {
        last = chunk;
        chunk = links[chunk - 1]!;
        left--;
      }
      header[Header.freeChunk] = chunk;
    }
    let fresh = header[Header.freshChunk]!;
    for (; left > 0; left--) {
      fresh++;
      if (last > 0) links[last - 1] = fresh;
      else first = fresh;
      last = fresh;
    }
    header[Header.freshChunk] = fresh;
    links[last - 1] = 0;
    header[Header.usedChunks]! += count;
    this.last = last;
    return first;
  }

  /** Gives a chain back. */
  give(first: number, last: number, count: number): void {
    if (count === 0) return;
    const { header, links } = this.#memory;
    links[last - 1] = header[Header.freeChunk]!;
    header[Header.freeChunk] = first;
    header[Header.usedChunks]! -= count;
  }

  next(chunk: number): number {
    return this.#memory.links[chunk - 1]!;
  }

  link(chunk: number, next: number): void {
    this.#memory.links[chunk - 1] = next;
  }

  /** The Buffer that a chunk is in. */
  window(chunk: number): Buffer {
    return this.#memory.windows[(chunk - 1) >>> WINDOW_SHIFT]!;
  }

  /** The same memory as doubles. */
  doubles(chunk: number): Float64Array {
    return this.#memory.windowDoubles[(chunk - 1) >>> WINDOW_SHIFT]!;
  }

  /** Where in its window it begins. */
  position(chunk: number): number {
    return ((chunk - 1) & (WINDOW_CHUNKS - 1)) << CHUNK_SHIFT;
  }

  /** The chunk after `count` others in its chain. */
  skip(chunk: number, count: number): number {
    let at = chunk;
    for (let left = count; left > 0 && at > 0; left--) at = this.next(at);
    return at;
  }

  /** Copies bytes [start, end) into a chain that has the room, from `offset` of it on. */
  write(chunk: number, offset: number, bytes: Buffer, start: number, end: number): void {
    let to = this.skip(chunk, Math.floor(offset / CHUNK_BYTES));
    let within = offset % CHUNK_BYTES;
    let from = start;
    while (from < end) {
      const length = Math.min(CHUNK_BYTES - within, end - from);
      bytes.copy(this.window(to), this.position(to) + within, from, from + length);
      from += length;
      within = 0;
      if (from < end) to = this.next(to);
    }
  }

  /**
   * Copies `length` bytes from `offset` of a chain on to `target`, `at`. Returns the chunk of the last.
   */
  read(chunk: number, offset: number, length: number, target: Buffer, at: number): number {
    let from = this.skip(chunk, Math.floor(offset / CHUNK_BYTES));
    let within = offset % CHUNK_BYTES;
    let done = 0;
    for (;;) {
      const start = this.position(from) + within;
      const window = this.window(from);
      let room = CHUNK_BYTES - within;
      // Chunks that lie one behind the other, as most do, are copied as one.
      while (room < length - done) {
        const next = this.next(from);
        if (next !== from + 1 || this.position(next) === 0) break;
        from = next;
        room += CHUNK_BYTES;
      }
      const piece = Math.min(room, length - done);
      window.copy(target, at + done, start, start + piece);
      done += piece;
      within = 0;
      if (done === length) return from;
      from = this.next(from);
    }
  }
}
