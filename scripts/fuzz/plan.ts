/** The world of the fuzzer: a real pair, a stranger on its LAN, and the file that the pair runs. */
import { parseIp } from '../../src/os/ip-address.ts';
import {
  address4,
  address6,
  clientPlan,
  edgeA,
  edgeB,
  type HostPlan,
  macAddress,
  virtualAddress4,
  virtualAddress6,
  virtualLinkLocal6,
} from '../../testbed/lab/address-plan.ts';
import type { KnownRouter } from './judge-vrrp.ts';

/** The hosts with an agent. */
export const edges = [edgeA, edgeB] as const;
/** Where the frames come from. */
export const stranger = clientPlan;

/** Address as bytes; for addresses of this file. */
export function ip(text: string): Uint8Array {
  const bytes = parseIp(text);
  if (bytes === null) throw new TypeError(`not an IP address: ${text}`);
  return bytes;
}

/** MAC address of a host on the LAN, as bytes. */
export function mac(host: HostPlan): Uint8Array {
  return Uint8Array.from(Buffer.from(macAddress(host).replaceAll(':', ''), 'hex'));
}

/** The link-local address that Linux makes of a host's MAC address. */
export function linkLocal(host: HostPlan): Uint8Array {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = mac(host);
  return Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, a ^ 2, b, c, 0xff, 0xfe, d, e, f);
}

const OLD_ADDRESS = '198.51.100.101';
const SECRET_ADDRESS = '198.51.100.102';
const NEAR_ADDRESS = '198.51.100.103';
/** Where the password of the router "secret" comes from. */
export const environment = { FUZZ_PASSWORD: 'secret' } as const;
const near = (edge: HostPlan) => hex(address4(edge));
/** Neighbours that are asked for and are not there: nobody may make the agents believe otherwise. */
export const absent = { 4: '198.51.100.254', 6: '2001:db8::fe' } as const;

/** The routers that the agents know, by family. */
export const routers: Readonly<Record<4 | 6, readonly KnownRouter[]>> = {
  4: [
    { vrid: 51, version: 3, addresses: [virtualAddress4].map(hex) },
    { vrid: 52, version: 2, addresses: [OLD_ADDRESS].map(hex) },
    { vrid: 53, version: 2, addresses: [SECRET_ADDRESS].map(hex), password: '7365637265740000' },
    { vrid: 54, version: 3, addresses: [NEAR_ADDRESS].map(hex), peers: edges.map(near) },
  ],
  6: [{ vrid: 51, version: 3, addresses: [virtualLinkLocal6, virtualAddress6].map(hex) }],
};

function hex(address: string): string {
  return Buffer.from(ip(address)).toString('hex');
}

/** Addresses of hosts, which no forged neighbour message may speak of: that would be no fuzzing. */
export const spoken: ReadonlySet<string> = new Set(
  [
    ...[...edges, stranger].flatMap((host) => [address4(host), address6(host)]),
    ...[virtualAddress4, virtualAddress6, virtualLinkLocal6],
    ...[OLD_ADDRESS, SECRET_ADDRESS, NEAR_ADDRESS],
  ].map(hex),
);

const node = (host: HostPlan, priority: number) =>
  `  ${host.name}: { address: ${address4(host)}, priority: ${priority} }`;

/** The file of the pair: every way to speak VRRP, BFD, gateways that are not there, a balancer. */
export const config = `
nodes:
${node(edgeA, 200)}
${node(edgeB, 100)}
virtual_routers:
  web:
    vrid: 51
    interface: eth0
    addresses: ["${virtualAddress4}/24", "${virtualLinkLocal6}/64", "${virtualAddress6}/64"]
    advert_interval: 100ms
    bfd: { interval: 100ms }
    track:
      gateways:
        old: { address: ${absent[4]}, weight: -1 }
        new: { address: "${absent[6]}", weight: -1 }
  old:
    vrid: 52
    version: 2
    interface: eth0
    addresses: [${OLD_ADDRESS}/24]
    advert_interval: 1s
  secret:
    vrid: 53
    version: 2
    interface: eth0
    addresses: [${SECRET_ADDRESS}/24]
    advert_interval: 1s
    auth: { password: "env:FUZZ_PASSWORD" }
  near:
    vrid: 54
    interface: eth0
    addresses: [${NEAR_ADDRESS}/24]
    advert_interval: 200ms
    unicast: {}
upstreams:
  nobody: { servers: [{ address: "${address4(stranger)}:9" }] }
listeners:
  tcp: { bind: ["0.0.0.0:8080"], protocol: tcp, upstream: nobody }
proxy: { workers: 1 }
`;
