/** Values in a request's head, as byte ranges: of a header field, a cookie, a query parameter. */
import { ByteRange, findCookie } from '../http1/cookie.ts';
import { FIELD_STRIDE, type RequestHead } from '../http1/head.ts';
import { findParameter } from '../http1/query-parameter.ts';

/** Bytes [start, end) of `head.bytes`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

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

/** Finds the first cookie of that name. */
export function cookieValue(name: string): (head: RequestHead) => Range | null {
  return finder(name, findCookie);
}

/** Finds the first parameter of that name in the query, as written: nothing is decoded. */
export function queryValue(name: string): (head: RequestHead) => Range | null {
  return finder(name, findParameter);
}

/** What it returns is good until it is asked again. */
function finder(
  name: string,
  find: (head: RequestHead, name: Buffer, range: ByteRange) => boolean,
): (head: RequestHead) => Range | null {
  const wanted = Buffer.from(name, 'latin1');
  const range = new ByteRange();
  return (head) => (find(head, wanted, range) ? range : null);
}
