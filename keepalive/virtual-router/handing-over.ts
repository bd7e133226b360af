/**
 * Agreed handovers (design 4.2 rule 2 and 4.4), the part of them that belongs to one virtual router.
 * Who asks whom, and what was agreed, is settled beside the LAN (handover/); here it is events.
 *
 *     giver       Active --hand-over--> begin-drain, resign --> Backup that drains --drained--> Backup
 *     receiver    Backup --expect--> ... --its resignation, or given--> Active, without Skew_Time
 *
 * A router that drains is a Backup like any other: should nobody take over, it claims again after one
 * Active_Down_Interval, and its connections have never left.
 */
import { handoverMicros, overtakenMicros, stopDrainMaxMicros } from '../limits.ts';
import { compareAddresses } from './election.ts';
import type { HandoverCause, HeardAdvertisement, RouterEvent } from './event.ts';
import { afterPreempt } from './hold-down.ts';
import { faultPriority } from './priority.ts';
import type { ActiveState, BackupState } from './state.ts';
import type { Step } from './step.ts';
import { enterBackup } from './transition.ts';

/** What its advertisements say. */
export function spokenPriority({ withheld, standing }: ActiveState): number {
  return withheld?.priority ?? standing.priority;
}

/** Only the kernel's lease can keep a host silent that still has the addresses. */
export function mayHandOver({ parameters, leased }: ActiveState | BackupState): boolean {
  return parameters.drainMicros > 0 && leased;
}

/** Resigns in favour of the peer, and drains. A router that looks around has nothing to give. */
export function handOver(state: ActiveState, cause: HandoverCause, now: number): Step {
  if (!mayHandOver(state) || state.lookAroundUntil !== null) return { state, actions: [] };
  return enterBackup(state, now, {
    heard: null,
    intervalMicros: state.parameters.advertIntervalMicros,
    reason: { code: 'handed-over', cause },
    drainMicros: drainMicros(state, cause),
  });
}

/** An agent that stops does not wait for ever. */
function drainMicros({ parameters }: ActiveState, cause: HandoverCause): number {
  const most = cause === 'stop' ? stopDrainMaxMicros : Number.POSITIVE_INFINITY;
  return Math.min(parameters.drainMicros, most);
}

/**
 * A fall that leaves the balancer serving: dead ones have nothing to drain. On hold, and where nobody is
 * to preempt, only a fault is a reason to move.
 */
export function mayAskToTakeOver(before: ActiveState, after: ActiveState): boolean {
  const { priority } = after.standing;
  if (!mayHandOver(after) || priority >= spokenPriority(before)) return false;
  const stays = after.onHold || !after.parameters.preempt;
  return stays ? priority === faultPriority : priority >= faultPriority;
}

/** Goes on saying what was said until now, for as long as the peer may take to answer. */
export function withholdFall(before: ActiveState, after: ActiveState, now: number): Step {
  const { withheld } = before;
  if (withheld !== null) return { state: after, actions: [] };
  return {
    state: {
      ...after,
      withheld: { priority: before.standing.priority, until: now + handoverMicros },
    },
    actions: [{ type: 'seek-handover', cause: 'priority', asked: now }],
  };
}

/** The peer has not answered in time. */
export function isOverdue({ withheld }: ActiveState, now: number): boolean {
  return withheld !== null && now >= withheld.until;
}

/** Nothing came of it: the priority is advertised as it is. */
export function speakUp(state: ActiveState, now: number): Step {
  if (state.withheld === null) return { state, actions: [] };
  // Silent until it has looked around; the end of that says what it is worth.
  if (state.lookAroundUntil !== null) {
    return { state: { ...state, withheld: null }, actions: [] };
  }
  return {
    state: {
      ...state,
      withheld: null,
      advertiseAt: now + state.parameters.advertIntervalMicros,
    },
    actions: [{ type: 'send-advertisement', priority: state.standing.priority }],
  };
}

/** The addresses were promised, and their holder has just resigned or says that it has. */
export function isPromised({ expectsUntil }: BackupState, now: number): boolean {
  return now < expectsUntil;
}

/**
 * Word that the addresses are given may come beside the LAN, and overtake what their holder advertised
 * while it still was one: giving way to that would leave nobody. A host that turns out to be at fault
 * gives way all the same: the giver takes them back, and may have begun to.
 */
export function isFromBefore(
  { giver, standing }: ActiveState,
  { priority, source }: HeardAdvertisement,
  now: number,
): boolean {
  if (giver === null || priority === 0 || now >= giver.until) return false;
  if (standing.priority <= faultPriority) return false;
  return compareAddresses(giver.source, source) === 0;
}

/**
 * A resignation that comes to whoever has just given the addresses away, before the new holder was
 * heard, or a moment later: it is from an earlier handover the other way, and was overtaken. Were it a
 * new one, the down timer would still be there.
 */
export function isOvertaken(
  state: BackupState,
  { priority }: HeardAdvertisement,
  now: number,
): boolean {
  const { drain, followed } = state;
  if (priority !== 0 || drain === null || isPromised(state, now)) return false;
  return followed === null || now - drain.since < overtakenMicros;
}

/**
 * Beside the LAN: the holder has resigned. Where it was not heard on the LAN lately, this process or
 * the whole machine may not have run, and the holder may be another by now: who holds the addresses
 * speaks within an interval.
 */
export function given(state: BackupState, now: number, skewMicros: number): BackupState {
  if (!isPromised(state, now) || state.ready) return state;
  const heard = state.followed ?? state.heard;
  const { activeIntervalMicros } = state;
  if (heard === null || now - heard.at > 2 * activeIntervalMicros) {
    const activeDownAt = Math.min(state.activeDownAt, now + activeIntervalMicros + skewMicros);
    return { ...state, activeDownAt: Math.max(now, activeDownAt) };
  }
  return {
    ...tookBack(state, now),
    heard,
    followed: null,
    activeDownAt: now,
    downCause: 'given',
    held: false,
  };
}

/** Who asked for them has preempted, and that counts for the damping (hold-down.ts). */
export function tookBack(state: BackupState, now: number): BackupState {
  if (state.requested === null) return state;
  return { ...state, requested: null, preempts: afterPreempt(state.preempts, now) };
}

/** Rather than preempt a sound router, asks it to hand over. */
export function shouldRequest(state: BackupState): boolean {
  const { downCause, heard, requested } = state;
  if (downCause !== 'lower-priority' || requested !== null || !mayHandOver(state)) return false;
  return heard !== null && heard.priority > faultPriority;
}

/** Asks, and waits for the answer before it claims; `goneAt`: unless the Active router is silent until then. */
export function requestHandover(state: BackupState, now: number, goneAt: number): Step {
  return {
    state: {
      ...state,
      requested: now,
      activeDownAt: Math.max(now, Math.min(now + handoverMicros, goneAt)),
    },
    actions: [{ type: 'seek-handover', cause: 'preempted', asked: now }],
  };
}

/**
 * This process did not run when the time for the peer's answer was over, or nearly so; `late`: its down timer
 * says that it has just woken. Whether it was answered nobody knows, and the peer is asked again rather
 * than preempted by a host that has not listened since.
 */
export function sleptOver(
  { requested, activeIntervalMicros, parameters }: BackupState,
  now: number,
  late: boolean,
): boolean {
  if (requested === null) return false;
  const overdue = now - requested - handoverMicros;
  return overdue > parameters.advertIntervalMicros || (late && overdue > -activeIntervalMicros);
}

/** While the peer is asked to hand over, each advertisement says that it may still answer. */
export function awaitAnswer(state: BackupState, now: number, goneAt: number): BackupState {
  const { requested } = state;
  if (requested === null || state.downCause !== 'lower-priority') return state;
  return { ...state, activeDownAt: Math.max(now, Math.min(requested + handoverMicros, goneAt)) };
}

/**
 * Granted: its resignation is on the way. Refused: then as if it could not be asked; but a host that has
 * just woken goes on listening, and what comes of an earlier question is no answer to this one.
 */
export function requestAnswered(
  state: BackupState,
  { asked, granted }: RouterEvent & { type: 'handover-answer' },
  now: number,
): BackupState {
  const { requested, lateWakes, downCause } = state;
  if (requested !== asked || granted) return state;
  if (lateWakes > 0 || downCause !== 'lower-priority') return state;
  return { ...state, activeDownAt: Math.min(state.activeDownAt, now) };
}

/** Nothing is left, or its time is over. */
export function endDrain(state: BackupState): Step {
  if (state.drain === null) return { state, actions: [] };
  return {
    state: { ...state, drain: null },
    actions: [{ type: 'end-drain' }, { type: 'remove-addresses' }],
  };
}
