/** Everything that can happen to a virtual router. */
import type { handoverCauses } from '../events/event-types.ts';
import type { RouterParameters, Standing } from './state.ts';
import type { HolderAnswer } from './vouching.ts';

/** An advertisement that passed every check of RFC 9568 section 7.1. */
export interface HeardAdvertisement {
  readonly priority: number;
  readonly intervalMicros: number;
  /** Sender's address, 4 or 16 bytes; not a view of the packet. */
  readonly source: Uint8Array;
  /** When it was heard. */
  readonly at: number;
}

/** Why a router leaves the election. */
export type ShutdownCause =
  | 'stop'
  | 'link-down'
  | 'interface-missing'
  | 'no-source-address'
  | 'socket-error';

/**
 * `claim`: every member may. `yield`: become Backup. `concede`: the same to a better router, which is to
 * hear us once more. `resign`: say so with priority 0 first.
 * `listen`: a whole Active_Down_Interval anew before claiming.
 */
export type GroupOrder = 'claim' | 'yield' | 'concede' | 'resign' | 'listen';

/**
 * Why an Active router hands over. `operator`: one says so. `priority`: it fell, and the peer is better.
 * `preempted`: the peer is better, and asked. `stop`: the agent is stopping.
 */
export type HandoverCause = (typeof handoverCauses)[number];

/** One input of the state machine. */
export type RouterEvent =
  /** The interface can be used. `leased`: see the state. */
  | { readonly type: 'startup'; readonly leased: boolean }
  | { readonly type: 'shutdown'; readonly cause: ShutdownCause }
  /** A deadline may have passed. Harmless when none has. */
  | { readonly type: 'tick' }
  | {
      readonly type: 'advertisement';
      readonly heard: HeardAdvertisement;
      /** Our own address on the interface, for the tie-break. */
      readonly localAddress: Uint8Array;
    }
  /** Trackers changed the effective priority. */
  | { readonly type: 'standing'; readonly standing: Standing }
  /** The configuration changed; a change that makes it another router is not this event. */
  | {
      readonly type: 'reconfigure';
      readonly parameters: RouterParameters;
      readonly standing: Standing;
      /** The list of addresses is another one. */
      readonly readdressed: boolean;
    }
  /**
   * The lease is not armed although the router is Active. `silent`: our advertisements may not have
   * left for some time, so somebody may have taken over.
   */
  | { readonly type: 'lease-lost'; readonly silent: boolean }
  /** BFD lost a host that it had heard (design 4.2 rule 5). */
  | {
      readonly type: 'peer-lost';
      /** 4 or 16 bytes; not always of the family of the advertisements. */
      readonly peer: Uint8Array;
      /** When BFD heard it last. */
      readonly lastHeardAt: number;
      /** Detection Time. */
      readonly detectionMicros: number;
      /** The agreed time between its packets. */
      readonly intervalMicros: number;
    }
  /** The peer answered the question that was asked at `asked` (vouching.ts). */
  | { readonly type: 'peer-answer'; readonly asked: number; readonly answer: HolderAnswer }
  /** The host that BFD lost speaks again, and is the process that it was. */
  | { readonly type: 'peer-heard'; readonly peer: Uint8Array }
  /** What another member of the sync group makes this one do (sync-group.ts). */
  | {
      readonly type: 'group';
      readonly order: GroupOrder;
      /** Name of that member. */
      readonly member: string;
      /** Added to the down timer of a router that becomes Backup. */
      readonly extraMicros: number;
    }
  /**
   * Another host of the pair answers for our addresses although nobody hears the other's
   * advertisements (duplicates/). `yield`: this one gives way. `answers`: the one that it gave way
   * to still does.
   */
  | {
      readonly type: 'duplicate';
      readonly order: 'yield' | 'answers';
      /** `02:00:00:00:00:0b` */
      readonly mac: string;
    }
  /** Something suggests that neighbours may believe another host: announce again. */
  | { readonly type: 'doubt' }
  /**
   * The peer is ready to take over from this Active router, and to pass on what is not its own; in
   * the other states: from the rest of the sync group.
   */
  | { readonly type: 'hand-over'; readonly cause: HandoverCause }
  /** The peer was asked at that time to take over, or to hand over. False: nothing comes of it. */
  | { readonly type: 'handover-answer'; readonly asked: number; readonly granted: boolean }
  /** The Active router is about to resign in favour of this one. */
  | { readonly type: 'expect'; readonly until: number }
  /** It has, says the peer beside the LAN. */
  | { readonly type: 'given' }
  /** Nothing is left on the addresses that were given away. */
  | { readonly type: 'drained' }
  /**
   * An operator of either host wants no voluntary move, or wants them again. `released`: it was said
   * here, and takes back what was yielded here.
   */
  | { readonly type: 'hold'; readonly onHold: boolean; readonly released: boolean };
