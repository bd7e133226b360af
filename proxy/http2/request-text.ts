/**
 * A request of HTTP/2 as the head of HTTP/1.1 that says the same (RFC 9113 8.3.1, RFC 9112), so that one
 * strict parser judges both and everything behind it knows one kind of request only. What could mean
 * one thing here and another there is refused before it is written:
 *
 *     :method :path        POST /x HTTP/1.1          pseudo-fields first, each once, none unknown
 *     :authority           host: a.example           a Host field that says something else is refused
 *     cookie, cookie       cookie: a=1; b=2          one line, as HTTP/1 wants it
 *     (no length)          transfer-encoding: chunked
 */
import { SLASH, TARGET, TOKEN_LOWER } from '../http1/characters.ts';
import { copy } from '../http1/copy-bytes.ts';
import { FieldKind } from './field-kind.ts';
import type { FieldSink } from './hpack/decoder.ts';
import type { FieldLine } from './hpack/field-line.ts';

/** Beside method, target and authority: spaces, version, name of the host, line ends. */
const START_FRAMING_BYTES = 32;
/** A method, and lines that we add. */
const METHOD_BYTES_MAX = 64;
const ADDED_BYTES_MAX = 64;

const VERSION_AND_HOST = Buffer.from(' HTTP/1.1\r\nhost: ');
const VERSION = Buffer.from(' HTTP/1.1\r\n');
const LINE_END = Buffer.from('\r\n');
const CHUNKED = Buffer.from('transfer-encoding: chunked\r\n');
const NO_CONTENT = Buffer.from('content-length: 0\r\n');
const COOKIE = Buffer.from('cookie: ');
const COOKIE_JOINT = Buffer.from('; ');
const SPACE = 0x20;

/** Methods whose requests have content, so that one without says so (RFC 9110 8.6). */
const WITH_CONTENT: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/** What is wrong with a request, in words for a log. */
export type RequestFault =
  | 'a pseudo-field is unknown, repeated or out of place'
  | 'a pseudo-field is missing'
  | 'a field is of one connection in HTTP/1'
  | 'a field name or value is malformed'
  | 'TE is not trailers'
  | 'the method, the scheme or the path is malformed'
  | 'Host and :authority differ'
  | 'its length is announced, and it ends with its head';

/** Where requests of one listener are written; used up before the next. */
export class RequestText implements FieldSink {
  /** The text is in [start, end) of this after `finish`. */
  bytes: Buffer;
  start = 0;
  end = 0;
  /** The head is larger than allowed; what there is of it is not all. */
  tooLarge = false;
  /** The path alone is. */
  pathTooLong = false;
  readonly #headBytesMax: number;
  readonly #lineMax: number;
  /** Where the first field goes: before it is room for the request line and the host. */
  readonly #fieldsStart: number;
  #at = 0;
  #fault: RequestFault | null = null;
  /** An ordinary field has come. */
  #fields = false;
  #method = '';
  #scheme = '';
  readonly #path: Buffer;
  #pathLength = 0;
  readonly #authority: Buffer;
  #authorityLength = -1;
  #host: string | null = null;
  /** Crumbs, joined. */
  readonly #cookie: Buffer;
  #cookieLength = 0;
  #length = -1;

  /** `lineMax`: of the request line; `headBytesMax`: of the whole. */
  constructor(lineMax: number, headBytesMax: number) {
    this.#lineMax = lineMax;
    this.#headBytesMax = headBytesMax;
    this.#path = Buffer.allocUnsafe(lineMax);
    this.#authority = Buffer.allocUnsafe(lineMax);
    this.#cookie = Buffer.allocUnsafe(headBytesMax);
    this.#fieldsStart = 2 * lineMax + METHOD_BYTES_MAX + START_FRAMING_BYTES;
    this.bytes = Buffer.allocUnsafe(this.#fieldsStart + 2 * headBytesMax + ADDED_BYTES_MAX);
  }

  /** A new request. */
  begin(): void {
    this.#at = this.#fieldsStart;
    this.tooLarge = false;
    this.pathTooLong = false;
    this.#fault = null;
    this.#fields = false;
    this.#method = '';
    this.#scheme = '';
    this.#pathLength = 0;
    this.#authorityLength = -1;
    this.#host = null;
    this.#cookieLength = 0;
    this.#length = -1;
  }

  field(line: FieldLine): void {
    const { kind } = line;
    if (kind === FieldKind.plain) {
      this.#fields = true;
      this.#add(line);
      return;
    }
    if (kind >= FieldKind.method && kind <= FieldKind.protocol) {
      if (this.#fields) this.#refuse('a pseudo-field is unknown, repeated or out of place');
      else this.#pseudo(line);
      return;
    }
    this.#fields = true;
    this.#special(line);
  }

  /** Completes the head; `ends`: no content follows. Returns what is wrong with it, or null. */
  finish(ends: boolean): RequestFault | null {
    if (this.#fault !== null) return this.#fault;
    if (this.#method === '') return 'a pseudo-field is missing';
    const connect = this.#method === 'CONNECT';
    const missing = connect
      ? this.#authorityLength <= 0
      : this.#pathLength === 0 || this.#scheme === '';
    if (missing && !this.pathTooLong) return 'a pseudo-field is missing';
    if (connect && (this.#pathLength > 0 || this.#scheme !== '')) {
      return 'a pseudo-field is unknown, repeated or out of place';
    }
    if (this.#host !== null && this.#differs(this.#host)) return 'Host and :authority differ';
    if (ends && this.#length > 0) return 'its length is announced, and it ends with its head';
    this.#writeRest(ends);
    this.#writeStart(connect);
    return null;
  }

  #refuse(fault: RequestFault): void {
    this.#fault ??= fault;
  }

  /** Copies a line, unless the head has become too large. */
  #add({ bytes, start, end }: FieldLine): void {
    if (this.#at + end - start > this.#fieldsStart + this.#headBytesMax) {
      this.tooLarge = true;
      return;
    }
    this.#at = copy(bytes, start, end, this.bytes, this.#at);
  }

  #pseudo({ kind, bytes, nameEnd, end }: FieldLine): void {
    const start = nameEnd + 2;
    const valueEnd = end - 2;
    switch (kind) {
      case FieldKind.method:
        if (this.#method !== '' || !isToken(bytes, start, valueEnd)) this.#badStart();
        else this.#method = bytes.toString('latin1', start, valueEnd);
        return;
      case FieldKind.scheme:
        if (this.#scheme !== '') this.#badStart();
        this.#scheme = bytes.toString('latin1', start, valueEnd);
        if (this.#scheme !== 'http' && this.#scheme !== 'https') this.#badStart();
        return;
      case FieldKind.path:
        this.#takePath(bytes, start, valueEnd);
        return;
      case FieldKind.authority:
        this.#takeAuthority(bytes, start, valueEnd);
        return;
      default:
        this.#refuse('a pseudo-field is unknown, repeated or out of place');
    }
  }

  #badStart(): void {
    this.#refuse('the method, the scheme or the path is malformed');
  }

  #takePath(bytes: Buffer, start: number, end: number): void {
    if (this.#pathLength > 0 || this.pathTooLong) {
      this.#refuse('a pseudo-field is unknown, repeated or out of place');
      return;
    }
    const asterisk = end - start === 1 && bytes[start] === 0x2a;
    if (start === end || (bytes[start] !== SLASH && !asterisk)) this.#badStart();
    for (let at = start; at < end; at++) {
      if (TARGET[bytes[at]!] === 0) {
        this.#badStart();
        return;
      }
    }
    this.pathTooLong = end - start > this.#lineMax;
    if (this.pathTooLong) return;
    this.#pathLength = copy(bytes, start, end, this.#path, 0);
  }

  #takeAuthority(bytes: Buffer, start: number, end: number): void {
    if (this.#authorityLength >= 0) {
      this.#refuse('a pseudo-field is unknown, repeated or out of place');
      return;
    }
    if (end - start > this.#authority.length) {
      this.tooLarge = true;
      return;
    }
    this.#authorityLength = copy(bytes, start, end, this.#authority, 0);
  }

  /** A field with a meaning for the way itself. */
  #special(line: FieldLine): void {
    const { kind, bytes, nameEnd, end } = line;
    const start = nameEnd + 2;
    const valueEnd = end - 2;
    switch (kind) {
      case FieldKind.connection:
        this.#refuse('a field is of one connection in HTTP/1');
        return;
      case FieldKind.te:
        if (bytes.toString('latin1', start, valueEnd) !== 'trailers')
          this.#refuse('TE is not trailers');
        else this.#add(line);
        return;
      case FieldKind.host:
        if (this.#host !== null) this.#refuse('Host and :authority differ');
        this.#host = bytes.toString('latin1', start, valueEnd);
        return;
      case FieldKind.cookie:
        this.#addCrumb(bytes, start, valueEnd);
        return;
      case FieldKind.contentLength:
        this.#length = valueEnd - start === 1 && bytes[start] === 0x30 ? 0 : 1;
        this.#add(line);
        return;
      case FieldKind.expect:
        this.#add(line);
        return;
      default:
        this.#refuse('a field name or value is malformed');
    }
  }

  /** RFC 9113 8.2.3: what came in crumbs is one field again. */
  #addCrumb(bytes: Buffer, start: number, end: number): void {
    const length = this.#cookieLength;
    if (length + end - start + COOKIE_JOINT.length > this.#cookie.length) {
      this.tooLarge = true;
      return;
    }
    let at = length;
    if (length > 0) at = copy(COOKIE_JOINT, 0, COOKIE_JOINT.length, this.#cookie, at);
    this.#cookieLength = copy(bytes, start, end, this.#cookie, at);
  }

  #differs(host: string): boolean {
    if (this.#authorityLength <= 0) return false;
    const authority = this.#authority.toString('latin1', 0, this.#authorityLength);
    return authority.toLowerCase() !== host.toLowerCase();
  }

  /** What stands after the fields that came. */
  #writeRest(ends: boolean): void {
    const out = this.bytes;
    let at = this.#at;
    if (this.#cookieLength > 0) {
      at = copy(COOKIE, 0, COOKIE.length, out, at);
      at = copy(this.#cookie, 0, this.#cookieLength, out, at);
      at = copy(LINE_END, 0, 2, out, at);
      if (at > this.#fieldsStart + this.#headBytesMax) this.tooLarge = true;
    }
    if (this.#length < 0) {
      if (!ends) at = copy(CHUNKED, 0, CHUNKED.length, out, at);
      else if (WITH_CONTENT.has(this.#method)) at = copy(NO_CONTENT, 0, NO_CONTENT.length, out, at);
    }
    this.end = copy(LINE_END, 0, 2, out, at);
  }

  /** The request line and the host, so that they end where the fields begin. */
  #writeStart(connect: boolean): void {
    const out = this.bytes;
    const host = this.#hostBytes();
    const target = connect ? this.#authority : this.#path;
    const targetLength = connect ? this.#authorityLength : this.#pathLength;
    const framing = host === null ? VERSION : VERSION_AND_HOST;
    const hostLength = host === null ? 0 : this.#hostLength(host) + LINE_END.length;
    const length = this.#method.length + 1 + targetLength + framing.length + hostLength;
    if (this.#method.length > METHOD_BYTES_MAX) {
      this.tooLarge = true;
      return;
    }
    this.start = this.#fieldsStart - length;
    let at = this.start + out.write(this.#method, this.start, 'latin1');
    out[at++] = SPACE;
    at = copy(target, 0, targetLength, out, at);
    at = copy(framing, 0, framing.length, out, at);
    if (host === null) return;
    at = copy(host, 0, this.#hostLength(host), out, at);
    copy(LINE_END, 0, LINE_END.length, out, at);
  }

  /** Whom the client asked for; null: it does not say. */
  #hostBytes(): Buffer | null {
    if (this.#authorityLength > 0) return this.#authority;
    return this.#host === null ? null : Buffer.from(this.#host.slice(0, this.#lineMax), 'latin1');
  }

  #hostLength(host: Buffer): number {
    return host === this.#authority ? this.#authorityLength : host.length;
  }
}

function isToken(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (TOKEN_LOWER[bytes[at]!] === 0) return false;
  return end > start;
}
