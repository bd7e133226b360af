import { NINE, ZERO } from './characters.ts';
import { Field } from './fields.ts';
import { DROPPED, IRREGULAR, type MessageHead } from './head.ts';

/** Enough for 2^53 - 1; longer ones are refused before they lose precision. */
const DIGITS_MAX = 16;

/**
 * The value of `Content-Length`: decimal digits and nothing else, at most 2^53 - 1 (RFC 9110 8.6).
 * -1 for anything else, or when several fields differ; of several equal ones the first is forwarded.
 */
export function judgeLength(head: MessageHead): number {
  let length = -1;
  for (let at = head.find(Field.contentLength); at >= 0; ) {
    const value = decimal(head.bytes, head.valueStart(at), head.valueEnd(at));
    if (value < 0 || (length >= 0 && value !== length)) return -1;
    if (length >= 0) head.mark(at, DROPPED);
    const digits = head.valueEnd(at) - head.valueStart(at);
    if (digits > 1 && head.bytes[head.valueStart(at)] === ZERO) head.mark(at, IRREGULAR);
    length = value;
    at = head.find(Field.contentLength, at + 1);
  }
  return length;
}

/** Decimal digits and nothing else, up to 2^53 - 1; -1 for anything else. */
export function decimal(bytes: Buffer, start: number, end: number): number {
  if (start === end || end - start > DIGITS_MAX) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at]!;
    if (digit < ZERO || digit > NINE) return -1;
    value = value * 10 + digit - ZERO;
  }
  return value <= Number.MAX_SAFE_INTEGER ? value : -1;
}
