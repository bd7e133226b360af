import type { ProxyError } from '../errors.ts';
import { CONNECT_TRIES_MAX } from '../limits.ts';

/** What is known about an attempt that failed before the client had any of an answer. */
export interface FailedAttempt {
  readonly error: ProxyError;
  /** The method may be repeated without harm (RFC 9110 9.2.2). */
  readonly idempotent: boolean;
  /** All that was sent is still at hand to be sent again. */
  readonly replayable: boolean;
  /** The connection had answered a request before. */
  readonly reused: boolean;
  /** Any byte of an answer came. */
  readonly answered: boolean;
  /** Servers tried so far, this one included. */
  readonly serversTried: number;
  /** A dead kept-alive connection was already made good for this request. */
  readonly reconnected: boolean;
}

/**
 * May the request be sent again, and where? `same`: to the same server over a new connection, for it
 * may just have been closing the kept-alive one (RFC 9112 9.3.1); `other`: to another server, for
 * this one got nothing of the request.
 */
export function retryTarget(attempt: FailedAttempt): 'same' | 'other' | 'none' {
  const { code, sent } = attempt.error;
  if (!attempt.replayable) return 'none';
  if (sent === 'none' && (code === 'connect_failed' || code === 'connect_timeout')) {
    return attempt.serversTried < CONNECT_TRIES_MAX ? 'other' : 'none';
  }
  const raced = code === 'server_closed' && attempt.reused && !attempt.answered;
  const safe = attempt.idempotent || sent === 'none';
  return raced && safe && !attempt.reconnected ? 'same' : 'none';
}

const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** RFC 9110 9.2.2; methods we do not know are taken not to be. */
export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.has(method);
}
