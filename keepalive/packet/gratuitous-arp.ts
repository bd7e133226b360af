/**
 * Tells the neighbours, and the switches on the way, which hardware address has a virtual IPv4
 * address now. Pure.
 *
 *     Ethernet  destination ff:ff:ff:ff:ff:ff | source | type 0x0806
 *     ARP       hardware 1 | protocol 0x0800 | 6 | 4 | operation 1 (request)
 *               sender MAC | sender IP | target MAC 0 | target IP = sender IP
 *     padding   to the smallest Ethernet frame
 *
 * The request form with an empty target is the ARP Announcement of RFC 5227 section 3: every stack
 * takes a request's sender into an existing entry, while some ignore replies nobody asked for.
 */
const FRAME_BYTES_MIN = 60;

/** The frame for `ip` (4 bytes) at `mac` (6 bytes), without the checksum the card appends. */
export function encodeGratuitousArp(mac: Uint8Array, ip: Uint8Array): Uint8Array {
  if (mac.length !== 6 || ip.length !== 4) {
    throw new RangeError(
      `a MAC has 6 bytes and an IPv4 address 4, not ${mac.length}, ${ip.length}`,
    );
  }
  const frame = new Uint8Array(FRAME_BYTES_MIN);
  frame.fill(0xff, 0, 6);
  frame.set(mac, 6);
  frame.set([0x08, 0x06], 12);
  frame.set([0, 1, 0x08, 0, 6, 4, 0, 1], 14);
  frame.set(mac, 22);
  frame.set(ip, 28);
  frame.set(ip, 38);
  return frame;
}
