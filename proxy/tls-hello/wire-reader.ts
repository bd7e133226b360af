/**
 * Reads TLS's own notation: integers in network order, and vectors with their length in front (RFC
 * 8446 3.4). Reading beyond the end sets `failed` and yields nothing, so that a caller reads a whole
 * structure and asks once.
 */
export class WireReader {
  readonly #bytes: Buffer;
  #at = 0;
  #failed = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Something was asked for that was not there. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  skip(length: number): void {
    this.#take(length);
  }

  /** An unsigned integer of 1 to 3 bytes; 0 when it is not there. */
  integer(size: 1 | 2 | 3): number {
    const bytes = this.#take(size);
    return bytes.length === 0 ? 0 : bytes.readUIntBE(0, size);
  }

  /** A vector whose length takes so many bytes, as a reader of its own. */
  vector(lengthSize: 1 | 2 | 3): WireReader {
    return new WireReader(this.#take(this.integer(lengthSize)));
  }

  /** What is left, as latin1. */
  text(): string {
    return this.#take(this.left).toString('latin1');
  }

  #take(length: number): Buffer {
    if (length > this.left) {
      this.#failed = true;
      this.#at = this.#bytes.length;
      return this.#bytes.subarray(0, 0);
    }
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}
