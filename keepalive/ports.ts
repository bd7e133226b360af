/**
 * What the agent needs from the world, as small interfaces. keepalive/io/ implements them on the
 * kernel, the simulator and the unit tests implement them in memory. Times are integer microseconds
 * on a monotonic clock; addresses on the wire are bytes (4 or 16) in network order.
 */
import type { ProcessMatch, VirtualAddress, VirtualRoute } from '../src/config/agent-config.ts';
import type { EventSink } from './events/event-types.ts';
import type { ConnectionCensus, DrainOrder, SecondChancePort } from './handover/handover-ports.ts';
import type { JournalSink } from './journal/journal.ts';
import type { Route, SourceChoice } from './packet/delivery.ts';
import type { PeerPort } from './peer/peer-port.ts';

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Monotonic, integer microseconds. */
  now(): number;
  /** Calls back once at or after `atMicros`, never before it. */
  timer(atMicros: number, callback: () => void): Timer;
}

export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Logger;
}

/** A protocol-112 packet as it arrived. Views are valid only during the callback. */
export interface ReceivedPacket {
  /** VRRP message, IP header removed, trailing Ethernet padding removed by the IP length. */
  readonly message: Uint8Array;
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** TTL or hop limit; RFC 9568 demands 255. */
  readonly hopLimit: number;
}

export interface AdvertisementSocket {
  /** Our address on the interface, never a virtual one; null while there is none. */
  sourceAddress(choice: SourceChoice): Uint8Array | null;
  /** Sends to the multicast group or to a peer. Throws OsError when the kernel refuses. */
  send(message: Uint8Array, route: Route): void;
  /**
   * Delivers at once, through `onPacket`, what the kernel has queued, and returns how many packets it
   * was: a down timer is believed only when nothing unread contradicts it. Throws OsError.
   */
  readQueued(): number;
  close(): void;
}

/** A BFD control packet as it arrived. Views are valid only during the callback. */
export interface ReceivedBfdPacket {
  readonly message: Uint8Array;
  readonly source: Uint8Array;
  /** TTL or hop limit; RFC 5881 demands 255. */
  readonly hopLimit: number;
}

export interface BfdSocketOptions {
  readonly interface: string;
  /** 4 or 16 bytes; link-local IPv6 is on that interface. */
  readonly peer: Uint8Array;
  /** Every packet that arrives on the interface: whose it is decides who reads it. */
  onPacket(packet: ReceivedBfdPacket): void;
}

export interface BfdSocket {
  /** Sends to the peer with hop limit 255. Throws OsError when the kernel refuses. */
  send(message: Uint8Array): void;
  /**
   * Delivers at once, through `onPacket`, what the kernel has queued, and returns how many packets
   * it was: a Detection Time is over only when nothing unread contradicts it. Throws OsError.
   */
  readQueued(): number;
  close(): void;
}

export interface NeighbourProbeOptions {
  readonly interface: string;
  /** The neighbour: 4 or 16 bytes. */
  readonly target: Uint8Array;
  /** Addresses (canonical text) that must never be a question's sender: the virtual ones. */
  readonly never: readonly string[];
  /** The neighbour answered a question. */
  onAnswer(): void;
}

/** Asks a neighbour on the LAN whether it is there: ARP, or neighbour solicitation. */
export interface NeighbourProbe {
  /** Sends one question from this host's own address. Throws OsError when that is not possible. */
  ask(): void;
  /**
   * Delivers at once, through `onAnswer`, what the kernel has queued, and returns how many packets
   * it was: silence is believed only when nothing unread contradicts it. Throws OsError.
   */
  readQueued(): number;
  close(): void;
}

export interface ClaimWatchOptions {
  readonly interface: string;
  /** Whose claims are wanted: virtual addresses, and other nodes' own ones; of either family. */
  readonly addresses: readonly Uint8Array[];
  /** Addresses (canonical text) that must never be a question's sender: the virtual ones. */
  readonly never: readonly string[];
  /** Somebody else's frame says that the address (4 or 16 bytes) is at that MAC (6 bytes). */
  onClaim(mac: Uint8Array, ip: Uint8Array): void;
}

/** Hears by ARP and neighbour discovery who claims an address, and asks for it. */
export interface ClaimWatch {
  /** Asks the LAN who has one of the addresses. Throws OsError when that is not possible. */
  ask(target: Uint8Array): void;
  /** Delivers at once, through `onClaim`, what the kernel has queued; returns how many frames. */
  readQueued(): number;
  close(): void;
}

export interface LinkState {
  readonly name: string;
  readonly index: number;
  /** 6 bytes. */
  readonly mac: Uint8Array;
  /** Administratively up and with carrier. */
  readonly running: boolean;
}

export type NetworkEvent =
  | { readonly type: 'link'; readonly interface: string; readonly link: LinkState | null }
  | { readonly type: 'address-removed'; readonly interface: string; readonly address: string }
  | { readonly type: 'address-added'; readonly interface: string; readonly address: string }
  /** The device of a virtual MAC on this interface was removed, or set up or down. */
  | { readonly type: 'virtual-mac-changed'; readonly interface: string }
  /** A route of ours was removed, or somebody else's took its place. */
  | { readonly type: 'routes-changed' }
  /** Events were lost (ENOBUFS): whoever keeps a picture must look again. */
  | { readonly type: 'resync' };

/** Virtual routes in the kernel, told from others by their protocol number. */
export interface RoutePort {
  /** Ours, whoever of us made them. */
  list(): Promise<readonly VirtualRoute[]>;
  /**
   * Idempotent; `routes-changed` says when one of ours is gone again. Rejects when somebody else has such a
   * route, which is left alone.
   */
  add(route: VirtualRoute): Promise<void>;
  /** Idempotent: a route that is not there, or not ours, is success. */
  remove(route: VirtualRoute): Promise<void>;
}

/**
 * Virtual MACs: a device of its own on the interface for each virtual router, which has the
 * addresses. All may throw the kernel's OsError.
 */
export interface VirtualMacPort {
  /** Name of the router's device, be it there or not; null while there is no interface. */
  deviceOf(owner: LeaseOwner): string | null;
  /** Makes the device, down. Idempotent. */
  prepare(owner: LeaseOwner): void;
  /** Makes it where it is missing, and sets it up: from now on the virtual MAC is this host's. */
  raise(owner: LeaseOwner): void;
  /** It is there, and up. */
  isUp(owner: LeaseOwner): boolean;
  /** Sets it down: nothing is answered by it or taken in. Idempotent. */
  lower(owner: LeaseOwner): void;
  /** Removes it, and gives the interface its settings back with the last one. Idempotent. */
  remove(owner: LeaseOwner): void;
  /** Removes what an earlier agent of this instance left behind; names of the devices. */
  sweep(keep: readonly LeaseOwner[]): readonly string[];
}

export interface NetworkPort {
  /** Absent: every virtual router is on its interface itself. */
  readonly virtualMacs?: VirtualMacPort;
  /** Absent: virtual routes are not made. */
  readonly routes?: RoutePort;
  openAdvertisementSocket(options: {
    readonly interface: string;
    readonly family: 4 | 6;
    onPacket(packet: ReceivedPacket): void;
  }): AdvertisementSocket;
  /** The socket of one BFD session. Throws OsError: EADDRINUSE when another program does BFD. */
  openBfdSocket(options: BfdSocketOptions): BfdSocket;
  /** A neighbour's probe on an interface that exists now. Throws OsError. Absent: nobody can ask. */
  openNeighbourProbe?(options: NeighbourProbeOptions): NeighbourProbe;
  /** Throws OsError. Absent: nobody can say who else has an address. */
  openClaimWatch?(options: ClaimWatchOptions): ClaimWatch;
  /** Null when there is no such interface. */
  link(name: string): LinkState | null;
  /** Addresses now on the interface, canonical text, without prefix lengths. */
  addresses(name: string): Promise<readonly string[]>;
  /**
   * Idempotent: an address that is already there is success. IPv6 without DAD. With `validSeconds`
   * the kernel takes it off that much later unless it is added again in time: the backstop of a
   * host that cannot have a lease.
   */
  addAddress(name: string, address: VirtualAddress, validSeconds?: number): Promise<void>;
  /**
   * Idempotent: an address that is not there is success, and so is an interface that is not. One
   * that was renamed meanwhile is found.
   */
  removeAddress(name: string, address: VirtualAddress): Promise<void>;
  /**
   * One gratuitous ARP or unsolicited neighbour advertisement for the address, at the hardware
   * address `mac` in place of the interface's own.
   */
  announce(name: string, address: VirtualAddress, mac?: Uint8Array): void;
  subscribe(listener: (event: NetworkEvent) => void): void;
  close(): void;
}

/**
 * A virtual router's right to speak for its addresses, kept by the kernel (design 4.3): each advert
 * that leaves renews it, and without one it expires. While it is expired the kernel drops our
 * adverts (an IPv6 `send` then fails with ENOBUFS, and so does `announce`; an IPv4 `send` says
 * nothing), and ARP, neighbour discovery and IP packets of the addresses. It is expired when opened.
 */
export interface Lease {
  /** Starts it, or starts it anew, for one duration. Before the first advert of a claim. Throws. */
  arm(): void;
  /** Ends it at once; harmless when it has expired. Throws when the kernel refuses. */
  end(): void;
  /**
   * Renews it as an advert that leaves does, and like one only when it has not expired. For unicast
   * routers: an advert to a peer that answers no ARP never leaves. Throws when the kernel refuses.
   */
  renew(): void;
  /** What the kernel says: false after a stall means that it lapsed. */
  isArmed(): boolean;
  /**
   * From now on the lease is also over when no BFD packet of ours that says Up has left for the
   * Detection Time of the peer; null: no longer. False: that is too short for the kernel's clock
   * tick, and adverts alone keep the lease. Throws when the kernel refuses.
   */
  watch(pace: LeasePace | null): boolean;
  /**
   * From now on it is for these addresses, and each advert renews it by this. Whether it runs, and
   * until when, stays as it is; there is no moment without rules. Throws when the kernel refuses,
   * and all is as before.
   */
  revise(terms: LeaseTerms): void;
  /**
   * For so long from now on (ms, more than 0) the addresses' IP packets pass although the lease is over; ARP,
   * neighbour discovery and adverts are held back as before. Neither the end of the lease, nor `arm`,
   * `revise` or somebody's flush ends it. Throws when the kernel refuses.
   */
  drain(durationMs: number): void;
  /** Nothing passes any longer. Harmless when nothing drains. Throws when the kernel refuses. */
  endDrain(): void;
  /** Removes it: the kernel no longer holds anything back. */
  close(): void;
  /** Lets go of it and leaves it to mute addresses that could not be taken off the host. */
  leave(): void;
}

/** The pace of our BFD packets, as the lease has to know it. */
export interface LeasePace {
  /** Agreed time between them, ms. */
  readonly intervalMs: number;
  /** Silence after which the peer takes us for lost, ms. */
  readonly detectionMs: number;
}

/** What may change while a lease is open. */
export type LeaseTerms = Pick<
  LeaseOptions,
  'addresses' | 'durationMs' | 'bfdPeer' | 'unicast' | 'accept'
>;

/** Whose lease: one virtual router on its interface. */
export type LeaseOwner = Pick<LeaseOptions, 'interface' | 'family' | 'vrid'>;

export interface LeaseOptions {
  readonly interface: string;
  readonly family: 4 | 6;
  readonly vrid: number;
  readonly addresses: readonly VirtualAddress[];
  /** How long an advertisement speaks, ms: less than any Backup's Active_Down_Interval. */
  readonly durationMs: number;
  /** Where our BFD packets go to, canonical text; absent: no BFD. */
  readonly bfdPeer?: string;
  /** False: packets to the addresses are dropped, RFC 9568's Accept_Mode; absent: true. */
  readonly accept?: boolean;
  /** Adverts go to peers, so that the lease has to be renewed with `renew` too; absent: false. */
  readonly unicast?: boolean;
  /**
   * `rules`: somebody removed them (a flushed ruleset), and they were put back with the lease
   * expired; who is Active arms it again here. `expired`: found so although it was armed, because
   * somebody ended it or no advert left in time, so whoever is Active looks around first.
   */
  onLost(cause: 'rules' | 'expired'): void;
}

export interface LeasePort {
  /**
   * Opens the lease of one virtual router on the interface of that name that exists now (open it
   * again when the interface was made anew). Throws with the reason when there can be none:
   * libnftables missing, a kernel without egress hooks, no right to.
   */
  open(options: LeaseOptions): Lease;
  /**
   * Whether a lease of this instance, left behind by an agent that died, still lets the host speak.
   * False where there is none. Throws as `open`.
   */
  runs(owner: LeaseOwner): boolean;
  /**
   * Removes what an earlier agent of this instance left behind, whatever its config was, except the
   * leases to keep. Other instances' stay. Throws as `open`.
   */
  sweep(keep: readonly LeaseOwner[]): void;
  /** Closes every lease. */
  close(): void;
}

/** Runs one health script to its end. */
export interface ScriptRunner {
  run(
    command: readonly string[],
    timeoutMs: number,
    /** Added to what every script finds in its environment. */
    environment?: Readonly<Record<string, string>>,
  ): Promise<{ readonly passed: boolean; readonly output: string; readonly durationMs: number }>;
  /** Kills what still runs. */
  close(): void;
}

/** What a tracked file holds; too much of it is `unreadable`. */
export type FileContent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'missing' }
  | { readonly type: 'unreadable'; readonly reason: string };

/** One file that is watched. */
export interface FileWatch {
  close(): void;
}

/** Reads small files whenever they change. */
export interface FileWatcher {
  /** Calls back with the content soon, and again after each change. Never throws. */
  watch(path: string, onContent: (content: FileContent) => void): FileWatch;
  /** Closes every watch. */
  close(): void;
}

/** Looks for running processes. */
export interface ProcessScanner {
  /** How many processes fit each description, zombies aside. Rejects when it cannot look at all. */
  count(matches: readonly ProcessMatch[]): Promise<readonly number[]>;
}

export interface AgentPorts {
  readonly clock: Clock;
  readonly network: NetworkPort;
  readonly scripts: ScriptRunner;
  /** Absent: tracked files are not read, and count as 0. */
  readonly files?: FileWatcher;
  /** Absent: tracked processes count as not running. */
  readonly processes?: ProcessScanner;
  /** Absent on a host that has none: its stalls are then not fenced. */
  readonly leases?: LeasePort;
  /** Absent: nothing is known of the peer but its adverts. */
  readonly peer?: PeerPort;
  /** Absent: no address is taken over by agreement. */
  readonly secondChances?: SecondChancePort;
  /** Absent: a drain lasts until its end. */
  readonly census?: ConnectionCensus;
  /** Tells the balancer all that drains here now. Absent: nobody is told. */
  readonly tellDrains?: (drains: readonly DrainOrder[]) => void;
  /**
   * Has the balancer check its origins now; its report carries the round when it has. False: there is
   * no balancer to ask. Absent: nobody can be asked.
   */
  readonly checkOrigins?: (round: number) => boolean;
  /** Uniform in [0, 1): jitter and discriminators of BFD. */
  readonly random: () => number;
  /**
   * Microseconds since 1970, for the sequence numbers of authenticated advertisements; it may step.
   * Absent: the monotonic clock, which serves where all hosts have one.
   */
  readonly wallClock?: () => number;
  readonly log: Logger;
  /** Takes what an operator's scripts may want to know; absent: nobody listens. */
  readonly events?: EventSink;
  /** Takes one JSON line per input of a state machine (see journal.ts); absent: none is written. */
  readonly journal?: JournalSink;
}
