/**
 * The second chance of one virtual router as nftables rules (design 4.4). Pure.
 *
 *     packet for the address ──> chain pre ──> a new connection, or one that is known here: accept
 *                                         └──> else chain pass ──> a copy to the host that drains; drop
 *
 * It hangs before everything that looks at packets (conntrack defragments at -400, and is not asked:
 * the host of a connection is told by its sockets alone). Nothing is rewritten: the draining host has
 * the address too, takes the packet for its own and answers the client directly.
 *
 * What a router says of a path that takes shorter packets is for whichever host has the connection: both
 * hear of it.
 *
 * A packet is passed on once: frames that come from the draining host itself are not passed back to it.
 * So two hosts that exchange the addresses back and forth, both with such rules, never play a packet
 * that nobody knows to each other, and the one that got it last resets it.
 */
import { formatIp, parseIp } from '../../src/os/ip-address.ts';
import { macText, routerTable, type TableOwner } from './own-tables.ts';

/** Before the raw table (-300), so that what is passed on is in nobody's connection table. */
const PRIORITY = -310;

/**
 * Connections that were begun here lately are remembered, this many and so long. A host under a flood of
 * SYNs answers them with cookies and keeps nothing of a connection until the client's answer, which
 * would then look like a stranger's packet.
 */
const BEGUN_MAX = 65_536;
const BEGUN_SECONDS = 10;

/** Counts what is passed on. */
export const PASSED_COUNTER = 'passed';

/** What the rules follow from. */
export interface SecondChanceScope extends TableOwner {
  /** Whose tables these are, see `instanceMark`. */
  readonly mark: string;
  /** Canonical text; those of the other family than `peer` are left out. */
  readonly addresses: readonly string[];
  /** The host that drains: its own address on the interface. */
  readonly peer: Uint8Array;
  /** Its MAC address; null: not known yet. */
  readonly peerMac: Uint8Array | null;
}

/** Words of nftables that differ between the families. */
const FAMILIES = {
  4: {
    table: 'ip',
    type: 'ipv4_addr',
    fragment: 'ip frag-off & 0x1fff != 0',
    tooBig: 'icmp type destination-unreachable icmp code frag-needed',
  },
  6: {
    table: 'ip6',
    type: 'ipv6_addr',
    fragment: 'frag frag-off != 0',
    tooBig: 'icmpv6 type packet-too-big',
  },
} as const;

/** The router's table as nftables names it with its family. */
export function secondChanceTable(scope: TableOwner & Pick<SecondChanceScope, 'peer'>): string {
  return `${FAMILIES[familyOf(scope.peer)].table} ${routerTable(scope)}`;
}

/** Makes the table anew, in one transaction. Throws RangeError when nothing can be passed on. */
export function installSecondChance(scope: SecondChanceScope): string {
  const family = familyOf(scope.peer);
  const { table: ip, type, fragment, tooBig } = FAMILIES[family];
  const bytes = scope.addresses.map(bytesOf).filter(({ length }) => length === scope.peer.length);
  if (bytes.length === 0) throw new RangeError(`nftables: no IPv${family} address to pass on`);
  const table = `table ${secondChanceTable(scope)}`;
  const copy = `dup to ${formatIp(scope.peer)} device ${scope.interfaceIndex}`;
  const connection = `${ip} saddr . tcp sport . ${ip} daddr . tcp dport`;
  // Fragments but the first have no ports. What is known here must be whole; a stranger's is lost.
  return `${table} { }
delete ${table}
${table} { comment "${scope.mark}"; }
${table} {
  counter ${PASSED_COUNTER} { }
  set peer {
    type ether_addr
${scope.peerMac === null ? '' : `    elements = { ${macText(scope.peerMac)} }\n`}  }
  set begun {
    type ${type} . inet_service . ${type} . inet_service
    size ${BEGUN_MAX}
    flags dynamic,timeout
    timeout ${BEGUN_SECONDS}s
  }
  chain pass {
    counter name "${PASSED_COUNTER}" ${copy} drop
  }
  chain pre {
    type filter hook prerouting priority ${PRIORITY}; policy accept;
    ${ip} daddr != { ${bytes.map(formatIp).join(', ')} } accept
    ether saddr @peer accept
    ${tooBig} ${copy}
    meta l4proto != tcp accept
    ${fragment} accept
    tcp flags & (syn | ack) == syn add @begun { ${connection} }
    tcp flags & (syn | ack) == syn accept
    socket wildcard 0 accept
    ${connection} @begun accept
    socket wildcard 1 goto pass
    socket transparent { 0, 1 } accept
    goto pass
  }
}
`;
}

/** Lets the MAC address of the draining host be this one. */
export function changePeerMac(scope: SecondChanceScope): string {
  const set = `${secondChanceTable(scope)} peer`;
  const mac = scope.peerMac;
  return `flush set ${set}\n${mac === null ? '' : `add element ${set} { ${macText(mac)} }\n`}`;
}

function familyOf(ip: Uint8Array): 4 | 6 {
  return ip.length === 4 ? 4 : 6;
}

function bytesOf(address: string): Uint8Array {
  const ip = parseIp(address);
  if (ip === null) throw new RangeError(`"${address}" is not an IP address`);
  return ip;
}
