/**
 * Takes the framing off a body, over however many reads (RFC 9112 6, 7.1).
 *
 *     while (at < end && !decoder.done) {
 *       at = decoder.step(bytes, at, end);
 *       if (at < 0) ...malformed...
 *       bytes [decoder.dataStart, decoder.dataEnd) are content
 *     }
 *
 * Chunks are read as strictly as heads: the size is hexadecimal digits and nothing else, every line
 * ends with CR LF, data ends where the size says. Extensions are checked, bounded and dropped: no
 * origin and no client sees anything but our own framing. So are trailers, unless they are asked for.
 */
import { CHUNK_EXTENSION_BYTES_MAX, TRAILER_BYTES_MAX } from '../limits.ts';
import { COLON, CR, FIELD_VALUE, HEX_VALUE, LF, SEMICOLON, TOKEN_LOWER } from './characters.ts';
import { NO_LINES } from './extra-lines.ts';
import { BodyKind } from './head.ts';

/** Hexadecimal digits of a chunk size; 2^53 needs 14, zeros may lead. */
const SIZE_DIGITS_MAX = 16;

const State = {
  identity: 0,
  sizeStart: 1,
  size: 2,
  extension: 3,
  sizeLf: 4,
  data: 5,
  dataCr: 6,
  dataLf: 7,
  lineStart: 8,
  trailerName: 9,
  trailerValue: 10,
  trailerLf: 11,
  lastLf: 12,
} as const;
type State = (typeof State)[keyof typeof State];

/** One body at a time; `begin` starts the next. */
export class BodyDecoder {
  /** The content found by the last `step`; may be empty. */
  dataStart = 0;
  dataEnd = 0;
  /** The body is complete; bytes after it are another message's. */
  done = true;
  #state: State = State.identity;
  #untilClose = false;
  /** Bytes left of the body or the chunk. */
  #left = 0;
  #digits = 0;
  #extensionBytes = 0;
  #trailerBytes = 0;
  readonly #keepsTrailers: boolean;
  #trailers: Buffer | null = null;

  /** `keepsTrailers`: the trailer lines are wanted, not only checked. */
  constructor(keepsTrailers = false) {
    this.#keepsTrailers = keepsTrailers;
  }

  /** The trailer lines of a body that is complete, CR LF included; empty when there were none. */
  get trailers(): Buffer {
    // The line end that closes the section is no line.
    return this.#trailers?.subarray(0, this.#trailerBytes - 1) ?? NO_LINES;
  }

  /** Expects a body of that kind; `length` is for kind `length`. */
  begin(kind: BodyKind, length: number): void {
    this.done = kind === BodyKind.none;
    this.#untilClose = kind === BodyKind.untilClose;
    this.#state = kind === BodyKind.chunked ? State.sizeStart : State.identity;
    this.#left = kind === BodyKind.length ? length : 0;
    this.#extensionBytes = 0;
    this.#trailerBytes = 0;
    this.#trailers = null;
  }

  /** The peer has ended. Is that the end of the body? */
  endsWithConnection(): boolean {
    return this.done || this.#untilClose;
  }

  /** Reads on from `at`. Returns where to go on, or -1 when the body is malformed. */
  step(bytes: Buffer, at: number, end: number): number {
    this.dataStart = at;
    this.dataEnd = at;
    if (this.#state === State.data || this.#state === State.identity) {
      return this.#takeData(at, end);
    }
    return this.#stepFraming(bytes, at, end);
  }

  #takeData(at: number, end: number): number {
    const available = end - at;
    if (this.#untilClose) {
      this.dataEnd = end;
      return end;
    }
    const taken = Math.min(available, this.#left);
    this.#left -= taken;
    this.dataEnd = at + taken;
    if (this.#left === 0) {
      if (this.#state === State.identity) this.done = true;
      else this.#state = State.dataCr;
    }
    return at + taken;
  }

  /** Everything up to the next data, the end of the body, or the end of the bytes. */
  #stepFraming(bytes: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end) {
      const next = this.#nextState(bytes[at]!);
      if (next < 0) return -1;
      at++;
      this.#state = next as State;
      if (this.done) return at;
      if (next === State.data) {
        this.dataStart = at;
        this.dataEnd = at;
        return this.#takeData(at, end);
      }
    }
    this.dataStart = at;
    this.dataEnd = at;
    return at;
  }

  /** The state after one byte of framing; -1 refuses it. */
  #nextState(byte: number): number {
    switch (this.#state) {
      case State.sizeStart:
      case State.size:
        return this.#sizeByte(byte);
      case State.extension:
        if (byte === CR) return State.sizeLf;
        this.#extensionBytes++;
        if (this.#extensionBytes > CHUNK_EXTENSION_BYTES_MAX) return -1;
        return FIELD_VALUE[byte] === 1 ? State.extension : -1;
      case State.sizeLf:
        if (byte !== LF) return -1;
        return this.#left === 0 ? State.lineStart : State.data;
      case State.dataCr:
        return byte === CR ? State.dataLf : -1;
      case State.dataLf:
        return byte === LF ? State.sizeStart : -1;
      case State.lastLf:
        this.done = byte === LF;
        return this.done ? State.identity : -1;
      default:
        return this.#trailerByte(byte);
    }
  }

  #sizeByte(byte: number): number {
    const digit = HEX_VALUE[byte]!;
    if (digit !== 0xff) {
      if (this.#state === State.sizeStart) {
        this.#left = 0;
        this.#digits = 0;
      }
      this.#left = this.#left * 16 + digit;
      this.#digits++;
      const tooLarge = this.#digits > SIZE_DIGITS_MAX || this.#left > Number.MAX_SAFE_INTEGER;
      return tooLarge ? -1 : State.size;
    }
    if (this.#state === State.sizeStart) return -1;
    if (byte === CR) return State.sizeLf;
    return byte === SEMICOLON ? State.extension : -1;
  }

  #keep(byte: number): void {
    if (this.#trailers === null) {
      // Nearly every section is empty.
      if (byte === CR) return;
      this.#trailers = Buffer.allocUnsafe(TRAILER_BYTES_MAX);
    }
    this.#trailers[this.#trailerBytes - 1] = byte;
  }

  #trailerByte(byte: number): number {
    this.#trailerBytes++;
    if (this.#trailerBytes > TRAILER_BYTES_MAX) return -1;
    if (this.#keepsTrailers) this.#keep(byte);
    switch (this.#state) {
      case State.lineStart:
        if (byte === CR) return State.lastLf;
        return TOKEN_LOWER[byte] !== 0 ? State.trailerName : -1;
      case State.trailerName:
        if (byte === COLON) return State.trailerValue;
        return TOKEN_LOWER[byte] !== 0 ? State.trailerName : -1;
      case State.trailerValue:
        if (byte === CR) return State.trailerLf;
        return FIELD_VALUE[byte] === 1 ? State.trailerValue : -1;
      default:
        return byte === LF ? State.lineStart : -1;
    }
  }
}
