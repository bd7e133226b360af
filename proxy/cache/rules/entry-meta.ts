/** What is kept in numbers beside a stored head, so that a hit reads no header field. */
import { VALIDATOR_KEPT_MS } from '../limits.ts';
import { META_DOUBLES } from '../store.ts';
import { initialAge, type Lifetime } from './freshness.ts';
import type { ResponseFacts } from './response-facts.ts';

/** Places in the META_DOUBLES numbers of an entry. */
export const Meta = {
  /** A set of `MetaFlag`. */
  flags: 0,
  status: 1,
  /** Epoch milliseconds. */
  receivedAt: 2,
  initialAgeMs: 3,
  lifetimeMs: 4,
  /** How long past its lifetime it may be used while it is validated, and while that fails. */
  staleWhileRevalidateMs: 5,
  staleIfErrorMs: 6,
  /** Epoch milliseconds; NaN without one. */
  lastModified: 7,
  dateAt: 8,
  /** Of a list of variants: what tells its variants from those of another list. */
  generation: 9,
  /** What beside its URL a response depends on that is stored under the URL alone. */
  origin: 10,
} as const;

export const MetaFlag = {
  /** No response but the names of the fields that choose one (Vary). */
  variants: 1,
  /** No response but that this URL's are not stored: nobody need wait for them. */
  pass: 2,
  /** Never used without the server's consent. */
  noCache: 4,
  /** Not used once it is stale, whatever anybody else says. */
  mustRevalidate: 8,
  /** It has something to be validated by. */
  validator: 16,
} as const;

/** What the route says about stale responses. */
export interface StaleRules {
  readonly staleIfErrorMs: number;
  readonly staleWhileRevalidateMs: number;
}

/** Writes the numbers of a response that is to be stored. */
export function writeMeta(
  meta: Float64Array,
  facts: ResponseFacts,
  lifetime: Lifetime,
  stale: StaleRules,
  times: { readonly requestedAt: number; readonly receivedAt: number },
): void {
  const { control } = facts;
  const strict = control.mustRevalidate || control.proxyRevalidate;
  // s-maxage means proxy-revalidate (RFC 9111 5.2.2.10); a server that allows stale use beside it has
  // said so in particular, and is taken at its word.
  const implied = lifetime.from === 's-maxage';
  const noCache = control.noCache && lifetime.from !== 'override';
  let flags = 0;
  if (noCache) flags |= MetaFlag.noCache;
  if (strict || implied) flags |= MetaFlag.mustRevalidate;
  if (facts.etag !== null || facts.lastModified !== null) flags |= MetaFlag.validator;
  const window = (said: number | null, ruleMs: number) => {
    if (strict || noCache) return 0;
    if (said !== null) return said * 1000;
    return implied ? 0 : ruleMs;
  };
  meta.fill(0, 0, META_DOUBLES);
  meta[Meta.flags] = flags;
  meta[Meta.status] = facts.status;
  meta[Meta.receivedAt] = times.receivedAt;
  meta[Meta.initialAgeMs] = initialAge(facts.age, facts.date, times.requestedAt, times.receivedAt);
  meta[Meta.lifetimeMs] = lifetime.ms;
  const { staleWhileRevalidate, staleIfError } = control;
  meta[Meta.staleWhileRevalidateMs] = window(staleWhileRevalidate, stale.staleWhileRevalidateMs);
  meta[Meta.staleIfErrorMs] = window(staleIfError, stale.staleIfErrorMs);
  meta[Meta.lastModified] = facts.lastModified ?? Number.NaN;
  meta[Meta.dateAt] = facts.date ?? times.receivedAt;
}

/** Epoch milliseconds after which the entry can be of no use to anybody. */
export function uselessAfter(meta: Float64Array): number {
  const stale = Math.max(meta[Meta.staleWhileRevalidateMs]!, meta[Meta.staleIfErrorMs]!);
  const validator = (meta[Meta.flags]! & MetaFlag.validator) !== 0;
  const freshUntil = meta[Meta.receivedAt]! + meta[Meta.lifetimeMs]! - meta[Meta.initialAgeMs]!;
  return freshUntil + Math.max(stale, validator ? VALIDATOR_KEPT_MS : 0);
}
