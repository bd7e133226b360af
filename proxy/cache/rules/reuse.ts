/** May a stored response answer this request, and how (RFC 9111 4, 4.2.4, 5.2.1, RFC 5861)? */
import type { CacheControl } from './cache-control.ts';
import { Meta, MetaFlag } from './entry-meta.ts';
import { currentAge } from './freshness.ts';

const SECOND_MS = 1000;

export type Verdict =
  /** It is fresh. */
  | 'fresh'
  /** It is stale, and the client takes it so. */
  | 'stale'
  /** It is stale, and may be used while it is fetched anew. */
  | 'revalidate'
  /** Only when the server says so. */
  | 'ask';

/** `control` is that of the request; null where what clients say does not count. */
export function judgeStored(
  meta: Float64Array,
  at: number,
  now: number,
  control: CacheControl | null,
): Verdict {
  const flags = meta[at + Meta.flags]!;
  if ((flags & MetaFlag.noCache) !== 0) return 'ask';
  const age = ageAt(meta, at, now);
  const staleMs = age - meta[at + Meta.lifetimeMs]!;
  if (control?.present === true) {
    if (control.noCache) return 'ask';
    if (control.maxAge !== null && age > control.maxAge * SECOND_MS) return 'ask';
    if (control.minFresh !== null && -staleMs < control.minFresh * SECOND_MS) return 'ask';
  }
  // RFC 9111 4.2: fresh is whose lifetime is greater than its age.
  if (staleMs < 0) return 'fresh';
  if (staleMs < meta[at + Meta.staleWhileRevalidateMs]!) return 'revalidate';
  return control !== null && takesStale(control, staleMs, flags) ? 'stale' : 'ask';
}

/** RFC 9111 5.2.1.2: unless the server forbids it. */
function takesStale(control: CacheControl, staleMs: number, flags: number): boolean {
  if (control.maxStale === null || (flags & MetaFlag.mustRevalidate) !== 0) return false;
  return staleMs <= control.maxStale * SECOND_MS;
}

/** May it stand in for a server that does not answer, or answers 500, 502, 503 or 504 (RFC 5861 4)? */
export function mayReplaceError(meta: Float64Array, at: number, now: number): boolean {
  if ((meta[at + Meta.flags]! & MetaFlag.noCache) !== 0) return false;
  const staleMs = ageAt(meta, at, now) - meta[at + Meta.lifetimeMs]!;
  return staleMs < meta[at + Meta.staleIfErrorMs]!;
}

/** Its age now, in milliseconds. */
export function ageAt(meta: Float64Array, at: number, now: number): number {
  return currentAge(meta[at + Meta.initialAgeMs]!, meta[at + Meta.receivedAt]!, now);
}
