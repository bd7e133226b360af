import { ESCAPED_BYTES_MAX, type Escapes, JSON_ESCAPES, TEXT_ESCAPES } from './escaping.ts';
import { RESERVED_BYTES, VALUE_BYTES_MAX } from './limits.ts';

/** In which way values are written. */
export type LineStyle = 'json' | 'text';

const CUT = Buffer.from('...');
const ABSENT = { json: Buffer.from('null'), text: Buffer.from('-') } as const;
const ZERO = 0x30;
const QUOTE = 0x22;
const DOT = 0x2e;
const MINUS = 0x2d;
/** Copied byte by byte up to this length: cheaper than a call into the runtime. */
const LOOP_COPY_MAX = 32;
/** Texts up to this length are tried character by character. */
const SHORT_TEXT_MAX = 64;

/**
 * Puts values into a line, each in the one form that its style has: quoted and escaped in JSON,
 * escaped in a template. Never writes beyond its buffer: a value that is too long is cut, and a line
 * that does not fit for other reasons sets `overflowed`.
 */
export class LineWriter {
  readonly style: LineStyle;
  readonly bytes: Buffer;
  length = 0;
  /** Something other than a value did not fit: the line is of no use. */
  overflowed = false;
  readonly #escapes: Escapes;
  /** 1: the byte stands for itself. */
  readonly #plain: Uint8Array;
  readonly #json: boolean;

  /** `size` is at least twice `RESERVED_BYTES`. */
  constructor(style: LineStyle, size: number) {
    this.style = style;
    this.bytes = Buffer.allocUnsafeSlow(size);
    this.#json = style === 'json';
    this.#escapes = this.#json ? JSON_ESCAPES : TEXT_ESCAPES;
    this.#plain = Uint8Array.from(this.#escapes, (escaped) => (escaped === null ? 1 : 0));
  }

  /** Begins anew. */
  clear(): void {
    this.length = 0;
    this.overflowed = false;
  }

  /** Bytes [start, end) as they are: text of the format, or what was escaped before. */
  raw(bytes: Buffer, start: number, end: number): void {
    const size = end - start;
    if (size > this.bytes.length - this.length) {
      this.overflowed = true;
      return;
    }
    const out = this.bytes;
    let at = this.length;
    if (size > LOOP_COPY_MAX) bytes.copy(out, at, start, end);
    else for (let index = start; index < end; index++) out[at++] = bytes[index]!;
    this.length += size;
  }

  /** There is no such value. */
  none(): void {
    const absent = ABSENT[this.style];
    this.raw(absent, 0, absent.length);
  }

  /** A whole value out of bytes [start, end). */
  value(bytes: Uint8Array, start: number, end: number): void {
    this.open();
    this.piece(bytes, start, end);
    this.close();
  }

  /** A whole value; characters beyond ASCII are written as their UTF-8 bytes. */
  text(value: string): void {
    this.open();
    this.pieceOf(value);
    this.close();
  }

  /** Begins a value that consists of pieces. */
  open(): void {
    if (this.#json) this.#byte(QUOTE);
  }

  close(): void {
    if (this.#json) this.#byte(QUOTE);
  }

  /** Part of a value, escaped. */
  piece(bytes: Uint8Array, start: number, end: number): void {
    const room = Math.trunc((this.#room - RESERVED_BYTES) / ESCAPED_BYTES_MAX);
    const last = Math.min(end, start + Math.min(VALUE_BYTES_MAX, Math.max(0, room)));
    const escapes = this.#escapes;
    const plain = this.#plain;
    const out = this.bytes;
    let at = this.length;
    for (let index = start; index < last; index++) {
      const byte = bytes[index]!;
      if (plain[byte] === 1) {
        out[at++] = byte;
        continue;
      }
      const escaped = escapes[byte]!;
      for (let each = 0; each < escaped.length; each++) out[at++] = escaped[each]!;
    }
    this.length = at;
    if (last < end) this.raw(CUT, 0, CUT.length);
  }

  /** Part of a value. */
  pieceOf(text: string): void {
    const { length } = text;
    // Nearly every text of ours is short and plain: no buffer is made for it.
    if (length <= SHORT_TEXT_MAX && length < this.#room - RESERVED_BYTES) {
      const out = this.bytes;
      const plain = this.#plain;
      let at = this.length;
      let index = 0;
      for (; index < length; index++) {
        const code = text.charCodeAt(index);
        if (code > 0x7f || plain[code] === 0) break;
        out[at++] = code;
      }
      if (index === length) {
        this.length = at;
        return;
      }
    }
    const bytes = Buffer.from(text);
    this.piece(bytes, 0, bytes.length);
  }

  /** A whole number that JSON shows without quotes. */
  integer(value: number): void {
    this.#digits(Math.trunc(value), 1);
  }

  /** Milliseconds as seconds with three digits, `0.012`; JSON shows them without quotes. */
  seconds(milliseconds: number): void {
    const whole = Math.max(0, Math.round(milliseconds));
    this.#digits(Math.trunc(whole / 1000), 1);
    this.#byte(DOT);
    this.#digits(whole % 1000, 3);
  }

  get #room(): number {
    return this.bytes.length - this.length;
  }

  #byte(byte: number): void {
    if (this.#room < 1) this.overflowed = true;
    else this.bytes[this.length++] = byte;
  }

  /** At least `width` digits. */
  #digits(value: number, width: number): void {
    if (value < 0) this.#byte(MINUS);
    let rest = Math.abs(value);
    let size = 1;
    for (let above = 10; above <= rest; above *= 10) size++;
    size = Math.max(size, width);
    if (size > this.#room) {
      this.overflowed = true;
      return;
    }
    for (let at = this.length + size - 1; at >= this.length; at--) {
      this.bytes[at] = ZERO + (rest % 10);
      rest = Math.trunc(rest / 10);
    }
    this.length += size;
  }
}
