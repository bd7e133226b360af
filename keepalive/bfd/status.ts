/** A BFD session's status: plain values that survive JSON, durations instead of points in time. */
import { formatIp } from '../../src/os/ip-address.ts';
import { copyLateness } from '../statistics.ts';
import { describeDiagnostic, type SessionStateName } from './packet.ts';
import { type BfdSession, detectionMicros, receiveMicros, transmitMicros } from './session.ts';
import type { BfdStatistics } from './statistics.ts';

/** One session, which may serve several virtual routers. */
export interface BfdSessionStatus {
  readonly interface: string;
  readonly peer: string;
  /** Names of the virtual routers that listen to it. */
  readonly routers: readonly string[];
  readonly state: SessionStateName;
  readonly stateForMs: number;
  /** Why our state changed last (RFC 5880 section 4.1). */
  readonly diagnostic: string;
  readonly diagnosticCode: number;
  /** What the peer says of itself; null while it is not heard. */
  readonly remote: { readonly state: SessionStateName; readonly diagnostic: string } | null;
  readonly localDiscriminator: number;
  /** 0 while the peer is not known. */
  readonly remoteDiscriminator: number;
  /** Agreed time between our packets. */
  readonly transmitMs: number;
  /** Agreed time between the peer's packets. */
  readonly receiveMs: number;
  /** Silence of the peer that ends the session; null while it is not heard. */
  readonly detectMs: number | null;
  readonly lastHeardMs: number | null;
  /** The last time that it was Up and fell; null: never. */
  readonly lastDown: { readonly agoMs: number; readonly why: string } | null;
  /** Why there is no socket; null when there is one. */
  readonly error: string | null;
  readonly statistics: BfdStatistics;
}

/** What a watch knows beside the session itself. */
export interface WatchFacts {
  readonly interface: string;
  readonly peer: Uint8Array;
  readonly routers: readonly string[];
  readonly stateSince: number;
  readonly lastDown: { readonly at: number; readonly why: string } | null;
  readonly error: string | null;
  readonly statistics: BfdStatistics;
}

/** The status of one session at `now` (microseconds). */
export function bfdSessionStatus(
  session: BfdSession,
  facts: WatchFacts,
  now: number,
): BfdSessionStatus {
  const { remote, lastHeardAt } = session;
  const known = remote.discriminator !== 0;
  return {
    interface: facts.interface,
    peer: formatIp(facts.peer),
    routers: [...facts.routers],
    state: session.name,
    stateForMs: (now - facts.stateSince) / 1000,
    diagnostic: describeDiagnostic(session.diagnostic),
    diagnosticCode: session.diagnostic,
    remote: known
      ? { state: remote.state, diagnostic: describeDiagnostic(remote.diagnostic) }
      : null,
    localDiscriminator: session.parameters.localDiscriminator,
    remoteDiscriminator: remote.discriminator,
    transmitMs: transmitMicros(session) / 1000,
    receiveMs: receiveMicros(session) / 1000,
    detectMs: known ? detectionMicros(session) / 1000 : null,
    lastHeardMs: lastHeardAt === null ? null : (now - lastHeardAt) / 1000,
    lastDown:
      facts.lastDown === null
        ? null
        : { agoMs: (now - facts.lastDown.at) / 1000, why: facts.lastDown.why },
    error: facts.error,
    statistics: {
      ...facts.statistics,
      sendLateness: copyLateness(facts.statistics.sendLateness),
    },
  };
}
