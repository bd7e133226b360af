/**
 * The lease of one virtual router as nftables rules (docs: the lease; design 4.3). Pure.
 *
 *     advert leaves ──> chain out ──> chain advert: lease expired? drop : renew it
 *     renewal frame ──> chain out ──> chain renewal: the same, and drop it (unicast routers)
 *                                     priority 0? end it (unicast: the agent does, when all
 *                                     peers were told)
 *     BFD packet leaves ──> chain out ──> says Up? chain packet: watch expired? as it is : renew it
 *     either expired ──> chain out drops what speaks for the addresses (ARP, ND, IP)
 *                        chain in  drops what asks for them or is sent to them
 *
 * The set's one element is the interface (by its index, which outlasts a new name). It expires by
 * itself, so a host whose agent no longer advertises falls silent in the kernel, whatever else
 * happens on it. While the lease holds, all of this costs a lookup per packet. A peer that watches
 * us with BFD takes over sooner, so then there is a second set, `watch`, and both must hold (design
 * 4.3); without a session that is up its element does not expire.
 *
 * An advert to a unicast peer that answers no ARP never leaves, and an Active router whose peer is
 * dead must not fall mute for that. So with each advert a unicast router sends a frame that renews
 * the lease as an advert does and goes no further: no wire ever sees one.
 *
 * A router that gave its addresses up by agreement still serves the connections it has (design 4.4). Its
 * lease is over, and while its set `drain` holds the interface, the addresses' IP packets pass all the
 * same. ARP and what finds neighbours do not: nobody is to hear from this host where they are.
 *
 * What a Backup needs is let through: asking who has an address, answers to that, and the
 * announcements of the host that has it.
 */
import { formatIp, parseIp } from '../../src/os/ip-address.ts';
import type { SetContent } from '../../src/os/nftables-set.ts';
import { virtualMac } from '../packet/virtual-mac.ts';
import { macText, quotedInterface, routerTable } from './own-tables.ts';

/** What the rules follow from. */
export interface LeaseScope {
  readonly interface: string;
  readonly interfaceIndex: number;
  /** Whose tables these are, see `instanceMark`. */
  readonly mark: string;
  readonly family: 4 | 6;
  /** 1-255. */
  readonly vrid: number;
  /** Canonical text, at least one; of either family. */
  readonly addresses: readonly string[];
  /** How long an advert speaks for the addresses, ms. The kernel rounds it down to jiffies. */
  readonly durationMs: number;
  /** False: packets to the addresses are dropped but for what finds neighbours; absent: true. */
  readonly accept?: boolean;
  /** Who asks for neighbours while an IPv6 address drains, in its place; absent: nobody does. */
  readonly linkLocal?: string | null;
  /** Adverts go to peers, so a frame renews the lease too. */
  readonly unicast?: boolean;
  /** Present with BFD. */
  readonly bfd?: {
    /** Canonical text, of either family. */
    readonly peer: string;
    /** How long a packet that says Up speaks for the addresses, ms; null: BFD does not count. */
    readonly durationMs: number | null;
  };
}

/**
 * Makes the table anew, in one transaction, with the lease running or expired, and the addresses
 * draining for so many whole ms more, or not.
 */
export function installLease(
  scope: LeaseScope,
  armed: boolean,
  drainMs: number | null = null,
): string {
  const table = `table netdev ${routerTable(scope)}`;
  const device = `device ${quotedInterface(scope.interface)} priority 0; policy accept;`;
  const element = (ms: number) => `    elements = { ${scope.interfaceIndex} timeout ${ms}ms }\n`;
  const rules = chainRules(scope);
  return `${table} { }
delete ${table}
${table} { comment "${scope.mark}"; }
${table} {${watchSet(scope)}
  set lease {
    type iface_index
    size 16
    flags dynamic,timeout
${armed ? element(scope.durationMs) : ''}  }
  set drain {
    type iface_index
    size 16
    flags timeout
${drainMs === null ? '' : element(drainMs)}  }
  chain voice {
${indented(voiceRules(scope))}
  }
  chain out {
    type filter hook egress ${device}
${indented(rules.out)}
  }
  chain advert {
${indented(rules.advert)}
  }${renewalChain(rules.renewal)}
  chain in {
    type filter hook ingress ${device}
${indented(rules.in)}
  }
}
`;
}

/**
 * Lets the table of one scope be that of another, of the same interface, family and VRID, in one
 * transaction. The sets of the lease and of the drain stay, and with them when either ends.
 */
export function reviseLease(before: LeaseScope, after: LeaseScope): string {
  const table = `netdev ${routerTable(after)}`;
  const watched = before.bfd !== undefined;
  const watches = after.bfd !== undefined;
  const renewed = before.unicast === true ? ['renewal'] : [];
  const flushed = ['out', 'advert', ...renewed, 'in', ...(watched ? ['packet'] : [])];
  const commands = flushed.map((chain) => `flush chain ${table} ${chain}`);
  if (before.unicast !== after.unicast) {
    if (before.unicast === true) commands.push(`delete chain ${table} renewal`);
    if (after.unicast === true) commands.push(`add chain ${table} renewal`);
  }
  if (watched && !watches) {
    commands.push(`delete chain ${table} packet`, `delete set ${table} watch`);
  }
  if (watches && !watched) {
    commands.push(
      `add set ${table} watch { type iface_index; size 16; flags dynamic,timeout; }`,
      `add chain ${table} packet`,
    );
  }
  const rules = { ...chainRules(after), ...(watches ? { packet: watchRules(after) } : {}) };
  for (const [chain, list] of Object.entries(rules)) {
    for (const rule of list) commands.push(`add rule ${table} ${chain} ${rule}`);
  }
  const sameWatch = watched && before.bfd?.durationMs === after.bfd?.durationMs;
  return `${commands.join('\n')}\n${sameWatch ? '' : renewWatch(after)}`;
}

/**
 * The frame that renews a unicast router's lease: the local experimental EtherType (IEEE 802), then
 * `TN`, family and VRID.
 */
export function renewalFrame({ family, vrid }: Pick<LeaseScope, 'family' | 'vrid'>): Uint8Array {
  const frame = new Uint8Array(60);
  frame.set([0x88, 0xb5, 0x54, 0x4e, family, vrid], 12);
  return frame;
}

function renewalJump(scope: LeaseScope): string[] {
  if (scope.unicast !== true) return [];
  return [`@ll,96,48 ${hexOf(renewalFrame(scope).subarray(12, 18))} jump renewal`];
}

function renewalChain(rules: readonly string[] | undefined): string {
  if (rules === undefined) return '';
  return `
  chain renewal {
${indented(rules)}
  }`;
}

/** Starts the lease, or starts it again, for one duration: what is in the sets then. */
export function armLease(scope: LeaseScope): readonly SetContent[] {
  const { interfaceIndex: element, durationMs: timeoutMs, bfd } = scope;
  return [
    { set: 'lease', holds: { element, timeoutMs } },
    ...(bfd === undefined ? [] : [{ set: 'watch', holds: { element, timeoutMs: bfd.durationMs } }]),
  ];
}

/** Lets BFD count from now on, at the pace in the scope, or not at all. Only with `bfd`. */
export function changeWatch(scope: LeaseScope): string {
  const chain = `netdev ${routerTable(scope)} packet`;
  const rules = watchRules(scope).map((rule) => `add rule ${chain} ${rule}\n`);
  return `flush chain ${chain}\n${rules.join('')}${renewWatch(scope)}`;
}

/** Ends the lease at once. */
export function endLease(): readonly SetContent[] {
  return [{ set: 'lease' }];
}

/** Lets the addresses' IP packets pass from now on, for so many whole ms, though the lease is over. */
export function startDrain(scope: LeaseScope, leftMs: number): readonly SetContent[] {
  return [{ set: 'drain', holds: { element: scope.interfaceIndex, timeoutMs: leftMs } }];
}

/** No longer. */
export function endDrain(): readonly SetContent[] {
  return [{ set: 'drain' }];
}

/** Lets the one who asks for neighbours be this one. */
export function changeVoice(scope: LeaseScope): string {
  const chain = `netdev ${routerTable(scope)} voice`;
  const rules = voiceRules(scope).map((rule) => `add rule ${chain} ${rule}\n`);
  return `flush chain ${chain}\n${rules.join('')}`;
}

/** The sets that all hold the interface's index while the lease runs. */
export function leaseSets({ bfd }: LeaseScope): readonly string[] {
  return bfd === undefined ? ['lease'] : ['lease', 'watch'];
}

/** Removes the table; it must be there. */
export function removeLease(table: string): string {
  return `delete table netdev ${table}\n`;
}

/**
 * Of each family that the router has addresses of: `speaks` and `hears` is what tells neighbours where an
 * address is, `sends` and `takes` are IP packets of the addresses, which a drain lets pass. `asks` are
 * the kernel's questions for the neighbours of those, in the address's name, and what a drain makes of
 * them: held back, its connections would end with the kernel's memory of the neighbours.
 */
function addressRules({ addresses }: LeaseScope) {
  if (addresses.length === 0) throw new RangeError('nftables: a lease of no address');
  const bytes = addresses.map(bytesOf);
  const parts = [
    { make: ipv4Rules, own: bytes.filter(({ length }) => length === 4) },
    { make: ipv6Rules, own: bytes.filter(({ length }) => length === 16) },
  ].flatMap(({ make, own }) => (own.length === 0 ? [] : [make(own)]));
  return {
    asks: parts.flatMap(({ asks }) => asks),
    speaks: parts.flatMap(({ speaks }) => speaks),
    sends: parts.flatMap(({ sends }) => sends),
    hears: parts.flatMap(({ hears }) => hears),
    takes: parts.flatMap(({ takes }) => takes),
    refuses: parts.flatMap(({ refuses }) => refuses),
  };
}

/**
 * Every ARP packet with the address as sender is held back, not only replies: the kernel's own
 * requests would point the neighbours to the silent host.
 */
function ipv4Rules(addresses: readonly Uint8Array[]) {
  const set = `{ ${addresses.map(formatIp).join(', ')} }`;
  return {
    // An ARP probe (RFC 5227): it is answered, and nobody learns from it.
    asks: [
      {
        match: `arp operation request arp saddr ip ${set} arp daddr ip != ${set}`,
        verdict: 'arp saddr ip set 0.0.0.0 accept',
      },
    ],
    speaks: [`arp saddr ip ${set}`],
    sends: [`ip saddr ${set}`],
    // From another sender: an announcement of the host that has the address is for us to hear.
    hears: [`arp daddr ip ${set} arp saddr ip != ${set}`],
    takes: [`ip daddr ${set}`],
    refuses: [`ip daddr ${set} drop`],
  };
}

/**
 * The target of a neighbour message is its bytes 8 to 23, which this nftables has no name for. Any
 * message of discovery sent from the address itself is held back: its receiver would learn from it where
 * the address is. A solicitation from elsewhere on this host is a Backup's ordinary question.
 */
function ipv6Rules(addresses: readonly Uint8Array[]) {
  const set = `{ ${addresses.map(formatIp).join(', ')} }`;
  const targets = `@th,64,128 { ${addresses.map(hexOf).join(', ')} }`;
  return {
    asks: [{ match: `ip6 saddr ${set} icmpv6 type nd-neighbor-solicit`, verdict: 'jump voice' }],
    speaks: [
      `icmpv6 type nd-neighbor-advert ${targets}`,
      `ip6 saddr ${set} icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert }`,
    ],
    sends: [`ip6 saddr ${set}`],
    hears: [`icmpv6 type nd-neighbor-solicit ${targets}`],
    takes: [`ip6 daddr ${set}`],
    // RFC 9568 section 6.1: solicitations and advertisements of neighbours are taken in any case.
    refuses: [
      `ip6 daddr ${set} icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept`,
      `ip6 daddr ${set} drop`,
    ],
  };
}

function bytesOf(address: string): Uint8Array {
  const ip = parseIp(address);
  if (ip === null) {
    throw new RangeError(`"${address}" is not an IP address`);
  }
  return ip;
}

function hexOf(ip: Uint8Array): string {
  return `0x${Buffer.from(ip).toString('hex')}`;
}

/** The rules of the chains, but for BFD's. */
function chainRules(
  scope: LeaseScope,
): Readonly<Record<'out' | 'advert' | 'in', string[]> & { renewal?: string[] }> {
  const { asks, speaks, sends, hears, takes, refuses } = addressRules(scope);
  const header = scope.family === 4 ? 'ip protocol' : 'ip6 nexthdr';
  const gates = scope.bfd === undefined ? ['@lease'] : ['@lease', '@watch'];
  const renewal = [
    ...drops([''], gates, 'oif'),
    `update @lease { oif timeout ${scope.durationMs}ms }`,
    'drop',
  ];
  return {
    out: [
      ...watchJump(scope),
      `${header} 112 @th,8,8 ${scope.vrid} jump advert`,
      ...renewalJump(scope),
      // Reports of multicast groups too: a switch would send the new holder's frames here.
      ...drops([`ether saddr ${macText(virtualMac(scope.family, scope.vrid))}`], gates, 'oif'),
      ...asks.flatMap(({ match, verdict }) =>
        drops([match], gates, 'oif', `oif @drain ${verdict}`),
      ),
      ...drops(speaks, gates, 'oif'),
      ...drops(sends, gates, 'oif', 'oif != @drain drop'),
    ],
    advert: [
      ...drops([''], gates, 'oif'),
      // The first of several peers must not be the only one that hears of the end.
      scope.unicast === true ? '@th,16,8 0 accept' : '@th,16,8 0 delete @lease { oif } accept',
      `update @lease { oif timeout ${scope.durationMs}ms }`,
    ],
    ...(scope.unicast === true ? { renewal } : {}),
    in: [
      ...drops(hears, gates, 'iif'),
      ...drops(takes, gates, 'iif', 'iif != @drain drop'),
      ...(scope.accept === false ? refuses : []),
    ],
  };
}

/** For each match one rule per set, with the verdict on what the set no longer allows. */
function drops(
  matches: readonly string[],
  sets: readonly string[],
  key: 'oif' | 'iif',
  verdict = 'drop',
): string[] {
  return matches.flatMap((match) =>
    sets.map((set) => `${match} ${key} != ${set} ${verdict}`.trim()),
  );
}

/** nftables corrects the checksum of ICMPv6 with the address. */
function voiceRules({ linkLocal }: LeaseScope): readonly string[] {
  return linkLocal == null ? ['return'] : [`ip6 saddr set ${linkLocal} accept`];
}

function indented(rules: readonly string[]): string {
  return rules.map((rule) => `    ${rule}`).join('\n');
}

function watchSet(scope: LeaseScope): string {
  if (scope.bfd === undefined) return '';
  // A session that is up has to prove it first; without one BFD holds nothing back.
  const element = `    elements = { ${scope.interfaceIndex} }\n`;
  return `
  set watch {
    type iface_index
    size 16
    flags dynamic,timeout
${scope.bfd.durationMs === null ? element : ''}  }
  chain packet {
${indented(watchRules(scope))}
  }`;
}

/** State is the two bits after the first byte of BFD, which follows 8 bytes of UDP; 3 is Up. */
function watchJump({ bfd }: LeaseScope): string[] {
  if (bfd === undefined) return [];
  const peer = bytesOf(bfd.peer);
  const match = `${peer.length === 4 ? 'ip' : 'ip6'} daddr ${formatIp(peer)}`;
  return [`${match} udp dport 3784 @th,72,2 3 jump packet`];
}

function watchRules({ bfd }: LeaseScope): readonly string[] {
  const duration = bfd?.durationMs ?? null;
  // The packet itself always leaves: what the peer makes of it is BFD's own affair.
  return duration === null
    ? ['return']
    : ['oif != @watch return', `update @watch { oif timeout ${duration}ms }`];
}

function renewWatch(scope: LeaseScope): string {
  if (scope.bfd === undefined) return '';
  const set = `netdev ${routerTable(scope)} watch`;
  const { durationMs } = scope.bfd;
  const timeout = durationMs === null ? '' : ` timeout ${durationMs}ms`;
  return `flush set ${set}\nadd element ${set} { ${scope.interfaceIndex}${timeout} }\n`;
}
