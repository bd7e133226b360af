/** Entering each state: the same steps wherever one comes from. */
import { announceOffsetsMicros } from '../limits.ts';
import type { RouterAction, TransitionReason } from './action.ts';
import type { HandoverCause, HeardAdvertisement, RouterEvent, ShutdownCause } from './event.ts';
import { afterPreempt } from './hold-down.ts';
import { faultPriority } from './priority.ts';
import type { ActiveState, Giver, RouterState } from './state.ts';
import type { Step } from './step.ts';
import { activeDownInterval } from './timers.ts';

/**
 * Becomes Active (RFC 9568 sections 6.4.1 and 6.4.2). The advertisement goes first, so that an
 * Active router of lower priority has let go before the addresses are announced here.
 */
export function enterActive(state: RouterState, now: number, reason: TransitionReason): Step {
  const { parameters, standing } = state;
  const active: ActiveState = {
    name: 'Active',
    parameters,
    standing,
    leased: state.leased,
    heard: state.heard,
    preempts: takesBack(reason) ? afterPreempt(state.preempts, now) : state.preempts,
    onHold: state.onHold,
    advertiseAt: now + parameters.advertIntervalMicros,
    lookAroundUntil: null,
    stalledMicros: 0,
    lateWakes: 0,
    withheld: null,
    giver: giverOf(reason, now),
    ...announcementsFrom(now),
  };
  // The lease covers by now what the drain allowed.
  const drained = drains(state) ? [{ type: 'end-drain' } as const] : [];
  return {
    state: active,
    actions: [
      ...armLease(state),
      { type: 'send-advertisement', priority: standing.priority },
      { type: 'add-addresses' },
      { type: 'announce' },
      ...drained,
      { type: 'transition', from: state.name, to: 'Active', reason },
    ],
  };
}

/** It advertises no more often than this, so that nothing newer is missed. */
function giverOf(reason: TransitionReason, now: number): Giver | null {
  if (reason.code !== 'given') return null;
  return { source: reason.heard.source, until: now + reason.heard.intervalMicros };
}

/** From a sound Active router: one at fault is no reason to hold anything against us. */
function takesBack(reason: TransitionReason): boolean {
  return reason.code === 'peer-lower' && reason.heard.priority > faultPriority;
}

/** The lease comes first: without it the advertisement would not leave. */
export function armLease(state: RouterState): RouterAction[] {
  return state.leased ? [{ type: 'arm-lease' }] : [];
}

/** Mute before the addresses go, for that takes a moment. */
function giveUp(state: RouterState): RouterAction[] {
  if (drains(state)) return [{ type: 'end-drain' }, { type: 'remove-addresses' }];
  if (state.name !== 'Active') return [];
  return [...endLease(state), { type: 'remove-addresses' }];
}

function drains(state: RouterState): boolean {
  return state.name === 'Backup' && state.drain !== null;
}

function endLease(state: RouterState): RouterAction[] {
  return state.leased ? [{ type: 'end-lease' }] : [];
}

/**
 * Gives the addresses to a peer that waits for them. What drains may speak before the resignation ends
 * the lease: between the two, not a packet is lost.
 */
function giveAway(state: RouterState, micros: number): RouterAction[] {
  return [
    { type: 'begin-drain', micros },
    { type: 'send-advertisement', priority: 0 },
    ...endLease(state),
  ];
}

/** The announcement schedule after the first one, which is made now. */
export function announcementsFrom(
  now: number,
): Pick<ActiveState, 'announceAt' | 'announceFrom' | 'announceStep'> {
  return { announceAt: now + announceOffsetsMicros[1], announceFrom: now, announceStep: 1 };
}

/** How a router comes to be Backup. */
export interface BackupEntry {
  /** The Active router that was heard; null when none was. */
  readonly heard: HeardAdvertisement | null;
  /** Active_Adver_Interval from now on. */
  readonly intervalMicros: number;
  readonly reason: TransitionReason;
  /** Wait that much longer than Active_Down_Interval; default 0. */
  readonly extraMicros?: number;
  /** Connections on the addresses go on for so long; absent: nothing does. */
  readonly drainMicros?: number;
}

/** Becomes Backup because another member of the sync group did; `resign` also says so. */
export function followGroup(
  state: ActiveState,
  now: number,
  { order, member, extraMicros }: RouterEvent & { type: 'group' },
): Step {
  const entered = enterBackup(state, now, {
    heard: null,
    intervalMicros: state.parameters.advertIntervalMicros,
    reason: { code: 'group', member },
    extraMicros,
  });
  const { strictRfc } = state.parameters;
  if (order === 'yield' || (order === 'concede' && strictRfc)) return entered;
  const priority = order === 'concede' ? state.standing.priority : 0;
  return {
    ...entered,
    actions: [{ type: 'send-advertisement', priority }, ...entered.actions],
  };
}

/** Becomes Backup with a full Active_Down_Interval (RFC 9568 sections 6.4.1 and 6.4.3). */
export function enterBackup(state: RouterState, now: number, entry: BackupEntry): Step {
  const { parameters, standing } = state;
  const { extraMicros = 0, drainMicros, reason } = entry;
  const activeDownAt =
    now +
    extraMicros +
    activeDownInterval(parameters.version, standing.priority, entry.intervalMicros);
  const actions = drainMicros === undefined ? giveUp(state) : giveAway(state, drainMicros);
  actions.push({ type: 'transition', from: state.name, to: 'Backup', reason });
  return {
    state: {
      name: 'Backup',
      parameters,
      standing,
      leased: state.leased,
      heard: entry.heard,
      listeningSince: now,
      activeDownAt,
      patientUntil: reason.code === 'group' && extraMicros > 0 ? activeDownAt : 0,
      downCause: 'silence',
      followed: entry.heard,
      lastSignAt: null,
      activeIntervalMicros: entry.intervalMicros,
      held: false,
      lateWakes: 0,
      ready: false,
      preempts: state.preempts,
      betterSince: null,
      asked: null,
      vouched: null,
      onHold: state.onHold,
      drain: drainMicros === undefined ? null : { since: now, until: now + drainMicros },
      yielded:
        (reason.code === 'handed-over' && yields(reason.cause)) ||
        (state.name === 'Initialize' && state.yielded),
      expectsUntil: 0,
      requested: null,
    },
    actions,
  };
}

/** Somebody wants the addresses elsewhere: they are not taken back from a sound router. */
export function yields(cause: HandoverCause): boolean {
  return cause === 'operator' || cause === 'stop';
}

/**
 * Leaves the election (RFC 9568 sections 6.4.2 and 6.4.3, Shutdown). An Active router resigns with
 * priority 0 when it still has a link to say it over.
 */
export function enterInitialize(state: RouterState, cause: ShutdownCause): Step {
  const actions: RouterAction[] = [];
  if (state.name === 'Active' && cause === 'stop') {
    actions.push({ type: 'send-advertisement', priority: 0 });
  }
  actions.push(...giveUp(state));
  actions.push({
    type: 'transition',
    from: state.name,
    to: 'Initialize',
    reason: { code: 'shutdown', cause },
  });
  return {
    state: {
      name: 'Initialize',
      yielded: state.name !== 'Active' && state.yielded,
      parameters: state.parameters,
      standing: state.standing,
      leased: false,
      heard: null,
      preempts: state.preempts,
      onHold: state.onHold,
    },
    actions,
  };
}
