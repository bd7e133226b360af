/** Where a virtual router's advertisements go to, and which ones it takes. Pure. */
import type { VirtualRouterConfig } from '../../src/config/agent-config.ts';
import { parseIp } from '../../src/os/ip-address.ts';
import { multicastGroup } from './multicast-group.ts';

/** RFC 9568 sections 5.1.1.3 and 5.1.2.3: what did not cross a router still has it. */
export const HOP_LIMIT = 255;

/** Which address of ours a packet leaves from. */
export interface SourceChoice {
  /** This one or none; null: as `towards` says. */
  readonly fixed: Uint8Array | null;
  /** The one nearest to this neighbour; null: IPv4 the primary one, IPv6 the link-local one. */
  readonly towards: Uint8Array | null;
}

/** The two ends of a packet. */
export interface Route {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** Hardware address that it is sent from, only to the group; absent: the interface's own. */
  readonly mac?: Uint8Array;
}

/** How the advertisements of one router travel. */
export interface Delivery {
  /** They go to peers and come from them; else to the multicast group. */
  readonly unicast: boolean;
  /** The group, or the peers. */
  readonly destinations: readonly Uint8Array[];
  readonly source: SourceChoice;
  /** Least TTL or hop limit that is accepted, 1-255. */
  readonly hopLimitMin: number;
}

/** What the configuration says of a router's advertisements on their way. */
export function deliveryOf({
  family,
  unicast,
}: Pick<VirtualRouterConfig, 'family' | 'unicast'>): Delivery {
  if (unicast === undefined) {
    const destinations = [multicastGroup(family)];
    const source = { fixed: null, towards: null };
    return { unicast: false, destinations, source, hopLimitMin: HOP_LIMIT };
  }
  const peers = unicast.peers.map(addressBytes);
  const fixed = unicast.source === undefined ? null : addressBytes(unicast.source);
  return {
    unicast: true,
    destinations: peers,
    source: { fixed, towards: peers[0] ?? null },
    hopLimitMin: unicast.minTtl,
  };
}

/** The bytes of an address out of the configuration. Throws TypeError when it is none. */
export function addressBytes(text: string): Uint8Array {
  const bytes = parseIp(text);
  if (bytes === null) throw new TypeError(`not an IP address: ${text}`);
  return bytes;
}
