/** The hardware address that belongs to a virtual router, not to a host (RFC 9568 section 7.3). Pure. */
import type { VirtualRouterConfig } from '../../src/config/agent-config.ts';
import { VRRP_PROTOCOL } from './checksum.ts';
import { multicastGroup } from './multicast-group.ts';

const ETHERNET_BYTES = 14;
const HOP_LIMIT = 255;
/** Internetwork control (RFC 2474), as protocol 112 is sent elsewhere. */
const TRAFFIC_CLASS = 0xc0;

/** 00-00-5E-00-01-{VRID} for IPv4, 00-00-5E-00-02-{VRID} for IPv6. */
export function virtualMac(family: 4 | 6, vrid: number): Uint8Array {
  return Uint8Array.of(0x00, 0x00, 0x5e, 0x00, family === 4 ? 1 : 2, vrid);
}

/** The virtual MAC of a router that has one; absent in plain mode. */
export function virtualMacOf(
  config: Pick<VirtualRouterConfig, 'mode' | 'family' | 'vrid'>,
): Uint8Array | undefined {
  return config.mode === 'vmac' ? virtualMac(config.family, config.vrid) : undefined;
}

/**
 * The whole Ethernet frame of an advertisement to the group, sent from a virtual MAC while the IP
 * source is the host's own (section 7.2):
 *
 *     Ethernet  destination of the group | virtual MAC | type
 *     IPv4      20 bytes, TTL 255, protocol 112, header checksum     IPv6  40 bytes, hop limit 255
 *     message   checksum included
 */
export function encodeAdvertisementFrame(
  mac: Uint8Array,
  source: Uint8Array,
  message: Uint8Array,
): Uint8Array {
  const family = source.length === 4 ? 4 : 6;
  const group = multicastGroup(family);
  const header =
    family === 4 ? ipv4Header(source, group, message) : ipv6Header(source, group, message);
  const frame = new Uint8Array(ETHERNET_BYTES + header.length + message.length);
  frame.set(groupMac(group), 0);
  frame.set(mac, 6);
  frame.set(family === 4 ? [0x08, 0x00] : [0x86, 0xdd], 12);
  frame.set(header, ETHERNET_BYTES);
  frame.set(message, ETHERNET_BYTES + header.length);
  return frame;
}

/** RFC 1112 section 6.4 and RFC 2464 section 7. */
function groupMac(group: Uint8Array): Uint8Array {
  if (group.length === 16) return Uint8Array.of(0x33, 0x33, ...group.subarray(12));
  return Uint8Array.of(0x01, 0x00, 0x5e, (group[1] ?? 0) & 0x7f, ...group.subarray(2));
}

function ipv4Header(source: Uint8Array, group: Uint8Array, message: Uint8Array): Uint8Array {
  const header = new Uint8Array(20);
  const view = new DataView(header.buffer);
  header.set([0x45, TRAFFIC_CLASS], 0);
  view.setUint16(2, header.length + message.length);
  header.set([HOP_LIMIT, VRRP_PROTOCOL], 8);
  header.set(source, 12);
  header.set(group, 16);
  let sum = 0;
  for (let at = 0; at < header.length; at += 2) sum += view.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(10, ~sum & 0xffff);
  return header;
}

function ipv6Header(source: Uint8Array, group: Uint8Array, message: Uint8Array): Uint8Array {
  const header = new Uint8Array(40);
  header.set([0x60 | (TRAFFIC_CLASS >> 4), (TRAFFIC_CLASS << 4) & 0xff], 0);
  new DataView(header.buffer).setUint16(4, message.length);
  header.set([VRRP_PROTOCOL, HOP_LIMIT], 6);
  header.set(source, 8);
  header.set(group, 24);
  return header;
}
