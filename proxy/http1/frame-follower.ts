/**
 * Follows WebSocket frames (RFC 6455 5.2) in a stream of bytes without keeping any:
 *
 *     0               1               2                   (to 10)      (to 14)
 *     +-+-+-+-+-------+-+-------------+-------------------+------------+----------+
 *     |F|R|R|R|opcode |M| length (7)  | length (16 or 64) | mask (32)  | payload  |
 *     +-+-+-+-+-------+-+-------------+-------------------+------------+----------+
 */
const HEAD_BYTES_MIN = 2;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const MASK_BYTES = 4;
const OPCODE_CLOSE = 8;

/** Knows where in the stream one frame ends and the next begins. */
export class FrameFollower {
  /** Bytes of the payload still to come. */
  #left = 0;
  /** Of the head: how many bytes have come, how many it has, how many of them are the longer length. */
  #got = 0;
  #head = HEAD_BYTES_MIN;
  #lengthBytes = 0;
  #length = 0;
  #closes = false;
  #closed = false;
  #lost = false;

  /** Nothing of a frame has come, or all: another may begin here. */
  get between(): boolean {
    return this.#left === 0 && this.#got === 0 && !this.#lost;
  }

  /** A close frame has begun: no other comes after it. */
  get closed(): boolean {
    return this.#closed;
  }

  /** All of the bytes [start, end) have come. */
  pass(bytes: Buffer, start: number, end: number): void {
    let at = start;
    while (at < end) at = this.step(bytes, at, end);
  }

  /** Bytes [start, end) have come; takes no more than one frame, and returns where that ends, or `end`. */
  step(bytes: Buffer, start: number, end: number): number {
    if (this.#lost) return end;
    let at = start;
    while (this.#left === 0 && at < end) {
      this.#takeHead(bytes[at]!);
      at++;
      if (this.#got === 0 && this.#left === 0) return at;
      if (this.#lost) return end;
    }
    const taken = Math.min(this.#left, end - at);
    this.#left -= taken;
    return at + taken;
  }

  #takeHead(byte: number): void {
    if (this.#got === 0) {
      this.#closes = (byte & 0x0f) === OPCODE_CLOSE;
    } else if (this.#got === 1) {
      const length = byte & 0x7f;
      this.#lengthBytes = length === LENGTH_16 ? 2 : length === LENGTH_64 ? 8 : 0;
      this.#length = this.#lengthBytes === 0 ? length : 0;
      const mask = byte >= 0x80 ? MASK_BYTES : 0;
      this.#head = HEAD_BYTES_MIN + this.#lengthBytes + mask;
    } else if (this.#got < HEAD_BYTES_MIN + this.#lengthBytes) {
      this.#length = this.#length * 256 + byte;
    }
    this.#got++;
    if (this.#got < this.#head) return;
    if (this.#closes) this.#closed = true;
    if (this.#length > Number.MAX_SAFE_INTEGER) this.#lost = true;
    this.#left = this.#length;
    this.#got = 0;
    this.#head = HEAD_BYTES_MIN;
  }
}
