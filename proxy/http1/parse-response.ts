import { CR, FIELD_VALUE, LF, NINE, SP, ZERO } from './characters.ts';
import { judgeConnection } from './connection-field.ts';
import { judgeLength } from './content-length.ts';
import { Field, fieldSet } from './fields.ts';
import { BodyKind, INCOMPLETE, NO_NAMES, REFUSED, type ResponseHead } from './head.ts';
import { RESPONSE_RULES, scanFields } from './scan-fields.ts';

/** What a server may take for a head, and what was asked of it. */
export interface ResponseRules {
  readonly headBytesMax: number;
  readonly headerCountMax: number;
}

const VERSION_PREFIX = Buffer.from('HTTP/1.');
/** `HTTP/1.1 200` */
const STATUS_LENGTH = 12;

const NEEDS_THOUGHT = fieldSet(Field.contentLength, Field.transferEncoding, Field.connection);

/**
 * Parses a response head out of bytes [start, end), as strictly as a request's: what is not HTTP is
 * a 502, not a guess. `headRequest`: it answers HEAD, so no body follows whatever it says. Returns
 * the offset of the first body byte, INCOMPLETE or REFUSED; never throws.
 */
export function parseResponse(
  head: ResponseHead,
  bytes: Buffer,
  start: number,
  end: number,
  rules: ResponseRules,
  headRequest: boolean,
): number {
  head.bytes = bytes;
  head.error = 'bad_response';
  const limit = start + rules.headBytesMax;
  const fields = scanStatusLine(head, start, Math.min(end, limit));
  if (fields === REFUSED) return REFUSED;
  if (fields === INCOMPLETE) return end >= limit ? REFUSED : INCOMPLETE;
  const body = scanFields(head, fields, end, limit, rules.headerCountMax, RESPONSE_RULES);
  if (body <= 0) return body;
  return judgeResponse(head, headRequest) ? body : REFUSED;
}

/** `HTTP/1.x SP status SP reason CR LF`; the reason, and its space, may be missing. */
function scanStatusLine(head: ResponseHead, start: number, stop: number): number {
  const { bytes } = head;
  for (let at = start; at < Math.min(stop, start + VERSION_PREFIX.length); at++) {
    if (bytes[at] !== VERSION_PREFIX[at - start]) return REFUSED;
  }
  let at = start + STATUS_LENGTH;
  if (at >= stop) return INCOMPLETE;
  const minor = bytes[start + 7]! - ZERO;
  if (minor !== 0 && minor !== 1) return REFUSED;
  if (bytes[start + 8] !== SP) return REFUSED;
  const status = statusCode(bytes, start + 9);
  if (status < 0 || (bytes[at] !== SP && bytes[at] !== CR)) return REFUSED;
  while (at < stop && FIELD_VALUE[bytes[at]!] === 1) at++;
  if (at >= stop) return INCOMPLETE;
  if (bytes[at] !== CR) return REFUSED;
  if (at + 1 >= stop) return INCOMPLETE;
  if (bytes[at + 1] !== LF) return REFUSED;
  head.lineStart = start;
  head.lineEnd = at;
  head.minor = minor;
  head.status = status;
  return at + 2;
}

/** Three digits from 100 to 599; -1 for anything else. */
function statusCode(bytes: Buffer, at: number): number {
  let status = 0;
  for (let index = at; index < at + 3; index++) {
    const digit = bytes[index]!;
    if (digit < ZERO || digit > NINE) return -1;
    status = status * 10 + digit - ZERO;
  }
  return status >= 100 && status <= 599 ? status : -1;
}

/** RFC 9112 6.3, for responses. */
function judgeResponse(head: ResponseHead, headRequest: boolean): boolean {
  const { status } = head;
  head.keepAlive = head.minor === 1;
  head.upgrade = '';
  head.connectionNames = NO_NAMES;
  head.contentLength = 0;
  head.bodyKind = BodyKind.untilClose;
  // RFC 9110 15.3.6: a 205 has no content, and some clients read on right after its head.
  const bodiless =
    headRequest || status === 205 || status < 200 || status === 204 || status === 304;
  if ((head.present & NEEDS_THOUGHT) !== 0) {
    if (head.has(Field.connection) && !judgeConnection(head, null, '')) return false;
    if (!judgeBody(head)) return false;
  }
  if (!bodiless) return true;
  // What a 205 may have all the same is not read, so the connection ends with it.
  const empty = headRequest || (head.has(Field.contentLength) && head.contentLength === 0);
  if (status === 205 && !empty) head.keepAlive = false;
  head.bodyKind = BodyKind.none;
  return true;
}

function judgeBody(head: ResponseHead): boolean {
  if (head.has(Field.transferEncoding)) {
    const twice = (head.repeated & (1 << Field.transferEncoding)) !== 0;
    if (head.has(Field.contentLength) || head.minor === 0 || twice) return false;
    const coding = head.value(head.find(Field.transferEncoding)).toLowerCase();
    head.bodyKind = BodyKind.chunked;
    return coding === 'chunked';
  }
  if (!head.has(Field.contentLength)) return true;
  const length = judgeLength(head);
  head.contentLength = length;
  head.bodyKind = length > 0 ? BodyKind.length : BodyKind.none;
  return length >= 0;
}
