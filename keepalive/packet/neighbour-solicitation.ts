/**
 * Asks the LAN who has an IPv6 address, and reads the answer (RFC 4861 sections 4.3, 4.4). Pure.
 *
 *     solicitation   type 135 | code 0 | checksum | reserved | target
 *                    option 1 (source link-layer address), length 1 (8 bytes) | MAC
 *     advertisement  type 136 | code 0 | checksum | flags R, S, O | target | options
 *
 * The kernel computes and verifies the checksum of every ICMPv6 raw socket (RFC 3542 section 3.1).
 */
/** ICMPv6 type of the answer. */
export const NEIGHBOUR_ADVERTISEMENT = 136;
const NEIGHBOUR_SOLICITATION = 135;
const SOLICITATION_BYTES = 32;
const ADVERTISEMENT_BYTES_MIN = 24;
const OPTION_SOURCE_LINK_LAYER = 1;
const FLAG_SOLICITED = 0x40;
const HOP_LIMIT = 255;

/** The solicitation for `target` (16 bytes) from a host at `mac` (6 bytes), without checksum. */
export function encodeSolicitation(mac: Uint8Array, target: Uint8Array): Uint8Array {
  if (mac.length !== 6 || target.length !== 16) {
    throw new RangeError('a MAC has 6 bytes and an IPv6 address 16');
  }
  const message = new Uint8Array(SOLICITATION_BYTES);
  message[0] = NEIGHBOUR_SOLICITATION;
  message.set(target, 8);
  message.set([OPTION_SOURCE_LINK_LAYER, 1], 24);
  message.set(mac, 26);
  return message;
}

/** The solicited-node multicast address of `target` (RFC 4291 section 2.7.1). */
export function solicitedNode(target: Uint8Array): Uint8Array {
  const group = Uint8Array.of(0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0, 0, 0);
  group.set(target.subarray(13), 13);
  return group;
}

/** Of which address a message is the solicited advertisement; null when it is none. */
export function decodeAdvertisement(message: Uint8Array, hopLimit: number): Uint8Array | null {
  const valid =
    hopLimit === HOP_LIMIT &&
    message.length >= ADVERTISEMENT_BYTES_MIN &&
    message[0] === NEIGHBOUR_ADVERTISEMENT &&
    message[1] === 0 &&
    ((message[4] ?? 0) & FLAG_SOLICITED) !== 0;
  return valid ? message.slice(8, 24) : null;
}
