/**
 * The Internet checksum of RFC 1071, and the pseudo-headers VRRP sums with it.
 *
 * A sum stays "open" (32-bit, unfolded) until `fold`, so a pseudo-header and a message are added as
 * numbers and no bytes are copied together first.
 */

/** IP protocol number of VRRP. */
export const VRRP_PROTOCOL = 112;

/**
 * Adds 16-bit big-endian words to an open sum; an odd last byte counts as the high half of a word
 * (RFC 1071 section 4.1). Messages are far below the 64 Ki words at which 32 bits could overflow.
 */
export function addWords(bytes: Uint8Array, open = 0): number {
  let sum = open;
  const even = bytes.length & ~1;
  for (let i = 0; i < even; i += 2) sum += (bytes[i]! << 8) | bytes[i + 1]!;
  if (even < bytes.length) sum += bytes[even]! << 8;
  return sum;
}

/** Folds the carries of an open sum back in and returns the 16-bit one's complement checksum. */
export function fold(open: number): number {
  let sum = open;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

/**
 * Open sum of the pseudo-header. IPv4 (RFC 5798 section 5.2.8) and IPv6 (RFC 8200 section 8.1)
 * place length and protocol differently, but the words that are not zero are the same, and a sum
 * does not know where its words stood. `length` is that of the VRRP message in bytes.
 */
export function pseudoHeaderSum(
  source: Uint8Array,
  destination: Uint8Array,
  length: number,
): number {
  return addWords(destination, addWords(source)) + length + VRRP_PROTOCOL;
}
