/**
 * What the agent half needs from the config file, for one node: defaults applied, units resolved,
 * virtual routers split by address family. Types only; keepalive/ may import this file.
 */

/** An address the virtual router owns. */
export interface VirtualAddress {
  /** Canonical text form, without the prefix length. */
  readonly address: string;
  readonly prefixLength: number;
}

/** A route that moves with a virtual router. */
export interface VirtualRoute {
  /** A network; its address has no bits beyond the prefix. */
  readonly destination: VirtualAddress;
  /** Gateway of the same family, canonical text; absent: directly connected. */
  readonly via?: string;
  readonly interface: string;
  /** Address of this host, or a virtual one, that the kernel speaks from; canonical text. */
  readonly source?: string;
  /** 0-4294967295; the lowest wins. */
  readonly metric: number;
  /** 1-4294967295; 254 is the main one. */
  readonly table: number;
}

/** Effect of a tracker: see design "Effective priority". */
export interface TrackedScript {
  readonly name: string;
  readonly command: readonly string[];
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Consecutive successes before it counts as passing. */
  readonly rise: number;
  /** Consecutive failures before it counts as failing. */
  readonly fall: number;
  /** Negative: subtracted while failing. Positive: added while passing. 0: failing is a fault. */
  readonly weight: number;
}

/** Servers of an upstream that must be up: a share of all (1-100), or so many. */
export type MinimumUp = { readonly percent: number } | { readonly count: number };

/** An upstream whose servers' health counts; the weight as a script's. */
export interface TrackedUpstream {
  readonly name: string;
  readonly minUp: MinimumUp;
  readonly weight: number;
}

/** An interface, besides the router's own, whose carrier counts; the weight as a script's. */
export interface TrackedInterface {
  readonly name: string;
  readonly weight: number;
  /** How long it must be up before it counts as up. */
  readonly upDelayMs: number;
  readonly downDelayMs: number;
}

/** A neighbour on the router's interface that must answer; the weight as a script's. */
export interface TrackedGateway {
  readonly name: string;
  /** Canonical text, IPv4 or IPv6. */
  readonly address: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Answers in a row before it counts as reachable. */
  readonly rise: number;
  /** Silences in a row before it counts as unreachable. */
  readonly fall: number;
  readonly weight: number;
}

/** A file with a number that counts; see keepalive/tracking/file-tracker.ts. */
export interface TrackedFile {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** The number is multiplied by it; 0: any number but 0 is a fault. */
  readonly weight: number;
}

/** The kernel's name of a process (at most 15 bytes), or its whole command line. */
export type ProcessMatch = { readonly name: string } | { readonly command: readonly string[] };

/** Processes that must run; the weight as a script's. */
export interface TrackedProcess {
  readonly name: string;
  readonly match: ProcessMatch;
  /** So many of them. */
  readonly quorum: number;
  readonly weight: number;
}

/** What lowers or raises the priority of a virtual router. */
export interface Tracking {
  readonly proxy: boolean;
  readonly interfaces: readonly TrackedInterface[];
  readonly scripts: readonly string[];
  /** Absent: none. */
  readonly upstreams?: readonly TrackedUpstream[];
  /** Absent: none. */
  readonly gateways?: readonly TrackedGateway[];
  /** Absent: none. */
  readonly files?: readonly TrackedFile[];
  /** Absent: none. */
  readonly processes?: readonly TrackedProcess[];
}

/** The BFD session that watches a virtual router's peer (design 4.2 rule 5). */
export interface BfdConfig {
  /** The peer's address on the router's interface, canonical text; of either family. */
  readonly peer: string;
  /** Time between packets, both ways, as far as the peer agrees. */
  readonly intervalMs: number;
  /** Packets of ours lost in a row that make the peer take us for lost. */
  readonly multiplier: number;
}

/** Adverts to named hosts in place of the multicast group. */
export interface UnicastConfig {
  /** Own address that they leave from, canonical text; absent: the one nearest to the first peer. */
  readonly source?: string;
  /** Where they go to and come from, canonical text, of the router's family; at least one. */
  readonly peers: readonly string[];
  /** Least TTL or hop limit of an advert that is accepted, 1-255. */
  readonly minTtl: number;
}

/** How a router's adverts prove whose they are. */
export type AuthConfig = PasswordAuthConfig | HmacAuthConfig;

/** VRRPv2's plain text password (RFC 2338). */
export interface PasswordAuthConfig {
  readonly type: 'password';
  /** 8 bytes, zero padded, as they are on the wire. */
  readonly password: Uint8Array;
}

/** The command that is run on every transition of a virtual router. */
export interface NotifyConfig {
  /** Program with its absolute path, and arguments. */
  readonly command: readonly string[];
  readonly timeoutMs: number;
}

/** A trailer with an HMAC (docs/adr/0010). */
export interface HmacAuthConfig {
  readonly type: 'hmac';
  /** `permissive` still believes adverts without a trailer; a wrong one is refused in both. */
  readonly mode: 'permissive' | 'enforce';
  /** Id of the key that signs; it is one of `keys`. */
  readonly activeKey: number;
  readonly keys: readonly AuthKeyConfig[];
}

/** A key that all hosts share. */
export interface AuthKeyConfig {
  /** 1-255. */
  readonly id: number;
  /** 32 to 64 bytes. */
  readonly secret: Uint8Array;
}

/** One VRRP virtual router of one address family on this node. */
export interface VirtualRouterConfig {
  /** Name in the config; a router with both families becomes `web` and `web.ipv6`. */
  readonly name: string;
  readonly vrid: number;
  readonly interface: string;
  readonly family: 4 | 6;
  readonly version: 2 | 3;
  /** Configured priority of this node, 1-255 (255: address owner). */
  readonly priority: number;
  /** Routers of one group move together; absent: this one moves alone. */
  readonly syncGroup?: string;
  readonly advertIntervalMs: number;
  readonly addresses: readonly VirtualAddress[];
  /** False: the Active host drops packets to the addresses (RFC 9568 section 6.1); absent: true. */
  readonly accept?: false;
  /** `vmac`: the addresses are at a virtual MAC, on a device of its own; absent: plain. */
  readonly mode?: 'plain' | 'vmac';
  /** Of either family: they move with the others and are in no advertisement; absent: none. */
  readonly excludedAddresses?: readonly VirtualAddress[];
  /** Of either family; absent: none. */
  readonly routes?: readonly VirtualRoute[];
  readonly preempt: boolean;
  /** How long to be the better node before taking the addresses back, 0-1000 s; absent: 0. */
  readonly preemptDelayMs?: number;
  /** Least wait before a claim after a start in which nothing was heard, 0-1000 s; absent: 0. */
  readonly startupDelayMs?: number;
  /** `other`: the peer is not Tandem (keepalived), so only RFC signals are understood. */
  readonly peer: 'tandem' | 'other';
  /** Highest configured priority of the other nodes in the file; absent when there are none. */
  readonly peerPriority?: number;
  /**
   * No other node ever has a higher priority than this: it bounds how soon one takes over in silence.
   * Absent: nothing is known of the others (`peer: other`, or none in the file).
   */
  readonly peerPriorityMax?: number;
  /** True turns every departure from RFC 9568 off (design 4.2). */
  readonly strictRfc: boolean;
  /**
   * How long connections may last here after the addresses were given to the peer; 0 or absent: the
   * addresses always move without an agreement.
   */
  readonly drainTimeoutMs?: number;
  /** Why not, as the end of a sentence: `without pair`. Absent: nothing in the file is against it. */
  readonly noHandover?: string;
  /** Listeners whose connections break all the same: they are bound to an address of it. Absent: none. */
  readonly handoverBreaks?: readonly string[];
  /** Absent: adverts alone say whether the peer lives. */
  readonly bfd?: BfdConfig;
  /** Absent: adverts go to the multicast group. */
  readonly unicast?: UnicastConfig;
  /** Absent: adverts prove nothing. */
  readonly auth?: AuthConfig;
  /**
   * A neighbour on the interface, canonical text: while it answers the Active router, and that one
   * answers over the pair connection, nobody takes over. Absent without `pair`.
   */
  readonly witness?: string;
  /** Absent: nobody is told. */
  readonly notify?: NotifyConfig;
  readonly track: Tracking;
}

/** Where a secret is: never in the config itself. */
export type SecretSource =
  | { readonly type: 'file'; readonly path: string }
  | { readonly type: 'env'; readonly name: string };

/** One way between the two hosts: an own address here and there, canonical text. */
export interface PairPathConfig {
  readonly local: string;
  readonly remote: string;
}

/** The connection between the two agents (design section 3). */
export interface PairConfig {
  /** Name of the other node. */
  readonly peer: string;
  readonly secret: SecretSource;
  /** TCP port, the same on both hosts. */
  readonly port: number;
  /** One or more. */
  readonly paths: readonly PairPathConfig[];
}

export interface AgentConfig {
  /** This node's name. */
  readonly node: string;
  /** Names of all nodes in the file; a single one means no peer, so no fence. */
  readonly nodes: readonly string[];
  /** Canonical text; the other nodes' own addresses, where the file has them. */
  readonly peerAddresses?: readonly string[];
  /** SHA-256 of the config file's content, hex: equal on both hosts when the files are equal. */
  readonly digest: string;
  readonly virtualRouters: readonly VirtualRouterConfig[];
  /** Absent: the agents talk in adverts only. */
  readonly pair?: PairConfig;
  readonly healthScripts: readonly TrackedScript[];
}
