import type { FieldLine } from './field-line.ts';
import { LINE_FRAMING_BYTES } from './field-line.ts';

/** What an entry costs beside its name and value (RFC 7541 4.1). */
export const ENTRY_OVERHEAD_BYTES = 32;

const FIRST_CAPACITY = 8;

/** The size of an entry by the rules of HPACK. */
export function entrySize(line: FieldLine): number {
  return line.end - line.start - LINE_FRAMING_BYTES + ENTRY_OVERHEAD_BYTES;
}

/** The fields that a peer has told us to remember: the newest first, the oldest dropped for room. */
export class DynamicTable {
  /** What the entries may take together. */
  #sizeMax: number;
  #size = 0;
  /** A ring, made when it is first wanted; its length is a power of two. */
  #ring: (FieldLine | null)[] = [];
  /** Where the newest is. */
  #newest = 0;
  #count = 0;

  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax;
  }

  get count(): number {
    return this.#count;
  }

  get size(): number {
    return this.#size;
  }

  /** The entry with that index, from 0 for the newest; null when there is none. */
  at(index: number): FieldLine | null {
    if (index >= this.#count) return null;
    return this.#ring[(this.#newest + index) & (this.#ring.length - 1)]!;
  }

  /** Changes what the entries may take (RFC 7541 4.3). */
  resize(sizeMax: number): void {
    this.#sizeMax = sizeMax;
    this.#evict(0);
  }

  /** Adds the newest entry. One that is larger than the table empties it (RFC 7541 4.4). */
  add(line: FieldLine): void {
    const size = entrySize(line);
    this.#evict(size);
    if (size > this.#sizeMax) return;
    if (this.#count === this.#ring.length) this.#grow();
    this.#newest = (this.#newest - 1) & (this.#ring.length - 1);
    this.#ring[this.#newest] = line;
    this.#count++;
    this.#size += size;
  }

  /** Makes room for `size` bytes, as far as there is any. */
  #evict(size: number): void {
    while (this.#count > 0 && this.#size + size > this.#sizeMax) {
      const oldest = (this.#newest + this.#count - 1) & (this.#ring.length - 1);
      this.#size -= entrySize(this.#ring[oldest]!);
      this.#ring[oldest] = null;
      this.#count--;
    }
  }

  #grow(): void {
    const entries = Array.from({ length: this.#count }, (_, index) => this.at(index));
    const length = Math.max(FIRST_CAPACITY, 2 * this.#ring.length);
    this.#ring = new Array<FieldLine | null>(length).fill(null);
    entries.forEach((entry, index) => {
      this.#ring[index] = entry;
    });
    this.#newest = 0;
  }
}
