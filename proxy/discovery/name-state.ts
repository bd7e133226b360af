/**
 * What is known of one name, and when to ask again. Pure: the answers and the time come from outside.
 *
 *     unresolved ──found──► resolved ──no answer, or "no such name" for less than `hold`──► stale
 *         ▲                    ▲ └──────────────── found ───────────────────────────────────┘ │
 *         └────────── "no such name" for `hold` ──────────────────────────────────────────────┘
 *
 * Nobody's failure to answer takes an address away, however long it lasts: whether the servers work is
 * for health checks to say.
 */
import type { Absence, Answer, LookupFault, Outcome, SrvRecord, TargetAnswer } from './answer.ts';
import { ADDRESSES_PER_NAME_MAX, RETRY_DELAY_MAX_MS, RETRY_DELAY_MIN_MS } from './limits.ts';

/** Times of the config, ms. */
export interface NameBounds {
  /** An answer is used at least so long, whatever its TTL. */
  readonly ttlMinMs: number;
  /** And at most so long. */
  readonly ttlMaxMs: number;
  /** How long a name that is said not to exist keeps its last addresses. */
  readonly holdMs: number;
  /** How long an address that an answer lacks is kept. */
  readonly lingerMs: number;
}

/** An address that a name stands for now. */
export interface FoundAddress {
  /** IPv4, or IPv6 without brackets. */
  readonly address: string;
  /** The host it is an address of: the name itself, or the target of an SRV record. */
  readonly host: string;
  readonly srv: SrvRecord | null;
}

/** What was wrong at the last look-up. */
export interface LookupProblem {
  readonly why: Absence | LookupFault;
  /** For people: which name server, which host. */
  readonly detail: string;
}

/** Times are of one monotonic clock, ms. */
export interface NameState {
  readonly status: 'unresolved' | 'resolved' | 'stale';
  /** The last good ones, in a fixed order. */
  readonly found: readonly FoundAddress[];
  /** When each of them, by `endpointKey`, was last part of an answer. */
  readonly seenAt: ReadonlyMap<string, number>;
  /** Addresses beyond `ADDRESSES_PER_NAME_MAX`, which are not used. */
  readonly leftOut: number;
  /** When to ask next. */
  readonly nextAt: number;
  /** The last look-up that brought addresses. */
  readonly resolvedAt: number | null;
  /** How long that answer counts, ms, within the bounds. */
  readonly ttlMs: number | null;
  /** Null when the last look-up was complete. */
  readonly problem: LookupProblem | null;
  /** Look-ups with a problem in a row. */
  readonly failures: number;
  /** Since when name servers say that there is nothing. */
  readonly absentSince: number | null;
}

/** A name that was never asked for; it is due at once. */
export function unresolvedName(now: number): NameState {
  return {
    status: 'unresolved',
    found: [],
    seenAt: new Map(),
    leftOut: 0,
    nextAt: now,
    resolvedAt: null,
    ttlMs: null,
    problem: null,
    failures: 0,
    absentSince: null,
  };
}

/** The state after an answer that came at `now`. `found` is the same object unless it changed. */
export function stepName(
  state: NameState,
  answer: Answer,
  now: number,
  bounds: NameBounds,
): NameState {
  if (answer.kind !== 'found') return withoutAnswer(state, answer, now, bounds);
  const reading = readTargets(answer.records, state.found);
  if (!reading.fresh) return withoutAnswer(state, reading.problem ?? NO_ADDRESS, now, bounds);
  const ttlMs = clamp(Math.min(answer.ttlMs, reading.ttlMs), bounds.ttlMinMs, bounds.ttlMaxMs);
  const failures = reading.problem === null ? 0 : state.failures + 1;
  const retryMs = failures === 0 ? ttlMs : Math.min(ttlMs, retryDelay(failures));
  const lingering = lingeringOf(state, reading.found, now - bounds.lingerMs);
  const all = [...reading.found, ...lingering].sort(byPlace);
  const found = all.slice(0, ADDRESSES_PER_NAME_MAX);
  const seenNow = new Set(reading.found);
  return {
    status: 'resolved',
    found: sameFound(found, state.found) ? state.found : found,
    seenAt: new Map(
      found.map((one) => {
        const key = endpointKey(one);
        return [key, seenNow.has(one) ? now : (state.seenAt.get(key) ?? now)];
      }),
    ),
    leftOut: all.length - found.length,
    nextAt: now + retryMs,
    resolvedAt: now,
    ttlMs,
    problem: reading.problem === null ? null : asProblem(reading.problem),
    failures,
    absentSince: null,
  };
}

/** What the answer lacks and was part of one not long ago. */
function lingeringOf(
  { found, seenAt }: NameState,
  fresh: readonly FoundAddress[],
  since: number,
): FoundAddress[] {
  const named = new Set(fresh.map(endpointKey));
  return found.filter((one) => {
    const key = endpointKey(one);
    return !named.has(key) && (seenAt.get(key) ?? 0) > since;
  });
}

type Missing = Exclude<Outcome<unknown>, { kind: 'found' }>;

const NO_ADDRESS: Missing = { kind: 'absent', why: 'nodata' };

function withoutAnswer(
  state: NameState,
  missing: Missing,
  now: number,
  bounds: NameBounds,
): NameState {
  const failures = state.failures + 1;
  const absentSince = missing.kind === 'absent' ? (state.absentSince ?? now) : state.absentSince;
  let nextAt = now + retryDelay(failures);
  let gone = false;
  if (missing.kind === 'absent' && absentSince !== null) {
    const goneAt = absentSince + bounds.holdMs;
    gone = now >= goneAt;
    if (!gone) nextAt = Math.min(nextAt, goneAt);
  }
  const found = gone && state.found.length > 0 ? [] : state.found;
  return {
    ...state,
    status: found.length > 0 ? 'stale' : 'unresolved',
    found,
    leftOut: gone ? 0 : state.leftOut,
    nextAt,
    problem: asProblem(missing),
    failures,
    absentSince,
  };
}

interface Reading {
  readonly found: FoundAddress[];
  /** Some of it was found just now. */
  readonly fresh: boolean;
  readonly ttlMs: number;
  /** A part that got no answer; "absent" only when nothing at all was found. */
  readonly problem: Missing | null;
}

/**
 * The addresses of all targets. A family of a target that got no answer keeps what it had: half an
 * answer must not take away the other half's servers.
 */
function readTargets(targets: readonly TargetAnswer[], before: readonly FoundAddress[]): Reading {
  const found = new Map<string, FoundAddress>();
  let ttlMs = Number.POSITIVE_INFINITY;
  let fresh = false;
  let failed: Missing | null = null;
  let absent: Missing | null = null;
  for (const { host, srv, addresses } of targets) {
    for (const family of ['ipv4', 'ipv6'] as const) {
      const outcome = addresses[family];
      let known: readonly string[] = [];
      if (outcome.kind === 'found') {
        known = outcome.records;
        fresh ||= known.length > 0;
        ttlMs = Math.min(ttlMs, outcome.ttlMs);
      } else if (outcome.kind === 'failed') {
        failed ??= outcome;
        known = lastKnown(before, host, family);
      } else if (absent === null || outcome.why === 'nodata') {
        absent = outcome;
      }
      for (const address of known) {
        const one = { address, host, srv };
        const key = endpointKey(one);
        if (!found.has(key)) found.set(key, one);
      }
    }
  }
  // Families that do not exist are no problem as long as there is an address.
  return { found: [...found.values()], fresh, ttlMs, problem: failed ?? (fresh ? null : absent) };
}

function lastKnown(
  before: readonly FoundAddress[],
  host: string,
  family: 'ipv4' | 'ipv6',
): string[] {
  const ofFamily = (address: string) => address.includes(':') === (family === 'ipv6');
  return before
    .filter((one) => one.host === host && ofFamily(one.address))
    .map((one) => one.address);
}

/** Two records may name one address and port; it is one server. */
function endpointKey({ address, srv }: FoundAddress): string {
  return srv === null ? address : `${address} ${srv.port}`;
}

/** By priority, then IPv4 before IPv6, then by address: the order of an answer means nothing. */
function byPlace(left: FoundAddress, right: FoundAddress): number {
  return (
    (left.srv?.priority ?? 0) - (right.srv?.priority ?? 0) ||
    Number(left.address.includes(':')) - Number(right.address.includes(':')) ||
    left.address.localeCompare(right.address, 'en', { numeric: true }) ||
    (left.srv?.port ?? 0) - (right.srv?.port ?? 0)
  );
}

function sameFound(left: readonly FoundAddress[], right: readonly FoundAddress[]): boolean {
  return left.length === right.length && left.every((one, index) => same(one, right[index]!));
}

function same(left: FoundAddress, right: FoundAddress): boolean {
  return (
    left.address === right.address &&
    left.host === right.host &&
    left.srv?.port === right.srv?.port &&
    left.srv?.priority === right.srv?.priority &&
    left.srv?.weight === right.srv?.weight
  );
}

function asProblem(missing: Missing): LookupProblem {
  return { why: missing.why, detail: missing.kind === 'failed' ? missing.detail : '' };
}

function retryDelay(failures: number): number {
  return Math.min(RETRY_DELAY_MIN_MS * 2 ** Math.min(failures - 1, 16), RETRY_DELAY_MAX_MS);
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(Math.max(value, min), max);
}
