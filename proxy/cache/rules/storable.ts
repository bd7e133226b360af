/** May this response be stored (RFC 9111 3)? */
import { VARY_NAMES_MAX } from '../limits.ts';
import type { CacheControl } from './cache-control.ts';
import { HEURISTIC_STATUSES, type Lifetime } from './freshness.ts';
import type { ResponseFacts } from './response-facts.ts';

/** Why not; the words of Cache-Status (`detail`) and of docs/CACHE.md. */
export type NotStored =
  | 'method'
  | 'request-no-store'
  | 'status'
  | 'no-store'
  | 'private'
  | 'authorization'
  | 'set-cookie'
  | 'vary'
  | 'no-lifetime'
  | 'rule';

/** What of a request decides. */
export interface StoringRequest {
  readonly method: string;
  readonly authorized: boolean;
  /** Of the request; null where what clients say does not count. */
  readonly control: CacheControl | null;
  /** A rule of the operator forbids it. */
  readonly forbidden: boolean;
}

/**
 * Final statuses whose meaning to a cache we know (RFC 9110 15, RFC 6585, RFC 7538, RFC 7725). 206 and
 * 304 are not among them: they are no response by themselves.
 */
const UNDERSTOOD: ReadonlySet<number> = new Set([
  ...[200, 201, 202, 203, 204, 205],
  ...[300, 301, 302, 303, 307, 308],
  ...[400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 417, 421],
  ...[422, 426, 428, 429, 431, 451],
  ...[500, 501, 502, 503, 504, 505, 511],
]);

/** Null: it may be stored. */
export function whyNotStored(
  request: StoringRequest,
  facts: ResponseFacts,
  lifetime: Lifetime,
): NotStored | null {
  const { control, status, vary } = facts;
  if (request.method !== 'GET') return 'method';
  if (request.forbidden) return 'rule';
  if (request.control?.noStore === true) return 'request-no-store';
  if (status === 206 || status === 304 || status < 200) return 'status';
  const overridden = lifetime.from === 'override';
  if (!overridden) {
    const refused = whyRefused(control, status);
    if (refused !== null) return refused;
  }
  if (request.authorized && !sharesAuthorized(control)) return 'authorization';
  if (facts.setsCookie) return 'set-cookie';
  if (vary === null || vary.length > VARY_NAMES_MAX) return 'vary';
  return overridden || hasLifetime(facts, lifetime) ? null : 'no-lifetime';
}

function whyRefused(control: CacheControl, status: number): NotStored | null {
  // RFC 9111 5.2.2.3: who understands the status heeds what is said beside no-store.
  if (control.mustUnderstand && !UNDERSTOOD.has(status)) return 'status';
  if (control.noStore && !control.mustUnderstand) return 'no-store';
  return control.private ? 'private' : null;
}

/** RFC 9111 3.5. */
export function sharesAuthorized(control: CacheControl): boolean {
  return control.public || control.mustRevalidate || control.sMaxage !== null;
}

/**
 * RFC 9111 3, the last point: a lifetime that somebody states, or permission by the status or `public`.
 * The latter is only worth storing with something to validate it by.
 */
function hasLifetime(facts: ResponseFacts, lifetime: Lifetime): boolean {
  const { control, status, etag, lastModified } = facts;
  const validator = etag !== null || lastModified !== null;
  if (lifetime.from !== null) return lifetime.ms > 0 || validator || keepsStale(control);
  const allowed = control.public || HEURISTIC_STATUSES.has(status);
  return allowed && control.noCache && validator;
}

function keepsStale(control: CacheControl): boolean {
  return (control.staleIfError ?? 0) > 0 || (control.staleWhileRevalidate ?? 0) > 0;
}
