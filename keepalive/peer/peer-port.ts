/**
 * The other agent as this one can reach it beside the VRRP LAN (design sections 3 and 4.2): what the
 * agent says of itself, what it hears, and questions with a deadline. src/pair/ implements it over
 * TLS, the simulator in memory. Losing it never moves an address: it only leaves questions unanswered.
 */
import type { StateName } from '../virtual-router/action.ts';
import type { HandoverCause } from '../virtual-router/event.ts';
import type { HolderAnswer } from '../virtual-router/vouching.ts';

/** One virtual router as its node tells the peer. */
export interface PeerRouterReport {
  readonly name: string;
  readonly state: StateName;
  /** Effective priority, 1-255. */
  readonly priority: number;
  /** Configured priority, 1-255. */
  readonly configured: number;
  /** What makes the two differ, one text a tracker. */
  readonly reasons: readonly string[];
  /** The kernel lets it speak for its addresses; false also where there is no lease. */
  readonly leaseArmed: boolean;
  /** Its witness answered it when it was asked last; null: there is none, or no answer yet. */
  readonly witness: boolean | null;
  /** Absent: it hands nothing over, or is of a version that cannot. */
  readonly handover?: PeerHandoverReport;
}

/** Where an agreed handover stands for one virtual router. */
export interface PeerHandoverReport {
  /** The node's own address on the router's interface, canonical text; null: there is none now. */
  readonly address: string | null;
  /** An operator wants no voluntary move there. */
  readonly onHold: boolean;
  /** It serves connections of an earlier time; null: it does not. */
  readonly drain: {
    readonly leftMs: number;
    /** As its kernel counts; null: not known. */
    readonly connections: number | null;
    /** Age of the oldest; null: not known. */
    readonly oldestMs: number | null;
  } | null;
}

/** What one agent says of itself, with every heartbeat and at each change. */
export interface PeerReport {
  readonly routers: readonly PeerRouterReport[];
}

/** What one agent may ask the other. */
export type PeerQuestion = RouterQuestion | HandoverQuestion;

/** A question about one virtual router, by its name. */
export interface RouterQuestion {
  /** `holder`: what is it there? `resolve`: where does a neighbour of its interface find its addresses? */
  readonly type: 'holder' | 'resolve';
  readonly router: string;
}

/** A step of an agreed handover (keepalive/handover/), of all routers of one sync group together. */
export interface HandoverQuestion {
  readonly type: 'handover';
  /** `offer`: will you take them? `request`: will you give them? `given`: I have resigned. */
  readonly step: 'offer' | 'request' | 'given';
  /** Tells one negotiation from another; the same question may arrive over several paths. */
  readonly id: number;
  /** Names of the virtual routers. */
  readonly routers: readonly string[];
  readonly cause: HandoverCause;
  /** What the asking host is worth now, 1-255. */
  readonly priority: number;
}

/** Where a neighbour finds one virtual address. */
export interface ResolvedAddress {
  /** Canonical text. */
  readonly address: string;
  /** Hardware addresses of those who say that they have it, `02:00:00:00:00:0b`. */
  readonly macs: readonly string[];
}

/** The answer to a question of the same type. */
export type PeerAnswer =
  | ({ readonly type: 'holder' } & HolderAnswer)
  /** Null: it could not ask. */
  | { readonly type: 'resolve'; readonly resolved: readonly ResolvedAddress[] | null }
  /** Why not, when it is not granted. */
  | { readonly type: 'handover'; readonly granted: boolean; readonly reason: string | null };

/** The agent's side: where the connection gets what it tells the peer. */
export interface PeerDesk {
  /** Called for every heartbeat and after `changed`. */
  report(): PeerReport;
  /** Answers a question of the peer, at once or later, at most once; or never. */
  answer(question: PeerQuestion, respond: (answer: PeerAnswer) => void): void;
  /** The peer's report has come, or the connection with it was lost (`null`). */
  heard(report: PeerReport | null): void;
}

/** The connection between the two agents. */
export interface PeerPort {
  /** From now on the peer is told and answered. */
  serve(desk: PeerDesk): void;
  /** The report is another one than before: tell the peer now. */
  changed(): void;
  /**
   * Asks over every path that is up; the first answer counts. Calls back exactly once, with null
   * when none came within `timeoutMicros` or the peer cannot be asked.
   */
  ask(
    question: PeerQuestion,
    timeoutMicros: number,
    onAnswer: (answer: PeerAnswer | null) => void,
  ): void;
  status(): PairStatus;
}

/** One path between the two hosts: a side link. */
export interface PairPathStatus {
  readonly local: string;
  readonly remote: string;
  readonly connected: boolean;
  /** How long it has been so. */
  readonly forMs: number;
  /** Of the last heartbeat that was answered; null: none yet. */
  readonly roundTripMs: number | null;
  /** Why it is not connected, or what was last refused on it; null: nothing. */
  readonly trouble: string | null;
  readonly statistics: PairPathStatistics;
}

/** Counters of one path. */
export interface PairPathStatistics {
  connected: number;
  lost: number;
  dialFailures: number;
  /** The two hosts have different secrets. */
  secretRefused: number;
  /** Handshakes and greetings that were refused for another reason. */
  refused: number;
  /** Connections from other addresses than the peer's, and too many at once. */
  turnedAway: number;
  messagesReceived: number;
  messagesSent: number;
  /** Messages that this version does not know, or that make no sense. */
  messagesIgnored: number;
}

/** What is known of the other agent. */
export interface PairPeerStatus {
  readonly version: string;
  /** Of its config file. */
  readonly digest: string;
  /** It runs the same config file. */
  readonly sameFile: boolean;
  readonly sameVersion: boolean;
  /** Its wall clock less ours. */
  readonly clockAheadMs: number;
  /** Its last report; null: none yet. */
  readonly report: PeerReport | null;
  readonly reportAgoMs: number | null;
}

/** The connection between the agents. */
export interface PairStatus {
  /** Name of the other node. */
  readonly peer: string;
  readonly connected: boolean;
  readonly paths: readonly PairPathStatus[];
  /** What it last said of itself, also while it is not connected; null: it was never heard. */
  readonly node: PairPeerStatus | null;
  readonly questions: {
    readonly asked: number;
    readonly answered: number;
    readonly served: number;
  };
}
