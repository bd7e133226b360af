/** The IPv4 header that a raw socket delivers in front of the payload (RFC 791 section 3.1). */

const HEADER_BYTES_MIN = 20;

/** Views into the bytes that were parsed. */
export interface Ipv4Datagram {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly timeToLive: number;
  /** Without header, options and whatever a network card left behind the datagram's end. */
  readonly payload: Uint8Array;
}

/** Null when the bytes are not one whole IPv4 datagram. */
export function parseIpv4Datagram(bytes: Uint8Array): Ipv4Datagram | null {
  if (bytes.length < HEADER_BYTES_MIN || bytes[0]! >> 4 !== 4) {
    return null;
  }
  const headerBytes = (bytes[0]! & 0x0f) * 4;
  const totalBytes = (bytes[2]! << 8) | bytes[3]!;
  if (headerBytes < HEADER_BYTES_MIN || totalBytes < headerBytes || totalBytes > bytes.length) {
    return null;
  }
  return {
    source: bytes.subarray(12, 16),
    destination: bytes.subarray(16, 20),
    timeToLive: bytes[8]!,
    payload: bytes.subarray(headerBytes, totalBytes),
  };
}
