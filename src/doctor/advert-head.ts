/** What a VRRP advertisement says of its sender, read from a frame as far as it goes. */
import { formatIp } from '../os/ip-address.ts';

/** IANA's number for VRRP. */
export const VRRP_PROTOCOL = 112;

const ETHERNET_BYTES = 14;
const IPV6_BYTES = 40;
const HEAD_BYTES = 8;
const ADVERTISEMENT = 1;

/** The parts that tell who it is; neither checksum nor password is looked at. */
export interface AdvertHead {
  /** Canonical text, as all addresses. */
  readonly source: string;
  readonly version: number;
  readonly vrid: number;
  readonly priority: number;
  /** As many of its list as the frame has. */
  readonly addresses: readonly string[];
}

/** Out of an Ethernet frame of one family; null when it is no advertisement. Pure. */
export function advertHead(frame: Uint8Array, family: 4 | 6): AdvertHead | null {
  const packet = frame.subarray(ETHERNET_BYTES);
  const headerBytes = family === 4 ? ((packet[0] ?? 0) & 0x0f) * 4 : IPV6_BYTES;
  const protocol = packet[family === 4 ? 9 : 6];
  const message = packet.subarray(headerBytes);
  if (protocol !== VRRP_PROTOCOL || message.length < HEAD_BYTES) return null;
  const [first = 0, vrid = 0, priority = 0, count = 0] = message;
  if ((first & 0x0f) !== ADVERTISEMENT) return null;
  const bytes = family === 4 ? 4 : 16;
  const source = packet.subarray(...(family === 4 ? [12, 16] : [8, 24]));
  const addresses: string[] = [];
  for (let at = HEAD_BYTES; addresses.length < count && at + bytes <= message.length; at += bytes) {
    addresses.push(formatIp(message.subarray(at, at + bytes)));
  }
  return { source: formatIp(source), version: first >> 4, vrid, priority, addresses };
}
