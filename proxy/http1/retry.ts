import type { RetryCondition, RetryConfig } from '../../src/config/retry-config.ts';
import type { ProxyErrorCode, Sent } from '../errors.ts';

/** For requests of our own that are not worth a second try. */
export const NO_RETRY: RetryConfig = {
  on: [],
  statuses: [],
  triesMax: 1,
  timeoutMs: 0,
  budgetPercent: 0,
  bodyBytesMax: 0,
  nonIdempotent: false,
  hedgeAfterMs: null,
};

/** What is known about an attempt that failed before the client had any of an answer. */
export interface FailedAttempt {
  /** What went wrong; null: it was answered, with `status`. */
  readonly code: ProxyErrorCode | null;
  readonly status: number;
  readonly sent: Sent;
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
  /** Milliseconds since the request came. */
  readonly ageMs: number;
}

/** What an operator calls the failures that another server may make good. */
const CONDITIONS: Partial<Readonly<Record<ProxyErrorCode, RetryCondition>>> = {
  connect_failed: 'connect',
  connect_timeout: 'connect',
  server_tls_failed: 'connect',
  server_certificate_refused: 'connect',
  server_closed: 'closed',
  response_timeout: 'timeout',
  bad_response: 'invalid',
};

/**
 * May the request be sent again, and where? `same`: to the same server over a new connection, for it
 * may just have been closing the kept-alive one (RFC 9112 9.3.1); `other`: to another server, as the
 * rule has it. What a server may have acted upon is only repeated where that does no harm.
 */
export function retryTarget(rule: RetryConfig, attempt: FailedAttempt): 'same' | 'other' | 'none' {
  if (!attempt.replayable) return 'none';
  const harmless = attempt.idempotent || attempt.sent === 'none';
  const raced = attempt.code === 'server_closed' && attempt.reused && !attempt.answered;
  if (raced && harmless && !attempt.reconnected) return 'same';
  if (isSpent(rule, attempt.serversTried, attempt.ageMs)) return 'none';
  return isWanted(rule, attempt) && (harmless || rule.nonIdempotent) ? 'other' : 'none';
}

/** Has a request been to as many servers as it may, or come too long ago for another? */
export function isSpent(rule: RetryConfig, serversTried: number, ageMs: number): boolean {
  return serversTried >= rule.triesMax || (rule.timeoutMs > 0 && ageMs >= rule.timeoutMs);
}

/**
 * Does a retry after this failure count against the budget? Not when there was no connection: the
 * server had no work from it.
 */
export function isBudgeted(code: ProxyErrorCode | null): boolean {
  return code === null || CONDITIONS[code] !== 'connect';
}

/** Is this a response that is not passed on while another server can be asked? */
export function isUnwelcome({ statuses }: RetryConfig, status: number): boolean {
  if (statuses.length === 0) return false;
  return statuses.some(([from, to]) => status >= from && status <= to);
}

function isWanted(rule: RetryConfig, { code, status }: FailedAttempt): boolean {
  if (code === null) return isUnwelcome(rule, status);
  const condition = CONDITIONS[code];
  return condition !== undefined && rule.on.includes(condition);
}

const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** RFC 9110 9.2.2; methods we do not know are taken not to be. */
export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.has(method);
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** RFC 9110 9.2.1: the methods that only read, so that doing it twice at once changes nothing. */
export function isSafe(method: string): boolean {
  return SAFE.has(method);
}
