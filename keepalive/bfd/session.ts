/**
 * What one BFD session knows (RFC 5880 section 6.8.1) and the times that follow from it. Deadlines
 * live in here, as in the virtual router's state; everything is integer microseconds.
 */
import { type BfdPacket, diagnostics, type SessionStateName } from './packet.ts';

/** What the configuration and the driver fix for the life of the session. */
export interface SessionParameters {
  /** bfd.LocalDiscr: unique on this host, 1-4294967295. */
  readonly localDiscriminator: number;
  /** How often we want to send while Up, and how often we can receive. */
  readonly intervalMicros: number;
  /** bfd.DetectMult: so many of our packets lost in a row, and the peer takes us for lost. */
  readonly multiplier: number;
}

/** The peer as its last packet described it. */
export interface RemoteSystem {
  /** bfd.RemoteDiscr; 0: not known. */
  readonly discriminator: number;
  /** bfd.RemoteSessionState. */
  readonly state: SessionStateName;
  readonly diagnostic: number;
  /** bfd.RemoteDemandMode. */
  readonly demand: boolean;
  /** Its Desired Min TX Interval. */
  readonly minTxMicros: number;
  /** bfd.RemoteMinRxInterval; 0: it wants no periodic packets. */
  readonly minRxMicros: number;
  /** Its Detect Mult. */
  readonly multiplier: number;
}

/** One session in asynchronous mode, without echo and authentication. */
export interface BfdSession {
  readonly parameters: SessionParameters;
  readonly name: SessionStateName;
  /** bfd.LocalDiag. */
  readonly diagnostic: number;
  readonly remote: RemoteSystem;
  /** A Poll Sequence runs: our packets carry Poll until one with Final comes back. */
  readonly polling: boolean;
  /** Null before the first packet. */
  readonly lastSentAt: number | null;
  /** Next periodic packet; null while none may be sent (section 6.8.7). */
  readonly sendAt: number | null;
  /** Null before the first packet of the peer. */
  readonly lastHeardAt: number | null;
  /** When the Detection Time is over; null while nothing is expected. */
  readonly detectAt: number | null;
  /** Detection times in a row that were over only because this process did not run. */
  readonly lateWakes: number;
}

/** Section 6.8.3: while not Up, no more than a packet a second. */
const SLOW_MICROS = 1_000_000;

/** Section 6.8.1: bfd.RemoteMinRxInterval starts at 1, so that we may begin to speak. */
export const unknownRemote: RemoteSystem = {
  discriminator: 0,
  state: 'Down',
  diagnostic: diagnostics.none,
  demand: false,
  minTxMicros: SLOW_MICROS,
  minRxMicros: 1,
  multiplier: 1,
};

/** A new session; its first packet is due at once. */
export function newSession(parameters: SessionParameters, now: number): BfdSession {
  return {
    parameters,
    name: 'Down',
    diagnostic: diagnostics.none,
    remote: unknownRemote,
    polling: false,
    lastSentAt: null,
    sendAt: now,
    lastHeardAt: null,
    detectAt: null,
    lateWakes: 0,
  };
}

/** When the session next wants a tick; null while it waits for nothing. */
export function nextSessionDeadline({ sendAt, detectAt }: BfdSession): number | null {
  if (sendAt === null || detectAt === null) return sendAt ?? detectAt;
  return Math.min(sendAt, detectAt);
}

/** bfd.DesiredMinTxInterval (section 6.8.3). */
export function desiredMinTxMicros({ name, parameters }: BfdSession): number {
  const { intervalMicros } = parameters;
  return name === 'Up' ? intervalMicros : Math.max(intervalMicros, SLOW_MICROS);
}

/** The agreed time between our packets, before jitter (section 6.8.2). */
export function transmitMicros(session: BfdSession): number {
  return Math.max(desiredMinTxMicros(session), session.remote.minRxMicros);
}

/** The agreed time between the peer's packets, before its jitter (section 6.8.4). */
export function receiveMicros({ parameters, remote }: BfdSession): number {
  return Math.max(parameters.intervalMicros, remote.minTxMicros);
}

/** Detection Time in asynchronous mode (section 6.8.4). */
export function detectionMicros(session: BfdSession): number {
  return session.remote.multiplier * receiveMicros(session);
}

/**
 * The time to the next periodic packet: the agreed one less up to 25 percent, so that sessions do
 * not fall into step; at most 90 percent of it when a single lost packet is a lost session (section
 * 6.8.7). `jitter` is uniform in [0, 1).
 */
export function jittered(session: BfdSession, jitter: number): number {
  const percent = session.parameters.multiplier === 1 ? 90 - 15 * jitter : 100 - 25 * jitter;
  return Math.max(Math.floor((transmitMicros(session) * percent) / 100), 1);
}

/** Whether periodic packets may be sent at all (section 6.8.7). */
export function sendsPeriodically({ name, remote, polling }: BfdSession): boolean {
  if (remote.minRxMicros === 0) return false;
  const remoteDemands = remote.demand && name === 'Up' && remote.state === 'Up';
  return !remoteDemands || polling;
}

/** The packet that the session sends now (section 6.8.7). */
export function packetOf(session: BfdSession, final: boolean): BfdPacket {
  const { parameters, remote } = session;
  return {
    diagnostic: session.diagnostic,
    state: session.name,
    // Section 6.5: never both.
    poll: session.polling && !final,
    final,
    // The agent is the control plane: its death is what the peer wants to know.
    controlPlaneIndependent: false,
    demand: false,
    detectMultiplier: parameters.multiplier,
    myDiscriminator: parameters.localDiscriminator,
    yourDiscriminator: remote.discriminator,
    desiredMinTxMicros: desiredMinTxMicros(session),
    requiredMinRxMicros: parameters.intervalMicros,
    requiredMinEchoRxMicros: 0,
  };
}
