/**
 * Message heads as byte ranges. A head is scanned once, in place; what the scan finds out is kept as
 * offsets into the bytes, so a request makes no string and no object per field. One head object per
 * connection kind and thread is used over and over: it is valid until the next parse.
 *
 *     Name: value CR LF        nameStart nameEnd valueStart valueEnd, plus a known-field number
 */
import type { ProxyErrorCode } from '../errors.ts';
import { TOKEN_LOWER } from './characters.ts';

/** Numbers per field in `FieldSection.table`. */
export const FIELD_STRIDE = 5;

/** Set beside the field number: the line is not exactly `Name: value` and must be rewritten. */
export const IRREGULAR = 0x100;
/** Set beside the field number: not to be forwarded, be it known or not. */
export const DROPPED = 0x200;
/** What of the fifth number is the field. */
export const FIELD_MASK = 0xff;

/** What a parse function returns when the head is not complete yet. */
export const INCOMPLETE = 0;
/** What it returns when the head is refused; `error` says why. */
export const REFUSED = -1;

/** No field names. */
export const NO_NAMES: readonly string[] = [];

/** How much a head may take. */
export interface HeadLimits {
  readonly requestLineMax: number;
  readonly headBytesMax: number;
  readonly headerCountMax: number;
}

/** The header fields of one message. */
export class FieldSection {
  /** What all offsets point into. */
  bytes: Buffer = Buffer.alloc(0);
  /** First byte of the first field line. */
  fieldsStart = 0;
  /** First byte after the empty line. */
  end = 0;
  fieldCount = 0;
  /** `FIELD_STRIDE` numbers per field: name start, end, value start, end, field | flags. */
  table: Int32Array;
  /** Known fields that are there, and there more than once, as sets. */
  present = 0;
  repeated = 0;
  /** Any line that has to be rewritten or dropped for its form. */
  anyIrregular = false;
  error: ProxyErrorCode = 'bad_field';

  constructor(headerCountMax: number) {
    this.table = new Int32Array(headerCountMax * FIELD_STRIDE);
  }

  /** Is this known field there? */
  has(field: number): boolean {
    return (this.present & (1 << field)) !== 0;
  }

  /** The first field line with that number at or after `from`; -1 when there is none. */
  find(field: number, from = 0): number {
    for (let index = from; index < this.fieldCount; index++) {
      const kind = this.table[index * FIELD_STRIDE + 4]!;
      if ((kind & FIELD_MASK) === field) return index;
    }
    return -1;
  }

  /** As `find`, by a name in lower case; for the seldom paths. */
  findNamed(name: string, from = 0): number {
    for (let index = from; index < this.fieldCount; index++) {
      if (this.isNamed(index, name)) return index;
    }
    return -1;
  }

  /** Has this field line that name, which is in lower case? */
  isNamed(index: number, name: string): boolean {
    const start = this.table[index * FIELD_STRIDE]!;
    if (this.table[index * FIELD_STRIDE + 1]! - start !== name.length) return false;
    for (let at = 0; at < name.length; at++) {
      if (TOKEN_LOWER[this.bytes[start + at]!] !== name.charCodeAt(at)) return false;
    }
    return true;
  }

  valueStart(index: number): number {
    return this.table[index * FIELD_STRIDE + 2]!;
  }

  valueEnd(index: number): number {
    return this.table[index * FIELD_STRIDE + 3]!;
  }

  /** Sets IRREGULAR or DROPPED on a line after the scan. */
  mark(index: number, flag: number): void {
    this.table[index * FIELD_STRIDE + 4]! |= flag;
    this.anyIrregular = true;
  }

  /** A name as it came; for the seldom paths. */
  name(index: number): string {
    const base = index * FIELD_STRIDE;
    return this.bytes.toString('latin1', this.table[base]!, this.table[base + 1]!);
  }

  /** A value as text; for the seldom paths. */
  value(index: number): string {
    return this.bytes.toString('latin1', this.valueStart(index), this.valueEnd(index));
  }

  /** All values of a field, in order, as one list (RFC 9110 5.3); '' when there is none. */
  combined(field: number): string {
    const values: string[] = [];
    for (let at = this.find(field); at >= 0; at = this.find(field, at + 1)) {
      values.push(this.value(at));
    }
    return values.join(', ');
  }

  /** The values of all lines of that name, which is in lower case, in order; for the seldom paths. */
  valuesNamed(name: string): string[] {
    const values: string[] = [];
    for (let at = this.findNamed(name); at >= 0; at = this.findNamed(name, at + 1)) {
      values.push(this.value(at));
    }
    return values;
  }
}

/** How a message's body ends (RFC 9112 6.3). */
export const BodyKind = { none: 0, length: 1, chunked: 2, untilClose: 3 } as const;
export type BodyKind = (typeof BodyKind)[keyof typeof BodyKind];

/** What both kinds of head have beyond fields. */
export class MessageHead extends FieldSection {
  /** The start line, without CR LF. */
  lineStart = 0;
  lineEnd = 0;
  /** Minor version: 0 or 1. */
  minor = 1;
  bodyKind: BodyKind = BodyKind.none;
  /** Bytes of a body of kind `length`. */
  contentLength = 0;
  /** The sender wants to keep the connection after this message (RFC 9112 9.3). */
  keepAlive = true;
  /** The protocol the sender wants to go on in, lower case; '' for none, or none that may pass. */
  upgrade = '';
  /** Names beyond the usual that `Connection` wants removed, lower case; nearly always empty. */
  connectionNames: readonly string[] = NO_NAMES;
}

/** A request. */
export class RequestHead extends MessageHead {
  method = '';
  /** The origin-form target as it came, query included. */
  targetStart = 0;
  targetEnd = 0;
  /** Where the path ends: at the query or the end of the target. */
  pathEnd = 0;
  /** The path has percent-encodings, dot segments or empty segments, so it must be normalised. */
  pathNotable = false;
  /** The target is `*`, or that of an OPTIONS for an authority without a path. */
  asterisk = false;
  /** Authority of an absolute-form target; empty range otherwise. */
  authorityStart = 0;
  authorityEnd = 0;
  /** The one Host: of the absolute-form target if there is one. Empty in HTTP/1.0 without any. */
  hostStart = 0;
  hostEnd = 0;
  expectContinue = false;
  /** The client reads trailer fields (`TE: trailers`). */
  trailersWanted = false;
  /** Of `Max-Forwards`, which means something for OPTIONS only (TRACE is refused); -1: no bound. */
  hopsLeft = -1;
  /** `Via` says that it has passed us so often that it goes round in a circle. */
  looping = false;

  /** A copy with bytes of its own: this one is for the next request as soon as control is given back. */
  kept(): RequestHead {
    const copy = new RequestHead(0);
    const start = this.lineStart;
    Object.assign(copy, this);
    copy.bytes = Buffer.from(this.bytes.subarray(start, this.end));
    copy.table = this.table.slice(0, this.fieldCount * FIELD_STRIDE);
    for (const offset of OFFSETS) copy[offset] -= start;
    for (let at = 0; at < copy.table.length; at++) {
      if (at % FIELD_STRIDE !== FIELD_STRIDE - 1) copy.table[at]! -= start;
    }
    return copy;
  }
}

/** What of a request are places in its bytes. */
const OFFSETS = [
  'lineStart',
  'lineEnd',
  'fieldsStart',
  'end',
  'targetStart',
  'targetEnd',
  'pathEnd',
  'authorityStart',
  'authorityEnd',
  'hostStart',
  'hostEnd',
] as const;

/** A response. */
export class ResponseHead extends MessageHead {
  status = 0;
  /** It came over HTTP/2, and says here what it would over HTTP/1.1. */
  http2 = false;
}
