/** Interfaces that the config names: there, up, with this host's own addresses, and their MTU. */
import { formatIp, parseIp } from '../os/ip-address.ts';
import { RouteNetlink } from '../os/netlink.ts';
import type { InterfaceAddress, NetworkLink } from '../os/netlink-message.ts';
import { bad, type Finding, ok, unknown, warn } from './finding.ts';
import { type Family, type RouterHere, routersHere, type Subject } from './subject.ts';

/** IPv6 works on no link with a shorter one (RFC 8200 section 5). */
const IPV6_MTU_MIN = 1_280;
const USUAL_MTU = 1_500;

/** Links and addresses of this host. */
export interface Network {
  readonly links: readonly NetworkLink[];
  readonly addresses: readonly InterfaceAddress[];
}

type Here = Pick<Subject, 'config' | 'node' | 'agent'>;

/** Pure. */
export function judgeInterfaces(subject: Here, network: Network): Finding[] {
  const routers = routersHere(subject);
  const byInterface = Map.groupBy(routers, (router) => router.interface);
  const tracked = trackedInterfaces(subject).filter((name) => !byInterface.has(name));
  return [
    ...[...byInterface].flatMap(([name, on]) => judgeInterface(name, on, subject, network)),
    ...tracked.map((name) => judgeLink(`${name} (tracked)`, linkOf(name, network))),
    ...judgeOwnAddresses(subject, network),
  ];
}

function trackedInterfaces({ config }: Here): readonly string[] {
  const all = Object.values(config?.virtual_routers ?? {}).flatMap(({ track }) => {
    const { interfaces = [] } = track;
    return Array.isArray(interfaces) ? interfaces : Object.keys(interfaces);
  });
  return [...new Set(all)];
}

function linkOf(name: string, { links }: Network): NetworkLink | undefined {
  return links.find((link) => link.name === name);
}

function judgeLink(what: string, link: NetworkLink | undefined): Finding {
  if (link === undefined) {
    const remedy = 'name the right one (ip -br link), for each node if the names differ';
    return bad(what, 'there is no such interface on this host', remedy);
  }
  if (!link.up) return bad(what, 'it is down', `sudo ip link set ${link.name} up`);
  if (!link.running) return bad(what, 'it has no carrier', 'look at the cable and the switch port');
  return ok(what, `up, MTU ${link.mtu}`);
}

function judgeInterface(
  name: string,
  routers: readonly RouterHere[],
  { agent }: Here,
  network: Network,
): Finding[] {
  const what = `${name} (${routers.map((router) => router.name).join(', ')})`;
  const link = linkOf(name, network);
  const first = judgeLink(what, link);
  if (link === undefined || first.verdict !== 'ok') return [first];
  const own = network.addresses.filter(({ interfaceIndex }) => interfaceIndex === link.index);
  const virtual = routers.flatMap(({ addresses }) => addresses);
  return [
    ...judgeMtu(what, link, routers),
    ...routers.flatMap((router) => judgeSource(router, own, virtual)),
    ...(agent.runs === 'no' ? judgeLeftOver(routers, own) : []),
  ];
}

function judgeMtu(what: string, { mtu }: NetworkLink, routers: readonly RouterHere[]): Finding[] {
  const found = `up, MTU ${mtu}`;
  const six = routers.some(({ families }) => families.includes(6));
  if (six && mtu < IPV6_MTU_MIN) {
    const reason = `${found}: IPv6 needs ${IPV6_MTU_MIN}`;
    return [bad(what, reason, 'give it the MTU of the switch and of the other host')];
  }
  if (mtu >= USUAL_MTU) return [ok(what, found)];
  const reason = `${found}: less than ${USUAL_MTU}; it has to be the same on the other host`;
  const remedy = 'prove it from here: ping -M do -s (MTU less 28) the other host';
  return [warn(what, reason, remedy)];
}

/** Adverts leave from an address that is the host's own; IPv6 has a link-local one by itself. */
function judgeSource(
  { name, families }: RouterHere,
  own: readonly InterfaceAddress[],
  virtual: readonly string[],
): Finding[] {
  return families.flatMap((family) => {
    const usable = own.filter(
      ({ ip, tentative, duplicate }) =>
        ip.length === (family === 4 ? 4 : 16) &&
        !virtual.includes(formatIp(ip)) &&
        !tentative &&
        !duplicate &&
        (family === 4 || isLinkLocal(ip)),
    );
    if (usable.length > 0) return [];
    const kind = family === 4 ? 'an IPv4 address of its own' : 'a link-local IPv6 address';
    const reason = `the interface lacks ${kind}, which adverts leave from`;
    return [bad(`${name}, IPv${family}`, reason, 'give it one; see: ip -br addr')];
  });
}

function isLinkLocal(ip: Uint8Array): boolean {
  return ip[0] === 0xfe && (ip[1]! & 0xc0) === 0x80;
}

function judgeLeftOver(
  routers: readonly RouterHere[],
  own: readonly InterfaceAddress[],
): Finding[] {
  const there = new Set(own.map(({ ip }) => formatIp(ip)));
  return routers.flatMap(({ name, interface: device, addresses }) => {
    const left = addresses.filter((address) => there.has(address));
    if (left.length === 0) return [];
    const reason = `${left.join(', ')} on ${device} although no agent runs: the other host may have it as well`;
    const remedy =
      'sudo tandem keepalive --release; and out of the network configuration, if it is there';
    return [bad(`addresses of ${name}`, reason, remedy)];
  });
}

/** What the file says this host has. */
function judgeOwnAddresses({ config, node }: Here, { addresses }: Network): Finding[] {
  if (config === null || node === null) return [];
  const { address, pair_addresses = [] } = config.nodes[node] ?? {};
  const there = new Set(addresses.map(({ ip }) => formatIp(ip)));
  const wanted = new Map<string, string>();
  if (config.pair !== undefined) {
    for (const one of pair_addresses) wanted.set(one, `nodes.${node}.pair_addresses`);
  }
  if (address !== undefined) wanted.set(address, `nodes.${node}.address`);
  return [...wanted].map(([one, path]) => {
    const what = `${one} (${path})`;
    if (there.has(formatIp(parseIp(one) ?? new Uint8Array(4)))) return ok(what, 'is on this host');
    const reason = 'this host does not have it: is this the node that the file takes it for?';
    return bad(what, reason, 'ip -br addr; correct the file, or say --node or TANDEM_NODE');
  });
}

/** See the file's comment. */
export const interfaces: Family = {
  name: 'interfaces',
  async examine(subject) {
    if (routersHere(subject).length === 0) return [];
    const netlink = new RouteNetlink();
    try {
      const [links, addresses] = [await netlink.links(), await netlink.addresses()];
      return judgeInterfaces(subject, { links, addresses });
    } catch (error) {
      return [unknown('interfaces', (error as Error).message, 'ip -br link; ip -br addr')];
    } finally {
      netlink.close();
    }
  },
};
