const DIGITS = '0123456789abcdef';
const HEX = Array.from({ length: 256 }, (_, byte) => DIGITS[byte >> 4]! + DIGITS[byte & 15]!);
/** Random bytes fetched at once: a call for each id would cost more than the rest of it. */
const POOL_BYTES = 4096;

/** Fills a buffer with random bytes nobody can guess. */
export type RandomFill = (bytes: Uint8Array) => void;

/** Makes identifiers in hexadecimal digits. */
export class RandomIds {
  readonly #fill: RandomFill;
  readonly #pool = new Uint8Array(POOL_BYTES);
  #at = POOL_BYTES;

  constructor(fill: RandomFill) {
    this.#fill = fill;
  }

  /** An identifier of so many random bytes, never all zero. */
  next(bytes: 8 | 16): string {
    let text = '';
    let any = 0;
    if (this.#at + bytes > POOL_BYTES) {
      this.#fill(this.#pool);
      this.#at = 0;
    }
    for (let index = 0; index < bytes; index++) {
      const byte = this.#pool[this.#at++]!;
      any |= byte;
      text += HEX[byte]!;
    }
    return any === 0 ? this.next(bytes) : text;
  }
}
