/**
 * HalfSipHash-2-4 with 64 bits of output (Aumasson and Bernstein): a keyed hash in 32-bit steps, which
 * JavaScript does at full speed. The key is drawn at random when the balancer starts, so nobody
 * outside can choose keys that meet in one bucket or crowd one set of the table.
 */

/** The secret of one balancer process: two unsigned 32-bit numbers. */
export type HashSeed = readonly [number, number];

/** Hashes one key at a time; the result is in `high` and `low` until the next. */
export class KeyHash {
  /** Signed 32-bit halves of the hash. */
  high = 0;
  low = 0;
  readonly #k0: number;
  readonly #k1: number;
  #v0 = 0;
  #v1 = 0;
  #v2 = 0;
  #v3 = 0;

  constructor(seed: HashSeed) {
    this.#k0 = seed[0] | 0;
    this.#k1 = seed[1] | 0;
  }

  /** Hashes bytes [start, end); with `fold`, ASCII letters in lower case, as host names compare. */
  bytes(bytes: Uint8Array, start: number, end: number, fold = false): void {
    this.#begin();
    let word = 0;
    for (let at = start; at < end; at++) {
      let byte = bytes[at]!;
      if (fold && byte >= 0x41 && byte <= 0x5a) byte |= 0x20;
      const place = (at - start) & 3;
      word |= byte << (place * 8);
      if (place === 3) {
        this.#absorb(word);
        word = 0;
      }
    }
    this.#finish(word, end - start);
  }

  /** Hashes the UTF-8 form of a text; for seldom paths. */
  text(text: string): void {
    const bytes = Buffer.from(text);
    this.bytes(bytes, 0, bytes.length);
  }

  #begin(): void {
    this.#v0 = this.#k0;
    this.#v1 = this.#k1 ^ 0xee;
    this.#v2 = 0x6c796765 ^ this.#k0;
    this.#v3 = 0x74656462 ^ this.#k1;
  }

  #absorb(word: number): void {
    this.#v3 ^= word;
    this.#rounds(2);
    this.#v0 ^= word;
  }

  /** `word` has what is left over, `length` goes on top of it. */
  #finish(word: number, length: number): void {
    this.#absorb(word | (length << 24));
    this.#v2 ^= 0xee;
    this.#rounds(4);
    this.low = this.#v1 ^ this.#v3;
    this.#v1 ^= 0xdd;
    this.#rounds(4);
    this.high = this.#v1 ^ this.#v3;
  }

  #rounds(count: number): void {
    let v0 = this.#v0;
    let v1 = this.#v1;
    let v2 = this.#v2;
    let v3 = this.#v3;
    for (let round = 0; round < count; round++) {
      v0 = (v0 + v1) | 0;
      v1 = (v1 << 5) | (v1 >>> 27);
      v1 ^= v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = (v3 << 8) | (v3 >>> 24);
      v3 ^= v2;
      v0 = (v0 + v3) | 0;
      v3 = (v3 << 7) | (v3 >>> 25);
      v3 ^= v0;
      v2 = (v2 + v1) | 0;
      v1 = (v1 << 13) | (v1 >>> 19);
      v1 ^= v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    this.#v0 = v0;
    this.#v1 = v1;
    this.#v2 = v2;
    this.#v3 = v3;
  }
}
