import { formatIp, parseIp } from '../../src/os/ip-address.ts';

/** Bytes of an address that stay: the /24 of IPv4, the /48 of IPv6. */
const KEPT = { 4: 3, 16: 6 } as const;

/** The network a client is in, `198.51.100.0` or `2001:db8:1::`; what is no address stays as it is. */
export function truncateAddress(address: string): string {
  const bytes = parseIp(address);
  if (bytes === null) return address;
  return formatIp(bytes.fill(0, KEPT[bytes.length as 4 | 16]));
}
