/**
 * Addresses of the lab, from the ranges kept for documentation (RFC 5737, RFC 3849), so that a packet
 * that escaped could harm nobody. Host number n is 198.51.100.n and 2001:db8::n on the first LAN,
 * 203.0.113.n and 2001:db8:1::n on the second.
 */

/** `edge`: clients, edges, origins and the virtual address. `side`: a second path between edges. */
export type LanName = 'edge' | 'side';

export interface Lan {
  readonly name: LanName;
  /** The host's interface on it. */
  readonly interface: string;
  readonly prefix4: string;
  readonly prefix6: string;
}

export const lans: Readonly<Record<LanName, Lan>> = {
  edge: { name: 'edge', interface: 'eth0', prefix4: '198.51.100.', prefix6: '2001:db8::' },
  side: { name: 'side', interface: 'eth1', prefix4: '203.0.113.', prefix6: '2001:db8:1::' },
};

/** A host of the lab: `number` (1-254) is the last part of its addresses and of its MAC address. */
export interface HostPlan {
  readonly name: string;
  readonly number: number;
  /** Default: only `edge`. */
  readonly lans?: readonly LanName[];
}

export const edgeA: HostPlan = { name: 'edge-a', number: 11 };
export const edgeB: HostPlan = { name: 'edge-b', number: 12 };
export const originPlans: readonly HostPlan[] = [
  { name: 'origin-1', number: 21 },
  { name: 'origin-2', number: 22 },
  { name: 'origin-3', number: 23 },
];
export const clientPlan: HostPlan = { name: 'client', number: 50 };

/** What the edges watch: a host that nothing runs on. */
export const gatewayPlan: HostPlan = { name: 'gateway', number: 1 };

/** The pair, three origins and a client: what `npm start` and the drills run on. */
export const pairPlan: readonly HostPlan[] = [edgeA, edgeB, ...originPlans, clientPlan];

/** Virtual addresses of the pair. */
export const virtualAddress4 = '198.51.100.100';
export const virtualAddress6 = '2001:db8::100';
/** RFC 9568 5.2.9 wants a link-local address first in an IPv6 virtual router. */
export const virtualLinkLocal6 = 'fe80::100';

/** IPv4 address of a host on a LAN, without prefix length (it is 24). */
export function address4(host: HostPlan, lan: LanName = 'edge'): string {
  return `${lans[lan].prefix4}${host.number}`;
}

/** IPv6 address of a host on a LAN, without prefix length (it is 64). */
export function address6(host: HostPlan, lan: LanName = 'edge'): string {
  return `${lans[lan].prefix6}${host.number}`;
}

/** A locally administered MAC address: the fifth byte is the LAN, the sixth the host. */
export function macAddress(host: HostPlan, lan: LanName = 'edge'): string {
  const last = host.number.toString(16).padStart(2, '0');
  return `02:00:00:00:0${lan === 'edge' ? 0 : 1}:${last}`;
}
