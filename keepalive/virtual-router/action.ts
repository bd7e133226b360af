/** What `step` asks the driver to do, in this order. */
import type { HandoverCause, HeardAdvertisement, ShutdownCause } from './event.ts';

/** Why a transition happened, with the numbers an operator asks for. */
export type TransitionReason =
  | { readonly code: 'started' }
  | { readonly code: 'owner' }
  | { readonly code: 'silence'; readonly micros: number; readonly heard: HeardAdvertisement | null }
  | { readonly code: 'resigned'; readonly heard: HeardAdvertisement }
  /** BFD lost the Active router; `micros` since its last sign of life. */
  | { readonly code: 'peer-lost'; readonly micros: number; readonly heard: HeardAdvertisement }
  | {
      readonly code: 'peer-lower';
      readonly heard: HeardAdvertisement;
      readonly priority: number;
    }
  | {
      readonly code: 'peer-higher';
      readonly heard: HeardAdvertisement;
      readonly priority: number;
    }
  | {
      readonly code: 'replaced-while-stalled';
      readonly heard: HeardAdvertisement;
      readonly stalledMicros: number;
    }
  /** Given to the peer, as agreed. */
  | { readonly code: 'handed-over'; readonly cause: HandoverCause }
  /** Given by the Active router, as agreed. */
  | { readonly code: 'given'; readonly heard: HeardAdvertisement }
  | { readonly code: 'fell-behind'; readonly priority: number; readonly before: number }
  /** Another member of the sync group, by name, is not Active any more. */
  | { readonly code: 'group'; readonly member: string }
  /** Another host of the pair answers for the addresses as well; its MAC address. */
  | { readonly code: 'duplicate'; readonly mac: string }
  | { readonly code: 'shutdown'; readonly cause: ShutdownCause };

export type StateName = 'Initialize' | 'Backup' | 'Active';

export type RouterAction =
  /** The kernel may let us speak for the addresses, and does until our advertisements stop. */
  | { readonly type: 'arm-lease' }
  /** It must not any more. */
  | { readonly type: 'end-lease' }
  /** Build the message now and send it; 0 resigns. */
  | { readonly type: 'send-advertisement'; readonly priority: number }
  | { readonly type: 'add-addresses' }
  | { readonly type: 'remove-addresses' }
  | { readonly type: 'announce' }
  /** From now on only connections that are there are served on the addresses, for so long. */
  | { readonly type: 'begin-drain'; readonly micros: number }
  /** The drain is over, or the addresses are ours again. */
  | { readonly type: 'end-drain' }
  /** Ask the peer to take over (`priority`), or to hand over; the outcome is a `handover-answer`. */
  | {
      readonly type: 'seek-handover';
      readonly cause: 'priority' | 'preempted';
      /** Comes back with the outcome. */
      readonly asked: number;
    }
  /** Ask the peer beside the LAN who holds the addresses; its answer names `asked`. */
  | { readonly type: 'ask-peer'; readonly asked: number }
  /** For the log: the better router waits; `preempts`: how often it took the address lately. */
  | { readonly type: 'preempt-held'; readonly waitMicros: number; readonly preempts: number }
  /** For the log: the event loop woke late and the router did not trust its timer. */
  | { readonly type: 'woke-late'; readonly lateMicros: number; readonly waitMicros: number }
  | {
      readonly type: 'transition';
      readonly from: StateName;
      readonly to: StateName;
      readonly reason: TransitionReason;
    };

/** Why the state changed; null when it did not. */
export function transitionReason(actions: readonly RouterAction[]): TransitionReason | null {
  for (const action of actions) if (action.type === 'transition') return action.reason;
  return null;
}
