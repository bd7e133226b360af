/** Values in a request's head, as byte ranges: of a header field, a cookie, a query parameter. */
import { Field } from '../http1/fields.ts';
import { FIELD_STRIDE, type RequestHead } from '../http1/head.ts';

/** Bytes [start, end) of `head.bytes`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

const EQUALS = 0x3d;
const SEMICOLON = 0x3b;
const SPACE = 0x20;
const AMPERSAND = 0x26;

/** Finds the first field of that name, in any case. */
export function fieldValue(name: string): (head: RequestHead) => Range | null {
  const lower = Buffer.from(name.toLowerCase(), 'latin1');
  return (head) => {
    const { bytes, table } = head;
    for (let index = 0; index < head.fieldCount; index++) {
      const at = index * FIELD_STRIDE;
      if (isName(bytes, table[at]!, table[at + 1]!, lower)) {
        return { start: table[at + 2]!, end: table[at + 3]! };
      }
    }
    return null;
  };
}

function isName(bytes: Buffer, start: number, end: number, lower: Buffer): boolean {
  if (end - start !== lower.length) return false;
  for (let index = 0; index < lower.length; index++) {
    const byte = bytes[start + index]!;
    const folded = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
    if (folded !== lower[index]) return false;
  }
  return true;
}

/** Finds the first cookie of that name (RFC 6265 4.2.1: `a=1; b=2`). */
export function cookieValue(name: string): (head: RequestHead) => Range | null {
  const wanted = Buffer.from(name, 'latin1');
  return (head) => {
    for (let at = head.find(Field.cookie); at >= 0; at = head.find(Field.cookie, at + 1)) {
      const [start, end] = [head.valueStart(at), head.valueEnd(at)];
      const found = pairValue(head.bytes, start, end, wanted, SEMICOLON);
      if (found !== null) return found;
    }
    return null;
  };
}

/** Finds the first parameter of that name in the query, as written: nothing is decoded. */
export function queryValue(name: string): (head: RequestHead) => Range | null {
  const wanted = Buffer.from(name, 'latin1');
  return (head) => {
    const start = head.pathEnd + 1;
    if (start >= head.targetEnd) return null;
    return pairValue(head.bytes, start, head.targetEnd, wanted, AMPERSAND);
  };
}

/** The value of `name=value` among pairs that `separator`, and perhaps spaces, keep apart. */
function pairValue(
  bytes: Buffer,
  start: number,
  end: number,
  name: Buffer,
  separator: number,
): Range | null {
  let at = start;
  while (at < end) {
    while (at < end && bytes[at] === SPACE) at++;
    const stop = bytes.indexOf(separator, at);
    const pairEnd = stop < 0 || stop > end ? end : stop;
    const equals = at + name.length;
    if (
      equals < pairEnd &&
      bytes[equals] === EQUALS &&
      bytes.compare(name, 0, name.length, at, equals) === 0
    ) {
      return { start: equals + 1, end: pairEnd };
    }
    at = pairEnd + 1;
  }
  return null;
}
