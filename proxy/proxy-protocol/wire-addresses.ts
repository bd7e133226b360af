/** Addresses as a header carries them: both of one family. */
import { formatIp, parseIp } from '../../src/os/ip-address.ts';
import type { ProxyAddresses } from './header.ts';

/** Two addresses of 4 bytes each, or of 16. */
export interface WireAddresses {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
}

const MAPPED_PREFIX = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);

/**
 * Null when nobody knows the source. A client is always named where it can be: a server takes a
 * header without one for the balancer itself, whom it may trust. So IPv4 beside IPv6 (a client of
 * IPv6 that a CDN brings over IPv4) is written as `::ffff:198.51.100.7`, and a destination that is
 * not known as zeros.
 */
export function wireAddresses(addresses: ProxyAddresses): WireAddresses | null {
  const source = parseIp(addresses.source);
  if (source === null) return null;
  const destination = parseIp(addresses.destination) ?? new Uint8Array(source.length);
  if (source.length === destination.length) return { source, destination };
  return { source: mapped(source), destination: mapped(destination) };
}

/** The text of an address in a header; of one that was mapped into IPv6, the IPv4 address. */
export function addressText(bytes: Uint8Array): string {
  const isMapped = bytes.length === 16 && MAPPED_PREFIX.every((byte, at) => byte === bytes[at]);
  return formatIp(isMapped ? bytes.subarray(MAPPED_PREFIX.length) : bytes);
}

function mapped(address: Uint8Array): Uint8Array {
  return address.length === 16 ? address : Uint8Array.of(...MAPPED_PREFIX, ...address);
}
