/** `struct sockaddr_in` and `sockaddr_in6`, between bytes and address, port and scope. */
import { formatIp } from './ip-address.ts';
import { AF_INET, AF_INET6 } from './socket-constants.ts';

/** Room for the largest address the kernel may write (`struct sockaddr_storage`). */
export const SOCKET_ADDRESS_BYTES_MAX = 128;

const SOCKADDR_IN_BYTES = 16;
const SOCKADDR_IN6_BYTES = 28;

/** An Internet socket address. */
export interface InternetAddress {
  /** 4 or 16 bytes, network order. */
  readonly ip: Uint8Array;
  /** 0-65535; 0 for sockets without ports. */
  readonly port: number;
  /** Interface index for link-local IPv6, else 0. */
  readonly scope: number;
}

/** The kernel's form of an address; the family follows from the length of `ip`. */
export function encodeSocketAddress({ ip, port, scope }: InternetAddress): Uint8Array {
  const v4 = ip.length === 4;
  const bytes = new Uint8Array(v4 ? SOCKADDR_IN_BYTES : SOCKADDR_IN6_BYTES);
  const view = new DataView(bytes.buffer);
  // Family and scope are in host order; every platform this runs on is little-endian.
  view.setUint16(0, v4 ? AF_INET : AF_INET6, true);
  view.setUint16(2, port);
  bytes.set(ip, v4 ? 4 : 8);
  if (!v4) {
    view.setUint32(24, scope, true);
  }
  return bytes;
}

/** Reads an address that the kernel wrote; null for a family that is not IPv4 or IPv6. */
export function decodeSocketAddress(bytes: Uint8Array): InternetAddress | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const family = bytes.length >= 2 ? view.getUint16(0, true) : 0;
  if (family === AF_INET && bytes.length >= SOCKADDR_IN_BYTES) {
    return { ip: bytes.slice(4, 8), port: view.getUint16(2), scope: 0 };
  }
  if (family === AF_INET6 && bytes.length >= SOCKADDR_IN6_BYTES) {
    return {
      ip: bytes.slice(8, 24),
      port: view.getUint16(2),
      scope: view.getUint32(24, true),
    };
  }
  return null;
}

/** `198.51.100.1:80`, `[2001:db8::1]:80`, for messages. */
export function formatSocketAddress({ ip, port }: InternetAddress): string {
  return ip.length === 4 ? `${formatIp(ip)}:${port}` : `[${formatIp(ip)}]:${port}`;
}
