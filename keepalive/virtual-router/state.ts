/**
 * What one virtual router knows. Deadlines live in here as points on the monotonic clock: the
 * driver arms one timer for the earliest, and a timer that fires early or twice finds nothing due.
 */
import type { HeardAdvertisement } from './event.ts';
import { noPreempts, type Preempts } from './hold-down.ts';
import { questionAt } from './vouching.ts';

/** What the configuration fixes, until it is reloaded. */
export interface RouterParameters {
  readonly version: 2 | 3;
  readonly advertIntervalMicros: number;
  readonly preempt: boolean;
  /** The router owns its addresses (priority 255): always preempts, has no trackers. */
  readonly owner: boolean;
  /** Design 4.2 rule 3: a peer that is not Tandem follows only what the RFC defines. */
  readonly peer: 'tandem' | 'other';
  /** Highest configured priority of the other nodes; null when the file does not say. */
  readonly peerPriority: number | null;
  /** Every departure of design 4.2 is off. */
  readonly strictRfc: boolean;
  /** How long to be the better router before taking the address from a sound one. */
  readonly preemptDelayMicros: number;
  /** After a start without any advertisement heard: the least wait before a claim. */
  readonly startupDelayMicros: number;
  /** Asks the peer before it takes silence for death (vouching.ts). */
  readonly asksPeer: boolean;
  /** In a sync group: claims only together with the others (sync-group.ts). */
  readonly grouped: boolean;
  /** How long connections may last after an agreed handover (handing-over.ts); 0: there is none. */
  readonly drainMicros: number;
}

/** The effective priority (design 4.1) with the one fact about it that the timers need. */
export interface Standing {
  /** 1-255. */
  readonly priority: number;
  /**
   * A balancer that was not ready once since the agent started: no claim before this time, so that
   * two hosts booting together leave the address to the one that can serve. Null: no such wait.
   */
  readonly claimNotBefore: number | null;
  /**
   * The balancer has not looked at its origins since a link came up: no voluntary preemption before
   * this time. Absent: no such wait.
   */
  readonly preemptNotBefore?: number;
}

interface Common {
  readonly parameters: RouterParameters;
  readonly standing: Standing;
  /** The kernel keeps a lease for the addresses (design 4.3): without it they are mute. */
  readonly leased: boolean;
  /** The last advertisement heard from an Active router that is not this one. */
  readonly heard: HeardAdvertisement | null;
  /** How often it took the address back (hold-down.ts). */
  readonly preempts: Preempts;
  /** An operator wants no voluntary move until further notice. */
  readonly onHold: boolean;
}

/** Not taking part: not started, stopped, or the interface cannot be used. */
export interface InitializeState extends Common {
  readonly name: 'Initialize';
  /** It had given the addresses up on an operator's word (BackupState), which a lost link does not take back. */
  readonly yielded: boolean;
}

/** What the down timer of a Backup waits for. */
export type DownCause = 'silence' | 'resigned' | 'given' | 'lower-priority' | 'peer-lost';

/** The addresses were given away, and the connections that they had here go on (design 4.4). */
export interface Drain {
  readonly since: number;
  /** Then what is left is cut. */
  readonly until: number;
}

/** The Active router before this one, as agreed. */
export interface Giver {
  readonly source: Uint8Array;
  /** Until then its advertisements are from before. */
  readonly until: number;
}

/** A lower priority that is not advertised yet, because the peer was asked to take over first. */
export interface Withheld {
  /** The one that is advertised meanwhile. */
  readonly priority: number;
  /** The end of patience. */
  readonly until: number;
}

/** Answers in a row that kept a Backup from claiming. */
export interface Vouched {
  readonly since: number;
  readonly answers: number;
}

/** Listening to the Active router. */
export interface BackupState extends Common {
  readonly name: 'Backup';
  /** When this router became Backup. */
  readonly listeningSince: number;
  /** Active_Down_Timer. */
  readonly activeDownAt: number;
  /** After a tie in a sync group: no claim before, and later while the tie lasts; 0: none. */
  readonly patientUntil: number;
  readonly downCause: DownCause;
  /** The Active router whose advertisements set the timer; null when none did. */
  readonly followed: HeardAdvertisement | null;
  /** Of the Active router that BFD lost: its last sign of life; null while BFD lost none. */
  readonly lastSignAt: number | null;
  /** Active_Adver_Interval: our own until an Active router's is heard (RFC 9568 section 6.1). */
  readonly activeIntervalMicros: number;
  /** The down timer ran out before `claimNotBefore`: only the wait is left. */
  readonly held: boolean;
  /** Wakes in a row that came later than an interval. */
  readonly lateWakes: number;
  /** Since when every advertisement heard was of a lower priority; null: the last one was not. */
  readonly betterSince: number | null;
  /** The down timer ran out, and the claim waits for the rest of the sync group. */
  readonly ready: boolean;
  /** When the peer was asked whether it lives, for this down timer; null: not yet. */
  readonly asked: number | null;
  /** The peer is not heard, and says beside the LAN that it is well; null: it does not. */
  readonly vouched: Vouched | null;
  /** Null: no connection of an earlier time goes on here. */
  readonly drain: Drain | null;
  /** Gave the addresses up on an operator's word: they are not taken back from a sound router. */
  readonly yielded: boolean;
  /** Until then the Active router's resignation is meant for this one; 0: no such thing was agreed. */
  readonly expectsUntil: number;
  /** When the peer was asked to hand over rather than be preempted; null: it was not. */
  readonly requested: number | null;
}

/** Answering for the addresses. */
export interface ActiveState extends Common {
  readonly name: 'Active';
  /** Adver_Timer. */
  readonly advertiseAt: number;
  /**
   * Woken after a stall long enough for a Backup to have taken over, or found mute: silent until
   * then, and any advertisement heard meanwhile means that one did.
   */
  readonly lookAroundUntil: number | null;
  /** How long the event loop had not run when the look-around began. */
  readonly stalledMicros: number;
  /** Look-arounds in a row. */
  readonly lateWakes: number;
  /** Next announcement (gratuitous ARP or unsolicited neighbour advertisement). */
  readonly announceAt: number;
  /** Start of the schedule `announceAt` comes from, and its position in it. */
  readonly announceFrom: number;
  readonly announceStep: number;
  /** Null: what is advertised is what the router is worth. */
  readonly withheld: Withheld | null;
  /** Who gave us the addresses: what it advertised before may still be on its way; null: nobody did. */
  readonly giver: Giver | null;
}

/** A virtual router in one of the three states of RFC 9568 section 6.4. */
export type RouterState = InitializeState | BackupState | ActiveState;

/** The state before anything happened. */
export function initialState(parameters: RouterParameters, standing: Standing): InitializeState {
  return {
    name: 'Initialize',
    yielded: false,
    parameters,
    standing,
    leased: false,
    heard: null,
    preempts: noPreempts,
    onHold: false,
  };
}

/** When `step` next wants a tick; null while it waits for nothing. */
export function nextDeadline(state: RouterState): number | null {
  switch (state.name) {
    case 'Initialize':
      return null;
    case 'Backup':
      return earliest(backupDeadline(state), state.drain?.until ?? null);
    case 'Active':
      return (
        state.lookAroundUntil ??
        earliest(Math.min(state.advertiseAt, state.announceAt), state.withheld?.until ?? null)
      );
  }
}

function backupDeadline(state: BackupState): number | null {
  return state.ready ? null : (questionAt(state) ?? state.activeDownAt);
}

function earliest(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}
