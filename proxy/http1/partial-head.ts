import { LF } from './characters.ts';

/** Memory to begin with; most heads are smaller. */
const INITIAL_BYTES = 4096;

const NOTHING = Buffer.alloc(0);

/**
 * The beginning of a head that did not come in one piece. It is parsed again from its start whenever
 * another line has come: no state between reads, at the price of as many passes as a head may have
 * lines.
 */
export class PartialHead {
  length = 0;
  #bytes: Buffer = NOTHING;
  readonly #bytesMax: number;

  /** `bytesMax`: where a head is too large, and parsing it will say so. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): Buffer {
    return this.#bytes;
  }

  /** Appends bytes. True when it is worth parsing [0, length). */
  add(bytes: Buffer, start: number, end: number): boolean {
    const before = this.length;
    this.#reserve(before + end - start);
    bytes.copy(this.#bytes, before, start, end);
    this.length = before + end - start;
    return this.length >= this.#bytesMax || hasLineEnd(this.#bytes, before, this.length);
  }

  /** Holds [start, end), which may be part of what is held. */
  keep(bytes: Buffer, start: number, end: number): void {
    if (bytes === this.#bytes) {
      bytes.copyWithin(0, start, end);
    } else {
      this.length = 0;
      this.#reserve(end - start);
      bytes.copy(this.#bytes, 0, start, end);
    }
    this.length = end - start;
  }

  /** Holds nothing. What `bytes` was stays valid for whoever still has it. */
  clear(): void {
    this.length = 0;
    this.#bytes = NOTHING;
  }

  #reserve(size: number): void {
    if (size <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(size, INITIAL_BYTES, 2 * this.length));
    this.#bytes.copy(larger, 0, 0, this.length);
    this.#bytes = larger;
  }
}

function hasLineEnd(bytes: Buffer, start: number, end: number): boolean {
  const at = bytes.indexOf(LF, start);
  return at >= 0 && at < end;
}
