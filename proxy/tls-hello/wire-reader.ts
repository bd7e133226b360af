/**
 * Reads TLS's own notation: integers in network order, and vectors with their length in front (RFC
 * 8446 3.4). Reading beyond the end sets `failed` and yields nothing, so that a caller reads a whole
 * structure and asks once.
 */
export class WireReader {
  readonly #bytes: Buffer;
  #at: number;
  readonly #end: number;
  #failed = false;

  /** Reads bytes [start, end). */
  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** Something was asked for that was not there. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.#end - this.#at;
  }

  skip(length: number): void {
    this.#take(length);
  }

  /** An unsigned integer of 1 to 3 bytes; 0 when it is not there. */
  integer(size: 1 | 2 | 3): number {
    const from = this.#take(size);
    if (from < 0) return 0;
    let value = 0;
    for (let at = from; at < from + size; at++) value = value * 256 + this.#bytes[at]!;
    return value;
  }

  /** A vector whose length takes so many bytes, as a reader of its own. */
  vector(lengthSize: 1 | 2 | 3): WireReader {
    const length = this.integer(lengthSize);
    const from = this.#take(length);
    if (from < 0) return new WireReader(this.#bytes, this.#end, this.#end);
    return new WireReader(this.#bytes, from, from + length);
  }

  /** What is left, as latin1. */
  text(): string {
    const from = this.#take(this.left);
    return this.#bytes.toString('latin1', from, this.#end);
  }

  /** Where the next bytes begin, which are then read; negative when there are not so many. */
  #take(length: number): number {
    const from = this.#at;
    if (length > this.#end - from) {
      this.#failed = true;
      this.#at = this.#end;
      return -1;
    }
    this.#at = from + length;
    return from;
  }
}
