/**
 * Tells the neighbours which hardware address has a virtual IPv6 address now (RFC 4861 section
 * 4.4, as RFC 9568 section 6.4.2 asks: Router 1, Solicited 0, Override 1). Pure.
 *
 *     Ethernet  destination 33:33:00:00:00:01 | source | type 0x86dd
 *     IPv6      hop limit 255 | source = the address | destination ff02::1 (all nodes)
 *     ICMPv6    type 136 | code 0 | checksum | flags R, O | target = the address
 *               option 2 (target link-layer address), length 1 (8 bytes) | MAC
 */
import { addWords, fold } from './checksum.ts';

const ICMPV6 = 58;
const IPV6_OFFSET = 14;
const ICMP_OFFSET = IPV6_OFFSET + 40;
const ICMP_BYTES = 32;
const NEIGHBOUR_ADVERTISEMENT = 136;
const FLAGS_ROUTER_OVERRIDE = 0xa0;
const OPTION_TARGET_LINK_LAYER = 2;

/** The frame for `ip` (16 bytes) at `mac` (6 bytes), without the checksum the card appends. */
export function encodeUnsolicitedNa(mac: Uint8Array, ip: Uint8Array): Uint8Array {
  if (mac.length !== 6 || ip.length !== 16) {
    throw new RangeError(
      `a MAC has 6 bytes and an IPv6 address 16, not ${mac.length}, ${ip.length}`,
    );
  }
  const frame = new Uint8Array(ICMP_OFFSET + ICMP_BYTES);
  frame.set([0x33, 0x33, 0, 0, 0, 1], 0);
  frame.set(mac, 6);
  frame.set([0x86, 0xdd], 12);
  frame.set([0x60, 0, 0, 0, 0, ICMP_BYTES, ICMPV6, 255], IPV6_OFFSET);
  frame.set(ip, IPV6_OFFSET + 8);
  frame.set([0xff, 0x02], IPV6_OFFSET + 24);
  frame[IPV6_OFFSET + 39] = 1;
  frame[ICMP_OFFSET] = NEIGHBOUR_ADVERTISEMENT;
  frame[ICMP_OFFSET + 4] = FLAGS_ROUTER_OVERRIDE;
  frame.set(ip, ICMP_OFFSET + 8);
  frame.set([OPTION_TARGET_LINK_LAYER, 1], ICMP_OFFSET + 24);
  frame.set(mac, ICMP_OFFSET + 26);
  // RFC 8200 section 8.1: both addresses, the length and the next header are summed too.
  const addresses = frame.subarray(IPV6_OFFSET + 8, ICMP_OFFSET);
  const message = frame.subarray(ICMP_OFFSET);
  const checksum = fold(addWords(message, addWords(addresses)) + ICMP_BYTES + ICMPV6);
  frame.set([checksum >> 8, checksum & 0xff], ICMP_OFFSET + 2);
  return frame;
}
