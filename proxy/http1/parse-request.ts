import type { ProxyErrorCode } from '../errors.ts';
import {
  ASTERISK,
  BACKSLASH,
  CR,
  DOT,
  LF,
  PERCENT,
  QUESTION,
  SLASH,
  SP,
  TARGET,
  TARGET_NOTABLE,
  TOKEN_LOWER,
} from './characters.ts';
import { type HeadLimits, INCOMPLETE, REFUSED, type RequestHead } from './head.ts';
import { judgeRequest } from './judge-request.ts';
import { DEFAULT_RULES, type RequestRules } from './request-rules.ts';
import { scanFields } from './scan-fields.ts';

/** Empty lines tolerated before a request line (RFC 9112 2.2). */
const EMPTY_LINES_MAX = 2;

/** `HTTP/1.1` */
const VERSION_LENGTH = 8;
const VERSION_PREFIX = Buffer.from('HTTP/');

/** Methods seen every day, so that they need no new string. */
const USUAL_METHODS = ['GET', 'POST', 'PUT', 'HEAD', 'PATCH', 'DELETE', 'OPTIONS'].map((name) => ({
  name,
  bytes: Buffer.from(name),
}));

/**
 * Parses a request head out of bytes [start, end), strictly (RFC 9112 2-6). The outcome does not
 * depend on how the bytes arrived: a head is refused for its first fault, whenever that is seen.
 * Returns the offset of the first body byte, INCOMPLETE or REFUSED; never throws.
 */
export function parseRequest(
  head: RequestHead,
  bytes: Buffer,
  start: number,
  end: number,
  limits: HeadLimits,
  rules: RequestRules = DEFAULT_RULES,
): number {
  head.bytes = bytes;
  const line = skipEmptyLines(bytes, start, end);
  const limit = start + limits.headBytesMax;
  const lineLimit = Math.min(line + limits.requestLineMax, limit);
  const fields = scanRequestLine(head, line, Math.min(end, lineLimit));
  if (fields === REFUSED) return REFUSED;
  if (fields === INCOMPLETE) {
    return end >= lineLimit ? refuse(head, 'target_too_long') : INCOMPLETE;
  }
  const body = scanFields(head, fields, end, limit, limits.headerCountMax, rules.fields);
  if (body <= 0) return body;
  const fault = judgeRequest(head, rules);
  return fault === null ? body : refuse(head, fault);
}

function skipEmptyLines(bytes: Buffer, start: number, end: number): number {
  let at = start;
  for (let lines = 0; lines < EMPTY_LINES_MAX; lines++) {
    if (at + 1 >= end || bytes[at] !== CR || bytes[at + 1] !== LF) break;
    at += 2;
  }
  return at;
}

/** `method SP target SP HTTP/1.x CR LF`; returns the offset after it, INCOMPLETE or REFUSED. */
function scanRequestLine(head: RequestHead, start: number, stop: number): number {
  const { bytes } = head;
  let at = start;
  // A lone CR may be the first half of an empty line.
  if (at + 1 >= stop && (at >= stop || bytes[at] === CR)) return INCOMPLETE;
  while (at < stop && TOKEN_LOWER[bytes[at]!] !== 0) at++;
  if (at === stop) return INCOMPLETE;
  if (at === start || bytes[at] !== SP) return refuse(head, 'bad_request_line');
  head.lineStart = start;
  head.method = methodName(bytes, start, at);
  const targetEnd = scanTarget(head, at + 1, stop);
  if (targetEnd <= 0) return targetEnd;
  return scanVersion(head, targetEnd + 1, stop);
}

/** The target up to its space; returns where that is, INCOMPLETE or REFUSED. */
function scanTarget(head: RequestHead, start: number, stop: number): number {
  const { bytes } = head;
  let at = start;
  let previous = 0;
  let notable = false;
  let query = -1;
  while (at < stop) {
    const byte = bytes[at]!;
    const kind = TARGET[byte]!;
    if (kind === 0) break;
    if (query < 0) {
      if (kind === TARGET_NOTABLE) {
        if (byte === PERCENT || byte === BACKSLASH) notable = true;
        else if (previous === SLASH && (byte === DOT || byte === SLASH)) notable = true;
      } else if (byte === QUESTION) {
        query = at;
      }
      previous = byte;
    }
    at++;
  }
  if (at === stop) return INCOMPLETE;
  if (at === start) return refuse(head, 'bad_request_line');
  if (bytes[at] !== SP) {
    return refuse(head, bytes[at] === CR ? 'bad_request_line' : 'bad_target');
  }
  head.targetStart = start;
  head.targetEnd = at;
  head.pathEnd = query < 0 ? at : query;
  head.pathNotable = notable;
  head.authorityStart = 0;
  head.authorityEnd = 0;
  head.asterisk = bytes[start] === ASTERISK && at === start + 1;
  if (bytes[start] !== SLASH && !head.asterisk && !splitAbsoluteForm(head)) {
    // authority-form is for CONNECT only (RFC 9112 3.2.3); it has a host and no path.
    if (head.method !== 'CONNECT') return refuse(head, 'bad_target');
    head.authorityStart = start;
    head.authorityEnd = at;
    head.targetStart = at;
    head.pathEnd = at;
    head.pathNotable = true;
  }
  return at;
}

/** `http://authority/path`: cuts the authority off, leaves the origin form (RFC 9112 3.2.2). */
function splitAbsoluteForm(head: RequestHead): boolean {
  const { bytes, targetStart, targetEnd } = head;
  const scheme = bytes
    .toString('latin1', targetStart, Math.min(targetStart + 8, targetEnd))
    .toLowerCase();
  const length = scheme.startsWith('http://') ? 7 : scheme === 'https://' ? 8 : 0;
  if (length === 0) return false;
  head.authorityStart = targetStart + length;
  let at = head.authorityStart;
  while (at < targetEnd && bytes[at] !== SLASH && bytes[at] !== QUESTION) at++;
  head.authorityEnd = at;
  // Without a path there is nothing to forward in place; the normaliser supplies the slash.
  head.targetStart = at;
  head.pathNotable ||= at === targetEnd || bytes[at] !== SLASH;
  if (head.pathEnd < at) head.pathEnd = at;
  // RFC 9112 3.2.4: this is how `OPTIONS *` is written with an authority.
  if (at === targetEnd && head.method === 'OPTIONS') head.asterisk = true;
  return true;
}

/** `HTTP/1.1 CR LF` */
function scanVersion(head: RequestHead, start: number, stop: number): number {
  const { bytes } = head;
  const end = start + VERSION_LENGTH;
  for (let at = start; at < Math.min(stop, start + VERSION_PREFIX.length); at++) {
    if (bytes[at] !== VERSION_PREFIX[at - start]) return refuse(head, 'bad_request_line');
  }
  if (end + 2 > stop) {
    // What is there of it may already be wrong, but then it is so when the rest is there as well.
    return INCOMPLETE;
  }
  const major = bytes[end - 3]!;
  const minor = bytes[end - 1]!;
  if (!isDigit(major) || bytes[end - 2] !== DOT || !isDigit(minor)) {
    return refuse(head, 'bad_request_line');
  }
  if (bytes[end] !== CR || bytes[end + 1] !== LF) {
    return refuse(
      head,
      bytes[end] === LF || bytes[end] === CR ? 'bad_line_end' : 'bad_request_line',
    );
  }
  if (major !== 0x31 || minor > 0x31) return refuse(head, 'bad_version');
  head.minor = minor - 0x30;
  head.lineEnd = end;
  return end + 2;
}

function methodName(bytes: Buffer, start: number, end: number): string {
  for (const { name, bytes: usual } of USUAL_METHODS) {
    if (usual.length !== end - start || usual[0] !== bytes[start]) continue;
    let index = 1;
    while (index < usual.length && usual[index] === bytes[start + index]) index++;
    if (index === usual.length) return name;
  }
  return bytes.toString('latin1', start, end);
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function refuse(head: RequestHead, error: ProxyErrorCode): number {
  head.error = error;
  return REFUSED;
}
