import { type DecodedHeader, INCOMPLETE, malformed } from './header.ts';
import { decodeVersion1, V1_PREFIX } from './version-1.ts';
import { decodeVersion2, V2_SIGNATURE } from './version-2.ts';

/**
 * Reads the header that bytes [start, end) begin with, of either version. `incomplete` as long as
 * they could still become one; bounded by the limits of the versions. Pure, never throws.
 */
export function decodeProxyHeader(bytes: Buffer, start: number, end: number): DecodedHeader {
  if (start >= end) return INCOMPLETE;
  if (beginsLike(V2_SIGNATURE, bytes, start, end)) return decodeVersion2(bytes, start, end);
  if (beginsLike(V1_PREFIX, bytes, start, end)) return decodeVersion1(bytes, start, end);
  return malformed('no PROXY header');
}

function beginsLike(prefix: Buffer, bytes: Buffer, start: number, end: number): boolean {
  const length = Math.min(prefix.length, end - start);
  return prefix.compare(bytes, start, start + length, 0, length) === 0;
}
