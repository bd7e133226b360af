/**
 * Cuts a stream of bytes into frames (RFC 9113 4.1).
 *
 *     while (at < end) {
 *       at = reader.step(bytes, at, end);
 *       if (at < 0) ...the frame is longer than allowed...
 *       if (reader.ready) ...type, flags, stream, and [payloadStart, payloadEnd) of payload...
 *     }
 *
 * Content is handed on as it comes, in pieces, so that no frame of it is ever held. All other frames are
 * handed over whole: from where they are if they came in one piece, else out of memory of our own, which
 * the longest allowed frame bounds.
 */
import { Flag, FRAME_BYTES_DEFAULT, FRAME_HEADER_BYTES, FrameType } from './protocol.ts';

const NOTHING = Buffer.alloc(0);

/** One side of one connection. */
export class FrameReader {
  /** There is a frame, or a piece of content. */
  ready = false;
  type = 0;
  flags = 0;
  stream = 0;
  /** Bytes of the whole payload. */
  length = 0;
  /** What the offsets point into. */
  payload: Buffer = NOTHING;
  payloadStart = 0;
  payloadEnd = 0;
  /** The first piece of its frame, and the last. */
  first = true;
  last = true;
  readonly #lengthMax: number;
  readonly #header = Buffer.alloc(FRAME_HEADER_BYTES);
  /** Bytes of the header so far, if it came in parts. */
  #headerBytes = 0;
  /** The header has been read, and not the end of the payload. */
  #within = false;
  /** Bytes of the payload still to come. */
  #left = 0;
  /** What came of a payload that is handed over whole. */
  #held: Buffer | null = null;

  /** `lengthMax`: of the payload; what our SETTINGS_MAX_FRAME_SIZE says. */
  constructor(lengthMax: number = FRAME_BYTES_DEFAULT) {
    this.#lengthMax = lengthMax;
  }

  /** A frame has begun to arrive, and has not ended. */
  get partial(): boolean {
    return this.#within || this.#headerBytes > 0;
  }

  /** Reads on from `at`. Returns where to go on, or -1 when a frame is too long. */
  step(bytes: Buffer, at: number, end: number): number {
    this.ready = false;
    let from = at;
    if (!this.#within) {
      from = this.#readHeader(bytes, at, end);
      if (!this.#within) return from;
    }
    return this.#readPayload(bytes, from, end);
  }

  #readHeader(bytes: Buffer, at: number, end: number): number {
    if (this.#headerBytes === 0 && end - at >= FRAME_HEADER_BYTES) {
      return this.#begin(bytes, at) ? at + FRAME_HEADER_BYTES : -1;
    }
    const taken = Math.min(FRAME_HEADER_BYTES - this.#headerBytes, end - at);
    bytes.copy(this.#header, this.#headerBytes, at, at + taken);
    this.#headerBytes += taken;
    if (this.#headerBytes < FRAME_HEADER_BYTES) return at + taken;
    this.#headerBytes = 0;
    return this.#begin(this.#header, 0) ? at + taken : -1;
  }

  /** The header at `at` is complete. */
  #begin(bytes: Buffer, at: number): boolean {
    this.length = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
    this.type = bytes[at + 3]!;
    this.flags = bytes[at + 4]!;
    // The first bit is reserved and means nothing (RFC 9113 4.1).
    this.stream =
      ((bytes[at + 5]! & 0x7f) << 24) |
      (bytes[at + 6]! << 16) |
      (bytes[at + 7]! << 8) |
      bytes[at + 8]!;
    if (this.length > this.#lengthMax) return false;
    this.#within = true;
    this.#left = this.length;
    this.first = true;
    return true;
  }

  #readPayload(bytes: Buffer, at: number, end: number): number {
    const taken = Math.min(this.#left, end - at);
    const streamed = this.type === FrameType.data && (this.flags & Flag.padded) === 0;
    if (streamed) {
      if (taken === 0 && this.#left > 0) return at;
      this.first = this.#left === this.length;
    } else if (this.#held !== null || taken < this.#left) {
      return this.#gather(bytes, at, taken);
    }
    this.#left -= taken;
    this.#deliver(bytes, at, at + taken);
    return at + taken;
  }

  /** Another part of a payload that is handed over whole. */
  #gather(bytes: Buffer, at: number, taken: number): number {
    this.#held ??= Buffer.allocUnsafe(this.length);
    const held = this.#held;
    bytes.copy(held, this.length - this.#left, at, at + taken);
    this.#left -= taken;
    if (this.#left > 0) return at + taken;
    this.#held = null;
    this.#deliver(held, 0, this.length);
    return at + taken;
  }

  #deliver(bytes: Buffer, start: number, end: number): void {
    this.payload = bytes;
    this.payloadStart = start;
    this.payloadEnd = end;
    this.last = this.#left === 0;
    this.#within = !this.last;
    this.ready = true;
  }
}
