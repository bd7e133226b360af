import * as c from './socket-constants.ts';
import type { ControlItem } from './socket-message.ts';

/**
 * Ancillary data that makes a packet leave from an address of this host, out of an interface:
 * `struct in_pktinfo` (index, source, unused) or `in6_pktinfo` (source, index).
 */
export function sourceItem(family: 4 | 6, interfaceIndex: number, source: Uint8Array): ControlItem {
  const v4 = family === 4;
  const data = new Uint8Array(v4 ? 12 : 20);
  new DataView(data.buffer).setInt32(v4 ? 0 : 16, interfaceIndex, true);
  data.set(source, v4 ? 4 : 0);
  return v4
    ? { level: c.IPPROTO_IP, type: c.IP_PKTINFO, data }
    : { level: c.IPPROTO_IPV6, type: c.IPV6_PKTINFO, data };
}
