/** The agent's status: plain values that survive JSON, durations instead of points in time. */
import type { VirtualAddress } from '../src/config/agent-config.ts';
import type { BfdSessionStatus } from './bfd/status.ts';
import type { DuplicateStatus } from './duplicates/status.ts';
import type { ConnectionKind, PassedOn } from './handover/handover-ports.ts';
import type { LatenessSummary } from './lateness.ts';
import type { ChecksumForm } from './packet/advertisement.ts';
import type { AnnouncementStatus } from './peer/announcement-check.ts';
import type { PairStatus } from './peer/peer-port.ts';
import type { WitnessStatus } from './peer/witness.ts';
import type { Lateness, LinkStatistics, RouterStatistics } from './statistics.ts';
import type { ProxyReport } from './tracking/proxy-tracker.ts';
import type { SelfFaultStatus } from './tracking/self-faults.ts';
import type { StateName } from './virtual-router/action.ts';
import type { TrackerReading } from './virtual-router/priority.ts';

/** A change of state with its evidence. */
export interface Transition {
  /** Name of the virtual router. */
  readonly router: string;
  readonly vrid: number;
  readonly interface: string;
  readonly from: StateName;
  readonly to: StateName;
  /** One sentence for an operator. */
  readonly why: string;
  /** The same as values: `reason`, and as they apply `peer`, `peerPriority`, `silentMs`... */
  readonly evidence: Readonly<Record<string, string | number>>;
  /** Effective priority at that moment. */
  readonly priority: number;
  /** Monotonic microseconds. */
  readonly at: number;
}

/** Addresses that were given to the peer, and what goes on here until it has ended. */
export interface DrainStatus {
  /** Until what is left is cut. */
  readonly leftMs: number;
  readonly forMs: number;
  /** As the kernel counts; null: not known. */
  readonly connections: number | null;
  /** As the balancer knows them; null: it has not said. */
  readonly kinds: Readonly<Record<ConnectionKind, number>> | null;
  /** Age of the oldest; null: the balancer has not said. */
  readonly oldestMs: number | null;
}

/** The last drain that is over. */
export interface LastDrainStatus {
  /** As of the event `drain-ended`. */
  readonly how: 'empty' | 'timeout' | 'claimed' | 'abandoned';
  /** What was left, as the kernel counted last; null: not known. */
  readonly connections: number | null;
  readonly forMs: number;
  readonly agoMs: number;
}

/** Packets of connections that this host does not know go to a peer that drains. */
export interface SecondChanceStatus extends PassedOn {
  /** Its own address, canonical text. */
  readonly peer: string;
}

/** What agreed handovers have to do with a router. */
export interface HandoverStatus {
  /** Null: nothing drains. To the protocol a router that drains is a Backup. */
  readonly drain: DrainStatus | null;
  /** Null: there was none since the agent started. */
  readonly lastDrain: LastDrainStatus | null;
  /** Null: nothing is passed on. */
  readonly secondChance: SecondChanceStatus | null;
  /** Ever since the agent started. */
  readonly passedOn: PassedOn;
  /** Why this host could not pass packets on, as its kernel said at the start; null: it could. */
  readonly cannotPassOn: string | null;
  /** Gave the addresses up on an operator's word, and does not take them back from a sound peer. */
  readonly yielded: boolean;
}

/** Whether an operator wants no voluntary move. */
export interface HoldStatus {
  readonly own: boolean;
  /** On the other node; what it said last. */
  readonly peer: boolean;
}

/** What became of a wish to hand over. */
export interface HandoverResult {
  /** Routers that move together, by name. */
  readonly routers: readonly string[];
  readonly outcome: 'given' | 'refused' | 'not-active';
  /** Null: given. */
  readonly reason: string | null;
  /** Name of the other node; null: there is none to talk to. */
  readonly to: string | null;
}

/** One virtual router. */
export interface RouterStatus extends HandoverStatus {
  readonly name: string;
  readonly vrid: number;
  readonly interface: string;
  readonly family: 4 | 6;
  readonly version: 2 | 3;
  readonly state: StateName;
  readonly stateForMs: number;
  /**
   * The routers that move with it; null: none. `ready`: it would claim, and waits for them.
   */
  readonly syncGroup: { readonly name: string; readonly ready: boolean } | null;
  /** Why it is out of the election; null while it takes part. */
  readonly waitingFor: string | null;
  readonly priority: {
    readonly configured: number;
    readonly effective: number;
    readonly trackers: readonly TrackerReading[];
    /** Milliseconds until a node that was never ready may claim; null when it may. */
    readonly claimInMs: number | null;
  };
  /** Faults of this node that show only while it is Active, and are still believed. */
  readonly selfFaults: readonly SelfFaultStatus[];
  /** Why the file lets the addresses move by VRRP alone, as the end of a sentence; null: nothing in it does. */
  readonly noHandover: string | null;
  /** Listeners whose connections break in a handover all the same: they are bound to the addresses. */
  readonly handoverBreaks: readonly string[];
  /** What holds a better node back from taking the addresses of a sound Active router. */
  readonly preempt: {
    /** Until it may; null: nothing to wait for. */
    readonly inMs: number | null;
    /** How often it took them lately. */
    readonly recent: number;
  };
  /** Who holds the addresses as far as this node knows; null: nobody heard. */
  readonly active: {
    readonly self: boolean;
    readonly address: string;
    readonly priority: number;
    /** Null for ourselves. */
    readonly lastHeardMs: number | null;
  } | null;
  /**
   * The Active router is not heard, and its answers on a side link keep this one from claiming: for how
   * long, and how many they were; null: nothing does.
   */
  readonly vouched: { readonly forMs: number; readonly answers: number } | null;
  /** Null: there is none. */
  readonly witness: WitnessStatus | null;
  /** Whether the peer finds the addresses here since the last claim; null: not Active, or no `pair`. */
  readonly announcement: AnnouncementStatus | null;
  readonly addresses: readonly (VirtualAddress & { readonly held: boolean })[];
  /** The virtual MAC and its device; null in plain mode. */
  readonly virtualMac: { readonly address: string; readonly device: string | null } | null;
  /** Addresses that move with them and are in no advertisement. */
  readonly excludedAddresses: readonly (VirtualAddress & { readonly held: boolean })[];
  /** Virtual routes, in the words of `ip route`. */
  readonly routes: readonly { readonly route: string; readonly held: boolean }[];
  /** The kernel's lease: with it, a process that does not run cannot speak for the addresses. */
  readonly lease: {
    readonly open: boolean;
    /** Why there is none. */
    readonly reason: string | null;
    /** Active, but silent until it has looked around after a stall. */
    readonly mute: boolean;
  };
  /** Where its advertisements go, and from which address. */
  readonly delivery: {
    /** Null while there is none. */
    readonly source: string | null;
    /** The multicast group, or the unicast peers. */
    readonly destinations: readonly string[];
    readonly unicast: boolean;
    /** Least TTL or hop limit that is accepted. */
    readonly minTtl: number;
  };
  /** How advertisements prove whose they are. */
  readonly auth: 'none' | 'password' | 'hmac-permissive' | 'hmac-enforce';
  readonly timers: {
    readonly advertIntervalMs: number;
    /** Active_Adver_Interval: the Active router's, learned. */
    readonly activeAdvertIntervalMs: number;
    readonly skewMs: number;
    readonly activeDownMs: number;
    /** Until the next deadline; null while none is set. */
    readonly nextInMs: number | null;
  };
  /** Checksum form of the last advertisement heard (packet/advertisement.ts). */
  readonly peerChecksum: ChecksumForm | null;
  /** How late its advertisements left while it was Active. */
  readonly advertLateness: LatenessSummary;
  readonly statistics: RouterStatistics;
  /** Oldest first, at most `transitionsKeptMax`. */
  readonly transitions: readonly (Transition & { readonly agoMs: number })[];
}

/** One interface and address family. */
export interface LinkStatus {
  readonly interface: string;
  readonly family: 4 | 6;
  /** Null when there is no such interface. */
  readonly running: boolean | null;
  /** Our address for advertisements. */
  readonly address: string | null;
  readonly statistics: LinkStatistics;
}

/** One health script. */
export interface ScriptStatus {
  readonly name: string;
  readonly verdict: 'unknown' | 'passing' | 'failing';
  readonly weight: number;
  readonly runs: number;
  readonly last: {
    readonly passed: boolean;
    readonly output: string;
    readonly durationMs: number;
    readonly agoMs: number;
  } | null;
}

/** Everything the agent knows. */
export interface AgentStatus {
  readonly node: string;
  /** Digest of the configuration it runs. */
  readonly digest: string;
  readonly uptimeMs: number;
  /** How late this process is with what it has to do: the timer of all deadlines. */
  readonly timerLateness: LatenessSummary & { readonly histogram: Lateness };
  readonly proxy: ProxyReport & { readonly everReady: boolean };
  readonly routers: readonly RouterStatus[];
  readonly links: readonly LinkStatus[];
  readonly scripts: readonly ScriptStatus[];
  /** Who else answers for the addresses; one for each virtual router. */
  readonly duplicates: readonly DuplicateStatus[];
  /** BFD sessions with the peers; empty without `bfd` in the config. */
  readonly bfd: readonly BfdSessionStatus[];
  readonly hold: HoldStatus;
  /** The connection with the other agent; null without `pair` in the config. */
  readonly pair: PairStatus | null;
}
