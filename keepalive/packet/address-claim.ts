/**
 * Who says that an IP address is at their hardware address: any ARP packet by its sender (RFC 5227
 * section 2.4), and any neighbour advertisement by its target (RFC 4861 section 4.4). Whole Ethernet
 * frames; pure, and nothing here throws on what others sent.
 */
import { addWords, fold } from './checksum.ts';
import {
  encodeSolicitation,
  NEIGHBOUR_ADVERTISEMENT,
  solicitedNode,
} from './neighbour-solicitation.ts';

/** One host's word. */
export interface AddressClaim {
  /** 6 bytes. */
  readonly mac: Uint8Array;
  /** 4 or 16 bytes. */
  readonly ip: Uint8Array;
}

const ARP_END = 42;
/** Ethernet type, hardware and protocol types, address lengths: bytes 12 to 19. */
const ARP_FIXED = [0x08, 0x06, 0, 1, 0x08, 0, 6, 4] as const;
const ICMPV6 = 58;
const HOP_LIMIT = 255;
const IPV6_OFFSET = 14;
const ICMP_OFFSET = IPV6_OFFSET + 40;
const ADVERTISEMENT_END = ICMP_OFFSET + 24;
const OPTION_TARGET_LINK_LAYER = 2;

/** The sender of an ARP frame; null for anything else, and for a probe, which claims nothing. */
export function decodeArpClaim(frame: Uint8Array): AddressClaim | null {
  if (frame.length < ARP_END || ARP_FIXED.some((byte, at) => frame[12 + at] !== byte)) return null;
  const ip = frame.slice(28, 32);
  return ip.every((byte) => byte === 0) ? null : { mac: frame.slice(22, 28), ip };
}

/**
 * The target of a neighbour advertisement, and its link-layer address: the option's, or where it is
 * left out, as an answer to one host may, the frame's own. Null for anything else.
 */
export function decodeNaClaim(frame: Uint8Array): AddressClaim | null {
  if (frame.length < ADVERTISEMENT_END) return null;
  const isAdvertisement =
    frame[12] === 0x86 &&
    frame[13] === 0xdd &&
    frame[IPV6_OFFSET + 6] === ICMPV6 &&
    frame[IPV6_OFFSET + 7] === HOP_LIMIT &&
    frame[ICMP_OFFSET] === NEIGHBOUR_ADVERTISEMENT &&
    frame[ICMP_OFFSET + 1] === 0;
  if (!isAdvertisement) return null;
  // Past the IP layer nobody has verified it yet, and no neighbour believes a wrong one.
  const end = ICMP_OFFSET + ((frame[IPV6_OFFSET + 4]! << 8) | frame[IPV6_OFFSET + 5]!);
  if (end < ADVERTISEMENT_END || end > frame.length) return null;
  const addresses = addWords(frame.subarray(IPV6_OFFSET + 8, ICMP_OFFSET));
  const sum = addWords(frame.subarray(ICMP_OFFSET, end), addresses) + (end - ICMP_OFFSET) + ICMPV6;
  if (fold(sum) !== 0) return null;
  const mac = linkLayerOption(frame.subarray(ADVERTISEMENT_END, end)) ?? frame.slice(6, 12);
  return { mac, ip: frame.slice(ICMP_OFFSET + 8, ADVERTISEMENT_END) };
}

function linkLayerOption(options: Uint8Array): Uint8Array | null {
  for (let at = 0; at + 8 <= options.length; ) {
    const length = options[at + 1]! * 8;
    if (length === 0) return null;
    if (options[at] === OPTION_TARGET_LINK_LAYER) return options.slice(at + 2, at + 8);
    at += length;
  }
  return null;
}

/**
 * The neighbour solicitation of `sender` for `target` as a frame, checksum included: sent past the
 * IP layer, so that our own kernel, which holds the target too, does not hear the question.
 */
export function encodeSolicitationFrame(
  sender: { readonly mac: Uint8Array; readonly ip: Uint8Array },
  target: Uint8Array,
): Uint8Array {
  const message = encodeSolicitation(sender.mac, target);
  const group = solicitedNode(target);
  const frame = new Uint8Array(ICMP_OFFSET + message.length);
  frame.set([0x33, 0x33, ...group.subarray(12)], 0);
  frame.set(sender.mac, 6);
  frame.set([0x86, 0xdd], 12);
  frame.set([0x60, 0, 0, 0, 0, message.length, ICMPV6, HOP_LIMIT], IPV6_OFFSET);
  frame.set(sender.ip, IPV6_OFFSET + 8);
  frame.set(group, IPV6_OFFSET + 24);
  // RFC 8200 section 8.1: both addresses, the length and the next header are summed too.
  const addresses = addWords(frame.subarray(IPV6_OFFSET + 8, ICMP_OFFSET));
  const checksum = fold(addWords(message, addresses) + message.length + ICMPV6);
  message.set([checksum >> 8, checksum & 0xff], 2);
  frame.set(message, ICMP_OFFSET);
  return frame;
}
