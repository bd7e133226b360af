/** IP addresses between text and bytes in network order, without a name lookup anywhere. */
import { isIPv4, isIPv6 } from 'node:net';

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
  if (bytes.length === 4) {
    return bytes.join('.');
  }
  if (bytes.length !== 16) {
    throw new RangeError(`an IP address has 4 or 16 bytes, not ${bytes.length}`);
  }
  if (isIpv4Mapped(bytes)) {
    return `::ffff:${bytes.subarray(12).join('.')}`;
  }
  const values = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!);
  const run = longestZeroRun(values);
  const text = (part: number[]) => part.map((value) => value.toString(16)).join(':');
  if (run.length < 2) {
    return text(values);
  }
  return `${text(values.slice(0, run.start))}::${text(values.slice(run.start + run.length))}`;
}

function longestZeroRun(values: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (let i = 0; i <= values.length; i++) {
    if (i < values.length && values[i] === 0) {
      continue;
    }
    if (i - start > best.length) {
      best = { start, length: i - start };
    }
    start = i + 1;
  }
  return best;
}
