/** Ethernet frames of the injector, header by header. */

/** The parts of an IP packet. */
export interface IpPacket {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly protocol: number;
  readonly hopLimit: number;
  readonly payload: Uint8Array;
}

/** Sender and receiver on the link. */
export interface Macs {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
}

const joined = (...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array =>
  Uint8Array.from(Buffer.concat(parts.map((part) => Uint8Array.from(part))));
const two = (value: number) => [(value >> 8) & 255, value & 255] as const;

/** The sum that RFC 1071 asks for over all parts, each of an even length but the last. */
export function internetChecksum(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; at += 2) sum += (part[at] ?? 0) * 256 + (part[at + 1] ?? 0);
  }
  return (65_535 - (sum % 65_535)) % 65_535;
}

/** An IPv4 header and its payload; `options` in words of four bytes. */
export function ipv4(packet: IpPacket, options: Uint8Array = new Uint8Array(0)): Uint8Array {
  const { source, destination, protocol, hopLimit, payload } = packet;
  const header = joined(
    [0x45 + options.length / 4, 0xc0, ...two(20 + options.length + payload.length), 0, 0, 0, 0],
    [hopLimit, protocol, 0, 0],
    source,
    destination,
    options,
  );
  header.set(two(internetChecksum(header)), 10);
  return joined(header, payload);
}

/** An IPv6 header and its payload. */
export function ipv6(packet: IpPacket): Uint8Array {
  const { source, destination, protocol, hopLimit, payload } = packet;
  const fixed = [0x60, 0, 0, 0, ...two(payload.length), protocol, hopLimit];
  return joined(fixed, source, destination, payload);
}

/** The frame that carries an IP packet. */
export function ethernet({ from, to }: Macs, packet: Uint8Array): Uint8Array {
  return joined(to, from, (packet[0] ?? 0) >> 4 === 6 ? [0x86, 0xdd] : [0x08, 0x00], packet);
}

/** A UDP datagram over IPv4, where a checksum of zero says that there is none. */
export function udp(sourcePort: number, port: number, payload: Uint8Array): Uint8Array {
  return joined([...two(sourcePort), ...two(port), ...two(8 + payload.length), 0, 0], payload);
}
