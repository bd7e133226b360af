/** Cookies of a request (RFC 6265 5.4), found where they stand. */
import { HTAB, SEMICOLON, SP } from './characters.ts';
import { Field } from './fields.ts';
import type { RequestHead } from './head.ts';

const EQUALS = 0x3d;

/** A part of a head's bytes, written by those who look for one. */
export class ByteRange {
  start = 0;
  end = 0;
}

/**
 * Finds the value of the first cookie of that name, quotes included; false when there is none. No
 * browser sends blanks around name and value; many servers ignore them, so whoever limits or chooses by
 * a cookie has to see it all the same.
 */
export function findCookie(head: RequestHead, name: Buffer, range: ByteRange): boolean {
  if (!head.has(Field.cookie)) return false;
  for (let line = head.find(Field.cookie); line >= 0; line = head.find(Field.cookie, line + 1)) {
    if (findPair(head.bytes, head.valueStart(line), head.valueEnd(line), name, range)) return true;
  }
  return false;
}

function findPair(
  bytes: Buffer,
  start: number,
  end: number,
  name: Buffer,
  range: ByteRange,
): boolean {
  let at = start;
  while (at < end) {
    if (isSpace(bytes[at]!)) {
      at++;
      continue;
    }
    let equals = at + name.length;
    const named = equals < end && startsWith(bytes, at, name);
    while (named && equals < end && isSpace(bytes[equals]!)) equals++;
    while (at < end && bytes[at] !== SEMICOLON) at++;
    if (named && equals < at && bytes[equals] === EQUALS) {
      range.start = equals + 1;
      range.end = at;
      while (range.start < range.end && isSpace(bytes[range.start]!)) range.start++;
      while (range.end > range.start && isSpace(bytes[range.end - 1]!)) range.end--;
      return true;
    }
    at++;
  }
  return false;
}

/** Do the bytes at `at` begin with these? The caller has made sure that there are as many. */
export function startsWith(bytes: Buffer, at: number, wanted: Buffer): boolean {
  for (let index = 0; index < wanted.length; index++) {
    if (bytes[at + index] !== wanted[index]) return false;
  }
  return true;
}

function isSpace(byte: number): boolean {
  return byte === SP || byte === HTAB;
}
