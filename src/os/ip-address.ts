/** IP addresses between text and bytes in network order, without a name lookup anywhere. */
import { isIPv4, isIPv6 } from 'node:net';

/** Of 16 bits, in an IPv6 address. */
const GROUPS = 8;

/** 4 or 16 bytes of an address in text form; null when it is not one. A zone is not accepted. */
export function parseIp(text: string): Uint8Array | null {
  if (isIPv4(text)) {
    return Uint8Array.from(text.split('.'), Number);
  }
  if (!isIPv6(text) || text.includes('%')) {
    return null;
  }
  const [head = '', tail] = text.split('::');
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const bytes = new Uint8Array(16);
  bytes.set(before, 0);
  bytes.set(after, 16 - after.length);
  return bytes;
}

/** Is this an address of ::ffff:0:0/96, IPv4 in IPv6's clothes? */
export function isIpv4Mapped(bytes: Uint8Array): boolean {
  if (bytes.length !== 16 || bytes[10] !== 0xff || bytes[11] !== 0xff) return false;
  return bytes.subarray(0, 10).every((byte) => byte === 0);
}

/** Bytes of colon-separated groups; the last may be a dotted quad. */
function groups(text: string): number[] {
  if (text === '') {
    return [];
  }
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) {
      return group.split('.').map(Number);
    }
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

/**
 * Canonical text of 4 or 16 bytes; IPv6 as in RFC 5952 (lower case, the longest run of at least two
 * zero groups shortened, an IPv4-mapped address with its dotted quad).
 */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return dottedQuad(bytes, 0);
  if (bytes.length !== 16) {
    throw new RangeError(`an IP address has 4 or 16 bytes, not ${bytes.length}`);
  }
  if (isIpv4Mapped(bytes)) return `::ffff:${dottedQuad(bytes, 12)}`;
  const run = longestZeroRun(bytes);
  if (run.length < 2) return textOf(bytes, 0, GROUPS);
  return `${textOf(bytes, 0, run.start)}::${textOf(bytes, run.start + run.length, GROUPS)}`;
}

function dottedQuad(bytes: Uint8Array, at: number): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}

function group(bytes: Uint8Array, index: number): number {
  return (bytes[2 * index]! << 8) | bytes[2 * index + 1]!;
}

/** Text of the groups from one to before another. */
function textOf(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let index = from; index < to; index++) {
    text += `${index === from ? '' : ':'}${group(bytes, index).toString(16)}`;
  }
  return text;
}

function longestZeroRun(bytes: Uint8Array): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (let i = 0; i <= GROUPS; i++) {
    if (i < GROUPS && group(bytes, i) === 0) {
      continue;
    }
    if (i - start > best.length) {
      best = { start, length: i - start };
    }
    start = i + 1;
  }
  return best;
}
