import { type ByteRange, startsWith } from './cookie.ts';
import type { RequestHead } from './head.ts';

const AMPERSAND = 0x26;
const EQUALS = 0x3d;

/**
 * Finds the value of the first parameter of that name in the query, as it is sent: nothing is decoded.
 * `from`: where in `head.bytes` to begin, behind another parameter. False when there is none.
 */
export function findParameter(
  head: RequestHead,
  name: Buffer,
  range: ByteRange,
  from = head.pathEnd + 1,
): boolean {
  const { bytes, targetEnd } = head;
  let at = from;
  while (at < targetEnd) {
    const valueStart = at + name.length + 1;
    const found =
      valueStart <= targetEnd && bytes[valueStart - 1] === EQUALS && startsWith(bytes, at, name);
    while (at < targetEnd && bytes[at] !== AMPERSAND) at++;
    if (found) {
      range.start = valueStart;
      range.end = at;
      return true;
    }
    at++;
  }
  return false;
}
