/** How long a response is fresh and how old it is (RFC 9111 4.2). All times in epoch milliseconds. */
import { DELTA_SECONDS_MAX, HEURISTIC_FRACTION } from '../limits.ts';
import type { CacheControl } from './cache-control.ts';

const SECOND_MS = 1000;

/** What of a response its freshness depends on. */
export interface FreshnessFacts {
  readonly status: number;
  readonly control: CacheControl;
  /** Null: not there, or not to be read. */
  readonly date: number | null;
  /** Null: not there; NaN: there, but no date, which means expired (RFC 9111 5.3). */
  readonly expires: number | null;
  readonly lastModified: number | null;
}

/** What the operator says where the server does not; with `override` in any case. */
export interface FreshnessRules {
  readonly ttl: ReadonlyMap<number, number>;
  readonly override: boolean;
  /** The longest lifetime that is guessed; 0: none is. */
  readonly heuristicMaxMs: number;
}

/** `ttl`: the operator says it where the server does not; `override`: whatever the server says. */
export type LifetimeSource = 's-maxage' | 'max-age' | 'expires' | 'ttl' | 'override' | 'heuristic';

export interface Lifetime {
  readonly ms: number;
  /** Null: nobody says anything. */
  readonly from: LifetimeSource | null;
}

/** Statuses that a cache may keep without being told for how long (RFC 9110 15.1), but 206. */
export const HEURISTIC_STATUSES: ReadonlySet<number> = new Set([
  200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501,
]);

/** The freshness lifetime of a response that came at `receivedAt` (RFC 9111 4.2.1). */
export function lifetimeOf(
  facts: FreshnessFacts,
  rules: FreshnessRules,
  receivedAt: number,
): Lifetime {
  const ttl = rules.ttl.get(facts.status);
  if (rules.override && ttl !== undefined) return { ms: ttl, from: 'override' };
  const { control, expires } = facts;
  if (control.sMaxage !== null) return { ms: control.sMaxage * SECOND_MS, from: 's-maxage' };
  if (control.maxAge !== null) return { ms: control.maxAge * SECOND_MS, from: 'max-age' };
  if (expires !== null) {
    // Both are by the server's clock, so ours does not matter.
    const ms = Number.isNaN(expires) ? 0 : Math.max(0, expires - (facts.date ?? receivedAt));
    return { ms: Math.min(ms, DELTA_SECONDS_MAX * SECOND_MS), from: 'expires' };
  }
  if (ttl !== undefined) return { ms: ttl, from: 'ttl' };
  return guess(facts, rules, receivedAt);
}

function guess(facts: FreshnessFacts, rules: FreshnessRules, receivedAt: number): Lifetime {
  const { lastModified, control, status } = facts;
  const may = HEURISTIC_STATUSES.has(status) || control.public;
  if (!may || lastModified === null || rules.heuristicMaxMs === 0) return { ms: 0, from: null };
  const unchanged = Math.max(0, (facts.date ?? receivedAt) - lastModified);
  const ms = Math.min(unchanged * HEURISTIC_FRACTION, rules.heuristicMaxMs);
  return { ms, from: 'heuristic' };
}

/**
 * The age of a response when it came (RFC 9111 4.2.3, corrected_initial_age): what `Age` says and the
 * time that it took, or what its date says if that is more. `age` in seconds; a date of the future, by
 * a clock that is ahead of ours, adds nothing.
 */
export function initialAge(
  age: number | null,
  date: number | null,
  requestedAt: number,
  receivedAt: number,
): number {
  const apparent = Math.max(0, receivedAt - (date ?? receivedAt));
  const delay = Math.max(0, receivedAt - requestedAt);
  return Math.max(apparent, (age ?? 0) * SECOND_MS + delay);
}

/** Its age now; a clock that was put back makes nothing younger than it was. */
export function currentAge(initialAgeMs: number, receivedAt: number, now: number): number {
  return initialAgeMs + Math.max(0, now - receivedAt);
}

/** What `Age` says: whole seconds. */
export function ageSeconds(ageMs: number): number {
  return Math.min(Math.floor(ageMs / SECOND_MS), DELTA_SECONDS_MAX);
}
