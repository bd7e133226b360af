/**
 * The BFD session as a pure function (RFC 5880 sections 6.8.4 to 6.8.7 and 6.8.16): no clock, no
 * socket, no log, no random; jitter comes in with the event.
 *
 *               heard Down               heard Init, Up
 *      Down ------------------> Init ------------------> Up
 *       ^ \____ heard Init _____________________________/^
 *       |                        |                       |
 *       +---- silence -----------+--- silence, Down -----+      AdminDown <--> Down: the operator
 *
 * Departure: a Detection Time that ends while this process did not run is not believed at once. The
 * driver has read the socket by then, but a whole machine that stood still has lost packets too, so
 * the session listens for one more interval before it calls the peer lost.
 */
import { lateListensMax } from '../limits.ts';
import { type BfdPacket, diagnostics, type SessionStateName } from './packet.ts';
import {
  type BfdSession,
  desiredMinTxMicros,
  detectionMicros,
  jittered,
  packetOf,
  receiveMicros,
  sendsPeriodically,
  transmitMicros,
  unknownRemote,
} from './session.ts';

/** One input; `jitter` is uniform in [0, 1) and spaces the packet that may follow. */
export type SessionEvent =
  /** A packet that was decoded and belongs to this session. */
  | { readonly type: 'packet'; readonly packet: BfdPacket; readonly jitter: number }
  /** A deadline may have passed. Harmless when none has. */
  | { readonly type: 'tick'; readonly jitter: number }
  /** Our own link is gone: the session falls without waiting for silence. */
  | { readonly type: 'path-down'; readonly jitter: number }
  /** The session is ended in order; the peer is told. */
  | { readonly type: 'disable'; readonly jitter: number };

/** Why a session changed its state. */
export type SessionCause =
  /** The peer speaks; its packet says how far it has come. */
  | { readonly code: 'heard' }
  /** Nothing of the peer for the Detection Time. */
  | {
      readonly code: 'silence';
      readonly lastHeardAt: number;
      readonly detectionMicros: number;
      /** The agreed time between the peer's packets. */
      readonly intervalMicros: number;
    }
  /** The peer speaks and says that it does not hear us, or was started again. */
  | { readonly code: 'neighbor-down'; readonly diagnostic: number }
  /** The peer ended the session in order. */
  | { readonly code: 'neighbor-admin-down' }
  | { readonly code: 'path-down' }
  | { readonly code: 'disabled' };

/** What the driver is to do, in this order. */
export type SessionAction =
  | { readonly type: 'send'; readonly packet: BfdPacket }
  | {
      readonly type: 'transition';
      readonly from: SessionStateName;
      readonly to: SessionStateName;
      readonly cause: SessionCause;
    }
  /** The event loop woke late and the end of the Detection Time was not believed. */
  | { readonly type: 'woke-late'; readonly lateMicros: number; readonly waitMicros: number };

/** The session after an event and what has to be done. */
export interface SessionStep {
  readonly state: BfdSession;
  readonly actions: readonly SessionAction[];
}

/** One event. `now` is monotonic, in microseconds. */
export function stepSession(session: BfdSession, event: SessionEvent, now: number): SessionStep {
  switch (event.type) {
    case 'packet':
      return receive(session, event.packet, now, event.jitter);
    case 'tick':
      return tick(session, now, event.jitter);
    case 'path-down':
      if (session.name === 'Down' || session.name === 'AdminDown') {
        return { state: session, actions: [] };
      }
      return enter(session, 'Down', { code: 'path-down' }, now, event.jitter);
    case 'disable':
      if (session.name === 'AdminDown') return { state: session, actions: [] };
      return enter(session, 'AdminDown', { code: 'disabled' }, now, event.jitter);
  }
}

const CAUSE_DIAGNOSTIC: Record<Exclude<SessionCause['code'], 'heard'>, number> = {
  silence: diagnostics.detectionTimeExpired,
  'neighbor-down': diagnostics.neighborSignaledDown,
  'neighbor-admin-down': diagnostics.neighborSignaledDown,
  'path-down': diagnostics.pathDown,
  disabled: diagnostics.administrativelyDown,
};

/** Another state: said at once, for the packet differs from the last one (section 6.8.7). */
function enter(
  before: BfdSession,
  to: SessionStateName,
  cause: SessionCause,
  now: number,
  jitter: number,
): SessionStep {
  const diagnostic =
    cause.code === 'heard'
      ? to === 'Up'
        ? diagnostics.none
        : before.diagnostic
      : CAUSE_DIAGNOSTIC[cause.code];
  const next: BfdSession = { ...before, name: to, diagnostic, lateWakes: 0 };
  // Section 6.8.3: another DesiredMinTxInterval starts a Poll Sequence.
  const polling = next.polling || desiredMinTxMicros(next) !== desiredMinTxMicros(before);
  const sent = send({ ...next, polling }, now, now, jitter);
  return {
    state: sent.state,
    actions: [{ type: 'transition', from: before.name, to, cause }, ...sent.actions],
  };
}

/** Sends a packet that counts as a periodic one; the next is due an interval after `from`. */
function send(session: BfdSession, from: number, now: number, jitter: number): SessionStep {
  if (session.remote.minRxMicros === 0) {
    return { state: { ...session, sendAt: null }, actions: [] };
  }
  const wait = jittered(session, jitter);
  const planned = from + wait;
  return {
    state: {
      ...session,
      lastSentAt: now,
      sendAt: sendsPeriodically(session) ? (planned > now ? planned : now + wait) : null,
    },
    actions: [{ type: 'send', packet: packetOf(session, false) }],
  };
}

/** Section 6.8.6, from the point where the packet is known to be for this session. */
function receive(before: BfdSession, packet: BfdPacket, now: number, jitter: number): SessionStep {
  const heard: BfdSession = {
    ...before,
    remote: {
      discriminator: packet.myDiscriminator,
      state: packet.state,
      diagnostic: packet.diagnostic,
      demand: packet.demand,
      minTxMicros: packet.desiredMinTxMicros,
      minRxMicros: packet.requiredMinRxMicros,
      multiplier: packet.detectMultiplier,
    },
    polling: before.polling && !packet.final,
    lastHeardAt: now,
    lateWakes: 0,
  };
  const fresh: BfdSession = { ...heard, detectAt: now + detectionMicros(heard) };
  const move = transitionOn(fresh, packet);
  let state = fresh;
  let actions: readonly SessionAction[] = [];
  if (move !== null) {
    ({ state, actions } = enter(fresh, move.to, move.cause, now, jitter));
  }
  if (packet.poll) {
    // At once, without respect to timers, to the state, or to demand mode (section 6.8.7). It says
    // all that the packet about the new state says, and takes its place.
    const others = actions.filter(({ type }) => type !== 'send');
    actions = [...others, { type: 'send', packet: packetOf(state, true) }];
  }
  return { state: reschedule(state, now), actions };
}

/** The state table of section 6.8.6; null: the state stays. */
function transitionOn(
  session: BfdSession,
  { state: heard, diagnostic }: BfdPacket,
): { readonly to: SessionStateName; readonly cause: SessionCause } | null {
  const { name } = session;
  if (name === 'AdminDown') return null;
  if (heard === 'AdminDown') {
    return name === 'Down' ? null : { to: 'Down', cause: { code: 'neighbor-admin-down' } };
  }
  if (name === 'Up') {
    return heard === 'Down' ? { to: 'Down', cause: { code: 'neighbor-down', diagnostic } } : null;
  }
  if (name === 'Init') return heard === 'Down' ? null : { to: 'Up', cause: { code: 'heard' } };
  if (heard === 'Down') return { to: 'Init', cause: { code: 'heard' } };
  return heard === 'Init' ? { to: 'Up', cause: { code: 'heard' } } : null;
}

/** A peer that can take more packets gets them at once, not after an old, long wait (6.8.3). */
function reschedule(session: BfdSession, now: number): BfdSession {
  if (!sendsPeriodically(session)) return { ...session, sendAt: null };
  const { lastSentAt } = session;
  const latest = lastSentAt === null ? now : Math.max(lastSentAt + transmitMicros(session), now);
  return { ...session, sendAt: Math.min(session.sendAt ?? latest, latest) };
}

function tick(before: BfdSession, now: number, jitter: number): SessionStep {
  let state = before;
  let actions: readonly SessionAction[] = [];
  if (state.detectAt !== null && now >= state.detectAt) {
    ({ state, actions } = detectionOver(state, state.detectAt, now, jitter));
  }
  if (state.sendAt !== null && now >= state.sendAt) {
    const sent = send(state, state.sendAt, now, jitter);
    state = sent.state;
    actions = [...actions, ...sent.actions];
  }
  return { state, actions };
}

/** Section 6.8.4: nothing was heard for the Detection Time. */
function detectionOver(
  session: BfdSession,
  detectAt: number,
  now: number,
  jitter: number,
): SessionStep {
  // Section 6.8.1: who was silent for that long is not known any more.
  const forgotten: BfdSession = { ...session, remote: unknownRemote, detectAt: null };
  if (session.name !== 'Up' && session.name !== 'Init') {
    return { state: reschedule(forgotten, now), actions: [] };
  }
  const intervalMicros = receiveMicros(session);
  const lateMicros = now - detectAt;
  if (lateMicros > intervalMicros && session.lateWakes < lateListensMax) {
    return {
      state: {
        ...session,
        detectAt: now + intervalMicros,
        lateWakes: session.lateWakes + 1,
      },
      actions: [{ type: 'woke-late', lateMicros, waitMicros: intervalMicros }],
    };
  }
  const cause: SessionCause = {
    code: 'silence',
    lastHeardAt: session.lastHeardAt ?? now,
    detectionMicros: detectionMicros(session),
    intervalMicros,
  };
  return enter(forgotten, 'Down', cause, now, jitter);
}
