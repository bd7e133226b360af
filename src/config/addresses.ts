/**
 * What kind of address one is, asked of its 4 or 16 bytes in network order. Zone identifiers
 * (`fe80::1%eth0`) never get here: interfaces have a key of their own in the config.
 */
import { formatIp, parseIp } from '../os/ip-address.ts';

export { isIpv4Mapped } from '../os/ip-address.ts';

/** The one text an address is compared by (RFC 5952 for IPv6), or null when it is none. */
export function canonicalIp(text: string): string | null {
  const bytes = parseIp(text);
  return bytes === null ? null : formatIp(bytes);
}

/** Address family of an address that is known to be one. */
export function familyOf(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4;
}

/** 127.0.0.0/8 and ::1. */
export function isLoopback(bytes: Uint8Array): boolean {
  return bytes.length === 4 ? bytes[0] === 127 : formatIp(bytes) === '::1';
}

/** 0.0.0.0 and ::, which a listener binds to mean every address of the family. */
export function isWildcard(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

/** fe80::/10. */
export function isLinkLocal6(bytes: Uint8Array): boolean {
  return bytes.length === 16 && bytes[0] === 0xfe && ((bytes[1] ?? 0) & 0xc0) === 0x80;
}

/** 224.0.0.0/4 and ff00::/8. */
export function isMulticast(bytes: Uint8Array): boolean {
  const first = bytes[0] ?? 0;
  return bytes.length === 4 ? first >= 224 && first <= 239 : first === 0xff;
}

/**
 * The bits after the prefix: all zero names the network itself, all one (IPv4) its broadcast
 * address. `none` when the prefix covers the whole address.
 */
export function hostBits(
  bytes: Uint8Array,
  prefixLength: number,
): 'none' | 'zeros' | 'ones' | 'mixed' {
  const total = bytes.length * 8 - prefixLength;
  let ones = 0;
  for (let bit = prefixLength; bit < bytes.length * 8; bit += 1) {
    ones += ((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1;
  }
  if (total === 0) return 'none';
  if (ones === 0) return 'zeros';
  return ones === total ? 'ones' : 'mixed';
}
