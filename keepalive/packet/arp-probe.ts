/**
 * Asks the LAN who has an IPv4 address, and reads the answer (RFC 826). Pure.
 *
 *     Ethernet  destination | source | type 0x0806
 *     ARP       hardware 1 | protocol 0x0800 | 6 | 4 | operation 1 (request) or 2 (reply)
 *               sender MAC | sender IP | target MAC | target IP
 *     padding   to the smallest Ethernet frame
 */
const FRAME_BYTES_MIN = 60;
const ARP_END = 42;
/** Ethernet type, hardware and protocol types, address lengths: bytes 12 to 19. */
const FIXED = [0x08, 0x06, 0, 1, 0x08, 0, 6, 4] as const;
const OPERATION_REPLY = 2;

/** The broadcast request of `sender` (6 and 4 bytes) for `target` (4 bytes). */
export function encodeArpRequest(
  sender: { readonly mac: Uint8Array; readonly ip: Uint8Array },
  target: Uint8Array,
): Uint8Array {
  if (sender.mac.length !== 6 || sender.ip.length !== 4 || target.length !== 4) {
    throw new RangeError('ARP is for MAC addresses of 6 bytes and IPv4 addresses');
  }
  const frame = new Uint8Array(FRAME_BYTES_MIN);
  frame.fill(0xff, 0, 6);
  frame.set(sender.mac, 6);
  frame.set(FIXED, 12);
  frame[21] = 1;
  frame.set(sender.mac, 22);
  frame.set(sender.ip, 28);
  frame.set(target, 38);
  return frame;
}

/** Whose reply to `receiver` (4 bytes) a frame is; null when it is none. Never throws. */
export function decodeArpReply(frame: Uint8Array, receiver: Uint8Array): Uint8Array | null {
  if (frame.length < ARP_END || FIXED.some((byte, at) => frame[12 + at] !== byte)) return null;
  if (frame[20] !== 0 || frame[21] !== OPERATION_REPLY) return null;
  return receiver.every((byte, at) => frame[38 + at] === byte) ? frame.slice(28, 32) : null;
}
