import type { ProxyErrorCode } from '../errors.ts';
import type { ClientIdentity } from '../http1/client-identity.ts';
import type { RequestHead } from '../http1/head.ts';

/** All the limits of one route, asked once per request in the phase `limit`. */
export interface RequestGate {
  /** Decides by the head, which is valid during the call. `now`: milliseconds, monotonic. */
  admit(head: RequestHead, client: ClientIdentity, now: number): GateDecision;
}

export type GateDecision = GatePass | GateRefusal;

/** The request may go on. */
export interface GatePass {
  /** After so many milliseconds; 0: at once. */
  readonly delayMs: number;
  /** The request has ended, however; exactly one call. */
  over(): void;
}

/** It may not. */
export interface GateRefusal {
  readonly code: ProxyErrorCode;
  /** For a `Retry-After` field; 0: none. */
  readonly retryAfterSeconds: number;
}
