/**
 * IP addresses: text to bytes and back to the one canonical text (RFC 5952), which is what the rest
 * of the program compares. Zone identifiers (`fe80::1%eth0`) are refused: interfaces have a key of
 * their own in the config.
 */
import { isIPv4, isIPv6 } from 'node:net';

/** One IP address; `bytes` are 4 or 16, in network order. */
export interface IpAddress {
  readonly family: 4 | 6;
  readonly bytes: Uint8Array;
}

/** The address, or null when the text is not one. */
export function parseIp(text: string): IpAddress | null {
  if (isIPv4(text)) return { family: 4, bytes: ipv4Bytes(text) };
  if (!text.includes('%') && isIPv6(text)) return { family: 6, bytes: ipv6Bytes(text) };
  return null;
}

function ipv4Bytes(text: string): Uint8Array {
  return Uint8Array.from(text.split('.'), Number);
}

/** `text` is known to be valid, so at most one `::` and a dotted tail only at the end. */
function ipv6Bytes(text: string): Uint8Array {
  const [head = '', tail] = text.split('::');
  const left = ipv6Groups(head);
  const right = tail === undefined ? [] : ipv6Groups(tail);
  const bytes = new Uint8Array(16);
  bytes.set(left, 0);
  bytes.set(right, 16 - right.length);
  return bytes;
}

function ipv6Groups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return [...ipv4Bytes(group)];
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

/** Canonical text: dotted quad, or RFC 5952 for IPv6 (IPv4-mapped addresses keep a dotted tail). */
export function formatIp(address: IpAddress): string {
  const { bytes } = address;
  if (address.family === 4) return bytes.join('.');
  if (isIpv4Mapped(address)) return `::ffff:${bytes.subarray(12).join('.')}`;
  const groups: number[] = [];
  for (let at = 0; at < 16; at += 2) groups.push(((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
  const zeros = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (zeros === null) return hex.join(':');
  return `${hex.slice(0, zeros.start).join(':')}::${hex.slice(zeros.end).join(':')}`;
}

/** First of the longest runs of two or more zero groups (RFC 5952 section 4.2). */
function longestZeroRun(groups: readonly number[]): { start: number; end: number } | null {
  let best: { start: number; end: number } | null = null;
  let start = 0;
  for (let at = 0; at <= groups.length; at += 1) {
    if (groups[at] === 0) continue;
    const length = at - start;
    if (length >= 2 && (best === null || length > best.end - best.start)) best = { start, end: at };
    start = at + 1;
  }
  return best;
}

/** True for `::ffff:0:0/96`, IPv4 in IPv6's clothes. */
export function isIpv4Mapped({ family, bytes }: IpAddress): boolean {
  return (
    family === 6 &&
    bytes.subarray(0, 10).every((byte) => byte === 0) &&
    bytes[10] === 0xff &&
    bytes[11] === 0xff
  );
}

/** 127.0.0.0/8 and ::1. */
export function isLoopback(address: IpAddress): boolean {
  return address.family === 4 ? address.bytes[0] === 127 : formatIp(address) === '::1';
}

/** 0.0.0.0 and ::, which a listener binds to mean every address of the family. */
export function isWildcard({ bytes }: IpAddress): boolean {
  return bytes.every((byte) => byte === 0);
}

/** fe80::/10. */
export function isLinkLocal6({ family, bytes }: IpAddress): boolean {
  return family === 6 && bytes[0] === 0xfe && ((bytes[1] ?? 0) & 0xc0) === 0x80;
}

/** 224.0.0.0/4 and ff00::/8. */
export function isMulticast({ family, bytes }: IpAddress): boolean {
  const first = bytes[0] ?? 0;
  return family === 4 ? first >= 224 && first <= 239 : first === 0xff;
}

/** Bits after the prefix: all zero names the network, all one (IPv4) its broadcast address. */
export function hostBits(address: IpAddress, prefixLength: number): 'zeros' | 'ones' | 'mixed' {
  let ones = 0;
  const total = address.bytes.length * 8 - prefixLength;
  for (let bit = prefixLength; bit < address.bytes.length * 8; bit += 1) {
    ones += ((address.bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1;
  }
  if (total === 0) return 'mixed';
  if (ones === 0) return 'zeros';
  return ones === total ? 'ones' : 'mixed';
}
