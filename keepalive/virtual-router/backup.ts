/** Backup: listening to the Active router (RFC 9568 section 6.4.2). */
import { lateListensMax } from '../limits.ts';
import type { TransitionReason } from './action.ts';
import { downInterval, followAgain, shorten, skew } from './down-timer.ts';
import { compareAddresses } from './election.ts';
import type { GroupOrder, HandoverCause, HeardAdvertisement, RouterEvent } from './event.ts';
import {
  awaitAnswer,
  endDrain,
  given,
  isOvertaken,
  isPromised,
  requestAnswered,
  requestHandover,
  shouldRequest,
  sleptOver,
  tookBack,
} from './handing-over.ts';
import { peerHeard, peerLost } from './peer-lost.ts';
import { better, holdShown, mayPreempt, waits, yieldsToUs } from './preemption.ts';
import type { BackupState, Standing } from './state.ts';
import type { Step } from './step.ts';
import { activeDownInterval } from './timers.ts';
import { enterActive, enterInitialize, yields } from './transition.ts';
import { heardAnswer, lateAnswerMicros, questionAt } from './vouching.ts';

/** One event in Backup. */
export function stepBackup(before: BackupState, event: RouterEvent, now: number): Step {
  const result = settle(react(unpromise(before, now), event, now));
  const { state } = result;
  if (before.asked === null || state.name !== 'Backup') return result;
  // Another down timer, another question.
  if (state.asked !== before.asked || state.activeDownAt === before.activeDownAt) return result;
  return { ...result, state: { ...state, asked: null } };
}

/**
 * What was promised before this process did not run for long is void: its resignation, or word of it,
 * may be as old, and the addresses another's by now, or their old holder's again.
 */
function unpromise(state: BackupState, now: number): BackupState {
  if (state.expectsUntil === 0 || state.ready || !isLate(state, now)) return state;
  return { ...state, expectsUntil: 0 };
}

/** The down timer fires so late that this process, or the whole machine, did not run. */
function isLate({ activeDownAt, activeIntervalMicros }: BackupState, now: number): boolean {
  return now - activeDownAt > activeIntervalMicros;
}

/** A request to hand over is about one preemption only. */
function settle(result: Step): Step {
  const { state } = result;
  if (state.name !== 'Backup' || state.requested === null) return result;
  return state.downCause === 'lower-priority'
    ? result
    : { ...result, state: { ...state, requested: null } };
}

function react(state: BackupState, event: RouterEvent, now: number): Step {
  switch (event.type) {
    case 'advertisement':
      return holdShown(state, hear(state, event.heard, now), now);
    case 'tick':
      if (state.drain !== null && now >= state.drain.until) return endDrain(state);
      return now < state.activeDownAt ? mayAsk(state, now) : timerFired(state, now);
    case 'standing':
      return holdShown(state, changeStanding(state, event.standing, now), now);
    case 'reconfigure':
      return holdShown(state, reconfigure(state, event, now), now);
    case 'shutdown':
      return enterInitialize(state, event.cause);
    case 'peer-lost':
      return { state: peerLost(state, event, now), actions: [] };
    case 'peer-heard':
      return { state: peerHeard(state, event.peer), actions: [] };
    case 'duplicate':
      return { state: event.order === 'answers' ? answered(state, now) : state, actions: [] };
    case 'peer-answer':
      return { state: heardAnswer(state, event.asked, event.answer, now), actions: [] };
    case 'group':
      return obey(state, event.order, now);
    case 'lease-lost':
      // Its rules are there, perhaps for the first time.
      return { state: event.silent ? state : { ...state, leased: true }, actions: [] };
    case 'handover-answer':
      return { state: requestAnswered(state, event, now), actions: [] };
    case 'expect':
      return { state: { ...state, expectsUntil: event.until }, actions: [] };
    case 'given':
      return { state: given(state, now, skew(state)), actions: [] };
    case 'drained':
      return endDrain(state);
    case 'hold':
      return holdShown(state, changeHold(state, event, now), now);
    case 'hand-over':
      return { state: giveUp(state, event.cause, now), actions: [] };
    case 'startup':
    case 'doubt':
      return { state, actions: [] };
  }
}

function hear(state: BackupState, heard: HeardAdvertisement, now: number): BackupState {
  if (isBystander(state, heard, now) || isOvertaken(state, heard, now)) return state;
  const betterSince = better(state, heard, now);
  const fresh = { ...state, heard, held: false, lateWakes: 0, betterSince, vouched: null };
  // 6.4.2: the Active router resigns. Skew_Time alone decides which Backup follows, unless it was
  // agreed (departure, design 4.2 rule 2).
  if (heard.priority === 0) {
    const promised = isPromised(state, now);
    const activeDownAt = promised ? now : now + skew(state);
    const downCause = promised ? 'given' : 'resigned';
    const taken = promised ? tookBack(fresh, now) : fresh;
    return { ...taken, followed: null, activeDownAt, downCause, ready: false };
  }
  // Departure, design 4.2 rule 1: an Active router that fell below us does not get another
  // Active_Down_Interval.
  if (yieldsToUs(fresh) && !waits(fresh, now)) {
    const slept = sleptOver(fresh, now, isLate(state, now));
    // Its overdue timer makes it listen first, as after any sleep.
    const awake = slept ? { ...fresh, requested: null } : fresh;
    return awake.requested === null
      ? shorten(awake, now)
      : awaitAnswer(awake, now, now + downInterval(state, heard.intervalMicros));
  }
  // 6.4.2: an equal or better Active router, or one we do not preempt, starts the timer anew, with
  // its interval and the skew that follows from it.
  if (heard.priority >= state.standing.priority || !mayPreempt(state) || waits(fresh, now)) {
    const patientUntil = patience(state, heard, now);
    return {
      ...fresh,
      followed: heard,
      activeIntervalMicros: heard.intervalMicros,
      patientUntil,
      activeDownAt: Math.max(now + downInterval(state, heard.intervalMicros), patientUntil),
      downCause: 'silence',
      ready: false,
    };
  }
  // 6.4.2: a lower one is discarded, which lets the timer run out. What was heard is kept only to
  // say so in the status and the log.
  return { ...state, heard, betterSince, downCause: 'lower-priority' };
}

/**
 * Whoever lost a tie in its sync group stands back until the tie is over: until one of its equals goes
 * on speaking. Of three hosts or more, those that come back in turn would fight for ever.
 */
function patience(
  { patientUntil, followed, standing, ...state }: BackupState,
  heard: HeardAdvertisement,
  now: number,
): number {
  if (now >= patientUntil || heard.priority !== standing.priority) return patientUntil;
  const again = followed !== null && compareAddresses(followed.source, heard.source) === 0;
  const gap = again ? now - followed.at : 0;
  // A host that claims and gives way says all of it at once, and claims again three intervals later.
  if (2 * gap >= heard.intervalMicros && gap < 2 * heard.intervalMicros) return 0;
  const { version } = state.parameters;
  return now + 2 * activeDownInterval(version, standing.priority, heard.intervalMicros);
}

/**
 * While the Active router we follow is alive, somebody else's low or zero priority says nothing
 * about it: it is a third router on its way to Backup, or a forgery, and must not make us claim.
 * The RFC makes no such difference, so strict mode does not either.
 */
function isBystander(state: BackupState, heard: HeardAdvertisement, now: number): boolean {
  const { followed, parameters, standing } = state;
  if (parameters.strictRfc || followed === null) return false;
  if (heard.priority >= standing.priority) return false;
  if (compareAddresses(heard.source, followed.source) === 0) return false;
  return now - followed.at < downInterval(state, state.activeIntervalMicros);
}

function changeHold(
  before: BackupState,
  { onHold, released }: RouterEvent & { type: 'hold' },
  now: number,
): BackupState {
  const state = { ...before, onHold, yielded: before.yielded && !released };
  if (onHold) return withhold({ ...state, requested: null }, now);
  return changeStanding(state, state.standing, now);
}

/** The rest of its sync group is given away: this one does not take it back. */
function giveUp(state: BackupState, cause: HandoverCause, now: number): BackupState {
  if (!yields(cause)) return state;
  return withhold({ ...state, yielded: true, requested: null }, now);
}

/**
 * The host that we gave way to still answers for the addresses: a sign of life like an advertisement,
 * for as long as none is heard. Advertisements decide where there are any.
 */
function answered(state: BackupState, now: number): BackupState {
  const usual = downInterval(state, state.activeIntervalMicros);
  if (state.heard !== null && now - state.heard.at < usual) return state;
  return { ...state, activeDownAt: Math.max(state.activeDownAt, now + usual), ready: false };
}

function changeStanding(before: BackupState, standing: Standing, now: number): BackupState {
  const { heard } = before;
  const changed: BackupState = { ...before, standing };
  const betterSince = heard === null ? null : better(changed, heard, now);
  const state: BackupState = { ...changed, betterSince };
  if (state.held && standing.claimNotBefore === null) {
    // The silence was already waited for; the skew still keeps two hosts that become ready
    // together apart.
    return { ...state, held: false, activeDownAt: now + skew(state) };
  }
  if (yieldsToUs(state)) {
    return waits(state, now) || state.requested !== null ? state : shorten(state, now);
  }
  if (state.downCause === 'lower-priority' && heard && heard.priority >= standing.priority) {
    // We fell back below the Active router before the shortened timer fired.
    return followAgain(state, heard);
  }
  return state;
}

/** Time to ask the peer, perhaps. */
function mayAsk(state: BackupState, now: number): Step {
  const at = questionAt(state);
  if (at === null || now < at) return { state, actions: [] };
  return { state: { ...state, asked: now }, actions: [{ type: 'ask-peer', asked: now }] };
}

/**
 * Another configuration. The timer of an Active router that is followed stays what its last
 * advertisement made it, save that the new configuration may allow less, or more, than the old one.
 */
function reconfigure(
  before: BackupState,
  event: RouterEvent & { type: 'reconfigure' },
  now: number,
): BackupState {
  const { parameters } = event;
  const state = relisten({ ...before, parameters }, before, now);
  // Let go by its sync group, it is alone to claim; the skew keeps two such hosts apart.
  const alone = before.ready && !parameters.grouped;
  const freed = alone ? { ...state, ready: false, activeDownAt: now + skew(state) } : state;
  return withhold(changeStanding(freed, event.standing, now), now);
}

/** Where nobody was heard yet, our own interval is what the silence is measured with. */
function relisten(state: BackupState, before: BackupState, now: number): BackupState {
  const { parameters, listeningSince } = state;
  const { advertIntervalMicros, startupDelayMicros } = parameters;
  const same = advertIntervalMicros === before.parameters.advertIntervalMicros;
  if (same || state.heard !== null || state.held || state.ready) return state;
  const wait = Math.max(startupDelayMicros, downInterval(state, advertIntervalMicros));
  const relearned = { ...state, activeIntervalMicros: advertIntervalMicros };
  return { ...relearned, activeDownAt: Math.max(listeningSince + wait, now + skew(relearned)) };
}

/** A timer that runs towards a lower Active router, which may stay after all, or for longer. */
function withhold(state: BackupState, now: number): BackupState {
  const { heard, parameters, standing, downCause } = state;
  if (downCause !== 'lower-priority' || heard === null) return state;
  const lower = heard.priority < standing.priority && mayPreempt(state);
  if (parameters.strictRfc ? lower : yieldsToUs(state) && !waits(state, now)) return state;
  return followAgain(state, heard);
}

/**
 * The down timer ran out. The driver has read the socket before it says so, but that is not enough
 * for a timer that fires late: then this process, or the whole machine, did not run, and what would
 * have stopped the timer may be lost. Such a timer never claims by itself; it listens.
 */
function timerFired(state: BackupState, now: number): Step {
  const { claimNotBefore } = state.standing;
  if (claimNotBefore !== null && now < claimNotBefore) {
    // The question may be due before that, or have been.
    return mayAsk({ ...state, activeDownAt: claimNotBefore, held: true }, now);
  }
  const late = now - state.activeDownAt;
  if (isLate(state, now) && state.lateWakes < lateListensMax) {
    // An Active router speaks within one interval.
    const wait = state.activeIntervalMicros + skew(state);
    return {
      state: {
        ...state,
        activeDownAt: now + wait,
        lateWakes: state.lateWakes + 1,
      },
      actions: [{ type: 'woke-late', lateMicros: late, waitMicros: wait }],
    };
  }
  if (state.asked === null && questionAt(state) !== null) {
    // This process was too late even to ask.
    const asking = { ...state, asked: now, activeDownAt: now + lateAnswerMicros(state) };
    return { state: asking, actions: [{ type: 'ask-peer', asked: now }] };
  }
  if (shouldRequest(state)) {
    const { at, intervalMicros } = state.heard ?? { at: now, intervalMicros: 0 };
    return requestHandover(state, now, at + downInterval(state, intervalMicros));
  }
  // The group decides when all its members may (sync-group.ts).
  if (state.parameters.grouped) return { state: { ...state, ready: true }, actions: [] };
  // 6.4.2: Active_Down_Timer fired.
  return enterActive(state, now, claimReason(state, now));
}

function obey(state: BackupState, order: GroupOrder, now: number): Step {
  // An order may be overtaken by an advertisement: then the timer runs again.
  if (!state.ready) return { state, actions: [] };
  const { claimNotBefore } = state.standing;
  const early = claimNotBefore !== null && now < claimNotBefore;
  if (order === 'claim' && !early) return enterActive(state, now, claimReason(state, now));
  if (order !== 'listen') return { state, actions: [] };
  const activeDownAt = now + downInterval(state, state.activeIntervalMicros);
  return { state: { ...state, activeDownAt, ready: false }, actions: [] };
}

function claimReason(state: BackupState, now: number): TransitionReason {
  const { heard, standing } = state;
  if (heard !== null && state.downCause === 'resigned') return { code: 'resigned', heard };
  if (heard !== null && state.downCause === 'given') return { code: 'given', heard };
  if (heard !== null && state.downCause === 'lower-priority') {
    return { code: 'peer-lower', heard, priority: standing.priority };
  }
  if (heard !== null && state.downCause === 'peer-lost') {
    return { code: 'peer-lost', micros: now - (state.lastSignAt ?? heard.at), heard };
  }
  const since = heard?.at ?? state.listeningSince;
  return { code: 'silence', micros: now - since, heard };
}
