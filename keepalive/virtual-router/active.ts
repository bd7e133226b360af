/** Active: answering for the addresses (RFC 9568 section 6.4.3). */
import {
  announceOffsetsMicros,
  announceRefreshMicros,
  announceRestartMicros,
  drainPauseMicros,
  lateListensMax,
} from '../limits.ts';
import type { RouterAction } from './action.ts';
import { outranks } from './election.ts';
import type { HeardAdvertisement, RouterEvent } from './event.ts';
import {
  handOver,
  isFromBefore,
  isOverdue,
  mayAskToTakeOver,
  speakUp,
  spokenPriority,
  withholdFall,
} from './handing-over.ts';
import { afterYield } from './hold-down.ts';
import { faultPriority } from './priority.ts';
import type { ActiveState, Standing } from './state.ts';
import type { Step } from './step.ts';
import { skewTime } from './timers.ts';
import {
  announcementsFrom,
  armLease,
  enterBackup,
  enterInitialize,
  followGroup,
} from './transition.ts';

/**
 * Intervals of silence after which a Backup may have taken over: its Active_Down_Interval is three
 * and a skew.
 */
const SILENT_INTERVALS_MAX = 3;

/**
 * One event in Active. After a stall it need not be the timer that comes first: what lay in the
 * socket meanwhile, a tracker or a new configuration must not hide how long nothing was said.
 */
export function stepActive(state: ActiveState, event: RouterEvent, now: number): Step {
  const silent = silentMicros(state, now);
  const known = state.lookAroundUntil !== null || event.type === 'tick';
  if (known || event.type === 'shutdown' || !isTooLong(state, silent))
    return act(state, event, now);
  const woken = lookAround(state, now, silent);
  const { state: after, actions } = act(woken.state, event, now);
  return { state: after, actions: [...woken.actions, ...actions] };
}

/** Since the last advertisement, as far as the timer tells. */
function silentMicros({ advertiseAt, parameters }: ActiveState, now: number): number {
  return now - advertiseAt + parameters.advertIntervalMicros;
}

/** So that somebody may have taken over; nobody does that to an owner. */
function isTooLong({ parameters }: ActiveState, silent: number): boolean {
  return silent > SILENT_INTERVALS_MAX * parameters.advertIntervalMicros && !parameters.owner;
}

function act(state: ActiveState, event: RouterEvent, now: number): Step {
  switch (event.type) {
    case 'advertisement':
      return hear(state, event.heard, event.localAddress, now);
    case 'tick':
      if (state.lookAroundUntil !== null) return lookAroundOver(state, state.lookAroundUntil, now);
      return isOverdue(state, now) ? speakUp(state, now) : timerFired(state, now);
    case 'standing':
      return changeStanding(state, event.standing, now);
    case 'reconfigure':
      return reconfigure(state, event, now);
    case 'shutdown':
      return enterInitialize(state, event.cause);
    case 'doubt':
      // The end of looking around announces anyway.
      return state.lookAroundUntil === null ? doubt(state, now, []) : { state, actions: [] };
    case 'lease-lost':
      return leaseLost(state, event.silent, now);
    case 'group':
      return event.order === 'claim' || event.order === 'listen'
        ? { state, actions: [] }
        : followGroup(state, now, event);
    case 'duplicate':
      return event.order === 'yield' ? giveUpTo(state, event.mac, now) : { state, actions: [] };
    case 'hand-over':
      return handOver(state, event.cause, now);
    case 'handover-answer':
      return event.granted ? { state, actions: [] } : speakUp(state, now);
    case 'hold':
      return { state: { ...state, onHold: event.onHold }, actions: [] };
    case 'expect':
    case 'given':
    case 'drained':
    case 'startup':
    case 'peer-lost':
    case 'peer-heard':
    case 'peer-answer':
      return { state, actions: [] };
  }
}

function hear(
  before: ActiveState,
  heard: HeardAdvertisement,
  localAddress: Uint8Array,
  now: number,
): Step {
  if (isFromBefore(before, heard, now)) return { state: before, actions: [] };
  const state: ActiveState = { ...before, heard };
  if (state.lookAroundUntil !== null) return hearWhileLooking(state, heard, now);
  // 6.4.3: another Active router resigns; say at once that the addresses still have one.
  if (heard.priority === 0) return reassert(state, now);
  const self = { priority: spokenPriority(state), address: localAddress };
  if (outranks({ priority: heard.priority, address: heard.source }, self)) {
    // 6.4.3: higher priority, or equal and the greater address.
    return yieldTo(heard, state, now);
  }
  // 6.4.3: a lower one is told at once (new in RFC 9568; RFC 3768 only discards).
  if (state.parameters.version === 2 && state.parameters.strictRfc) return { state, actions: [] };
  return reassert(state, now);
}

/**
 * Gives way. Departure: one last advertisement, because the winner may not have heard us. The
 * neighbours may still believe our announcements, and hearing us is what makes it announce again
 * (keepalived has this as `higher_prio_send_advert`).
 */
function yieldTo(heard: HeardAdvertisement, state: ActiveState, now: number): Step {
  const priority = spokenPriority(state);
  const backup = enterBackup(state, now, {
    heard,
    intervalMicros: heard.intervalMicros,
    reason: { code: 'peer-higher', heard, priority },
  });
  if (state.parameters.strictRfc) return backup;
  return { ...backup, actions: [{ type: 'send-advertisement', priority }, ...backup.actions] };
}

/**
 * Departure: another host of the pair answers as well, and the two agreed on the winner without a
 * word. Should our advertisements be the only ones that get through, preempting at once would begin
 * it all again: so it counts as if the addresses had been taken back too often already.
 */
function giveUpTo(state: ActiveState, mac: string, now: number): Step {
  return enterBackup({ ...state, preempts: afterYield(state.preempts, now) }, now, {
    heard: null,
    intervalMicros: state.parameters.advertIntervalMicros,
    reason: { code: 'duplicate', mac },
  });
}

/** Advertises now, and announces, because the other router may have done so for itself. */
function reassert(state: ActiveState, now: number): Step {
  const advertised = { ...state, advertiseAt: now + state.parameters.advertIntervalMicros };
  return doubt(advertised, now, [{ type: 'send-advertisement', priority: spokenPriority(state) }]);
}

function hearWhileLooking(state: ActiveState, heard: HeardAdvertisement, now: number): Step {
  if (heard.priority === 0) return { state, actions: [] };
  // Somebody took over while we did not run. Giving way, whatever our priority, and preempting in
  // the normal way later costs the clients less than two hosts answering.
  return enterBackup(state, now, {
    heard,
    intervalMicros: heard.intervalMicros,
    reason: { code: 'replaced-while-stalled', heard, stalledMicros: state.stalledMicros },
  });
}

/** Starts the announcements anew, unless they were just started. */
function doubt(state: ActiveState, now: number, before: readonly RouterAction[]): Step {
  if (now - state.announceFrom < announceRestartMicros) return { state, actions: before };
  return {
    state: { ...state, ...announcementsFrom(now) },
    actions: [...before, { type: 'announce' }],
  };
}

function timerFired(before: ActiveState, now: number): Step {
  const interval = before.parameters.advertIntervalMicros;
  let state = before;
  const actions: RouterAction[] = [];
  if (now >= state.advertiseAt) {
    const silent = silentMicros(state, now);
    if (isTooLong(state, silent)) return lookAround(state, now, silent);
    // 6.4.3: Adver_Timer fired. Counted from the deadline, so that lateness does not add up.
    const next = state.advertiseAt + interval;
    state = { ...state, lateWakes: 0, advertiseAt: next > now ? next : now + interval };
    actions.push({ type: 'send-advertisement', priority: spokenPriority(state) });
  }
  if (now >= state.announceAt) {
    state = nextAnnouncement(state, now);
    actions.push({ type: 'announce' });
  }
  return { state, actions };
}

/** Growing gaps first, a slow refresh for ever after. */
function nextAnnouncement(state: ActiveState, now: number): ActiveState {
  const announceStep = state.announceStep + 1;
  const offset = announceOffsetsMicros[announceStep];
  const planned = offset === undefined ? 0 : state.announceFrom + offset;
  const announceAt = planned > now ? planned : now + announceRefreshMicros;
  return { ...state, announceStep, announceAt };
}

/**
 * Woken after a stall: a Backup may hold the addresses by now. With a lease the kernel has muted us,
 * so there is time to listen for as long as an Active router may be silent (design 4.3). Without
 * one we are still answering, and the peers think worse of each silent moment: the event loop gets
 * one turn to read what was said meanwhile.
 */
function lookAround(
  state: ActiveState,
  now: number,
  silent: number,
): Step & { readonly state: ActiveState } {
  const { version, advertIntervalMicros } = state.parameters;
  const wait = state.leased
    ? advertIntervalMicros + skewTime(version, state.standing.priority, advertIntervalMicros)
    : drainPauseMicros;
  return {
    state: {
      ...state,
      lookAroundUntil: now + wait,
      stalledMicros: silent,
      lateWakes: state.lateWakes + 1,
    },
    actions: [{ type: 'woke-late', lateMicros: silent, waitMicros: wait }],
  };
}

/**
 * The lease lapsed unnoticed, or somebody took its rules away and they were put back expired, or it
 * could not be had before and is there now.
 */
function leaseLost(before: ActiveState, silent: boolean, now: number): Step {
  const state = silent ? before : { ...before, leased: true };
  if (!state.leased || state.lookAroundUntil !== null) return { state, actions: [] };
  if (!silent) {
    const { actions, ...rest } = reassert(state, now);
    return { ...rest, actions: [...armLease(state), ...actions] };
  }
  return lookAround(state, now, SILENT_INTERVALS_MAX * state.parameters.advertIntervalMicros);
}

function lookAroundOver(state: ActiveState, until: number, now: number): Step {
  if (now < until) return { state, actions: [] };
  const silent = now - until;
  const tooLong = silent > SILENT_INTERVALS_MAX * state.parameters.advertIntervalMicros;
  if (tooLong && state.lateWakes < lateListensMax) return lookAround(state, now, silent);
  return {
    state: {
      ...state,
      lookAroundUntil: null,
      advertiseAt: now + state.parameters.advertIntervalMicros,
      ...announcementsFrom(now),
    },
    actions: [
      ...armLease(state),
      { type: 'send-advertisement', priority: spokenPriority(state) },
      { type: 'announce' },
    ],
  };
}

function changeStanding(before: ActiveState, standing: Standing, now: number): Step {
  const { parameters } = before;
  const state: ActiveState = { ...before, standing };
  const fell = before.standing.priority;
  // In strict mode, and while looking around, the next advertisement carries the new value.
  const quiet = parameters.strictRfc || state.lookAroundUntil !== null;
  if (quiet || standing.priority === fell) return { state, actions: [] };
  if (parameters.peer === 'other' && falls(state, fell, standing.priority)) {
    // Departure, design 4.2 rule 3: a peer that discards lower-priority advertisements is given
    // the one signal it acts on. Nobody there: our own down timer brings us back.
    const left = enterBackup(state, now, {
      heard: null,
      intervalMicros: parameters.advertIntervalMicros,
      reason: { code: 'fell-behind', priority: standing.priority, before: fell },
    });
    return {
      state: left.state,
      actions: [{ type: 'send-advertisement', priority: 0 }, ...left.actions],
    };
  }
  // Departure, design 4.2 rule 2: whoever still serves asks the better peer to take over first.
  if (mayAskToTakeOver(before, state)) return withholdFall(before, state, now);
  // Departure, design 4.2 rule 1: a changed priority is advertised at once.
  return {
    state: { ...state, withheld: null, advertiseAt: now + parameters.advertIntervalMicros },
    actions: [{ type: 'send-advertisement', priority: standing.priority }],
  };
}

/**
 * Another configuration, still Active. What a Backup has to know is said at once: a new interval,
 * because it waits by the one it heard last, and a new list of addresses.
 */
function reconfigure(
  before: ActiveState,
  event: RouterEvent & { type: 'reconfigure' },
  now: number,
): Step {
  const interval = event.parameters.advertIntervalMicros;
  const repaced = interval !== before.parameters.advertIntervalMicros;
  const settled = { ...before, parameters: event.parameters };
  const { state, actions } = changeStanding(settled, event.standing, now);
  if (state.name !== 'Active') return { state, actions };
  const added: RouterAction[] = event.readdressed ? [{ type: 'add-addresses' }] : [];
  // While it looks around it is mute; the end of that says, and announces, everything.
  if (state.lookAroundUntil !== null) return { state, actions: [...actions, ...added] };
  const said = actions.some(({ type }) => type === 'send-advertisement');
  const news = repaced || event.readdressed;
  const saysSo: RouterAction[] =
    news && !said ? [{ type: 'send-advertisement', priority: spokenPriority(state) }] : [];
  const advertiseAt = news ? now + interval : state.advertiseAt;
  const advertised = { ...state, advertiseAt };
  if (!event.readdressed) return { state: advertised, actions: [...actions, ...saysSo] };
  return {
    state: { ...advertised, ...announcementsFrom(now) },
    actions: [...actions, ...saysSo, ...added, { type: 'announce' }],
  };
}

/**
 * True on a fall into a fault, or below the peer: once each, for a router that came back because
 * nobody took over has no further news.
 */
function falls(state: ActiveState, before: number, after: number): boolean {
  const { peerPriority } = state.parameters;
  const into = (low: (priority: number) => boolean) => low(after) && !low(before);
  return (
    into((priority) => priority <= faultPriority) ||
    into((priority) => peerPriority !== null && priority < peerPriority)
  );
}
