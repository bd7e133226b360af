/**
 * A response of HTTP/2 as the head of HTTP/1.1 that says the same, so that one strict parser judges
 * both (RFC 9113 8.3.2).
 */
import { RESPONSE_HEAD_BYTES_MAX } from '../limits.ts';
import { FieldKind } from './field-kind.ts';
import type { FieldSink } from './hpack/decoder.ts';
import type { FieldLine } from './hpack/field-line.ts';

/** `HTTP/1.1 200 CR LF`, with the space that comes before a reason. */
const STATUS_LINE = Buffer.from('HTTP/1.1 000 \r\n');
const STATUS_AT = 9;
const STATUS_LENGTH = 3;

const CHUNKED = Buffer.from('transfer-encoding: chunked\r\n');
const NO_CONTENT = Buffer.from('content-length: 0\r\n');
const LINE_END = Buffer.from('\r\n');
const ADDED_BYTES_MAX = 64;

/** Where responses are written; used up before the next. */
export class ResponseText implements FieldSink {
  /** The text is in [0, end) after `finish`. */
  readonly bytes = Buffer.alloc(RESPONSE_HEAD_BYTES_MAX + ADDED_BYTES_MAX);
  end = 0;
  status = 0;
  #bad = false;
  #fields = false;
  #length = false;

  /** A new response. */
  begin(): void {
    STATUS_LINE.copy(this.bytes, 0);
    this.end = STATUS_LINE.length;
    this.status = 0;
    this.#bad = false;
    this.#fields = false;
    this.#length = false;
  }

  field(line: FieldLine): void {
    const { kind } = line;
    if (kind === FieldKind.status) {
      this.#takeStatus(line);
      return;
    }
    this.#fields = true;
    if (kind === FieldKind.connection || kind === FieldKind.malformed) this.#bad = true;
    else if (kind >= FieldKind.method && kind <= FieldKind.protocol) this.#bad = true;
    else this.#add(line);
    if (kind === FieldKind.contentLength) this.#length = true;
  }

  /** Completes the head; `ends`: no content follows. False: it is no response. */
  finish(ends: boolean, headRequest: boolean): boolean {
    if (this.#bad || this.status === 0) return false;
    const { status } = this;
    const bodiless = headRequest || status < 200 || status === 204 || status === 304;
    // Without a length HTTP/1 would read on until the connection ends.
    if (!this.#length && !bodiless) this.#append(ends ? NO_CONTENT : CHUNKED);
    this.#append(LINE_END);
    return true;
  }

  #takeStatus({ bytes, nameEnd, end }: FieldLine): void {
    const start = nameEnd + 2;
    if (this.#fields || this.status !== 0 || end - 2 - start !== STATUS_LENGTH) {
      this.#bad = true;
      return;
    }
    bytes.copy(this.bytes, STATUS_AT, start, start + STATUS_LENGTH);
    this.status = Number(bytes.toString('latin1', start, start + STATUS_LENGTH)) || 0;
  }

  #add({ bytes, start, end }: FieldLine): void {
    if (this.end + end - start > RESPONSE_HEAD_BYTES_MAX) {
      this.#bad = true;
      return;
    }
    this.end += bytes.copy(this.bytes, this.end, start, end);
  }

  #append(text: Buffer): void {
    this.end += text.copy(this.bytes, this.end);
  }
}
