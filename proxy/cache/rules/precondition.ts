/** Conditions of a request, judged by what is stored (RFC 9111 4.3.2, RFC 9110 13.1). */
import { listsTag, sameStrongly } from './entity-tag.ts';
import { parseHttpDate } from './http-date.ts';
import type { FieldReader } from './response-facts.ts';

/** What of the stored response conditions are compared with. */
export interface StoredValidators {
  readonly status: number;
  readonly etag: string | null;
  /** Epoch milliseconds; null without one. */
  readonly lastModified: number | null;
  /** `Date`, or when it came. */
  readonly date: number;
}

/** A Last-Modified so long before Date is a strong validator (RFC 9110 8.8.2.2). */
const STRONG_AFTER_MS = 1000;

/** The client has this already: 304 is the answer. Only for 200s, whose content it may have. */
export function isNotModified(field: FieldReader, stored: StoredValidators, now: number): boolean {
  if (stored.status !== 200) return false;
  const noneMatch = field('if-none-match');
  if (noneMatch !== null) return listsTag(noneMatch, stored.etag) === true;
  const since = field('if-modified-since');
  if (since === null) return false;
  const date = parseHttpDate(since, now);
  // RFC 9111 4.3.2: without Last-Modified, Date, and without that when it came.
  return date !== null && (stored.lastModified ?? stored.date) <= date;
}

/** May ranges be served, by If-Range (RFC 9110 13.1.5)? Without it they may. */
export function isRangeStillGood(
  field: FieldReader,
  stored: StoredValidators,
  now: number,
): boolean {
  const condition = field('if-range');
  if (condition === null) return true;
  if (condition.startsWith('"') || condition.startsWith('W/')) {
    return stored.etag !== null && sameStrongly(condition, stored.etag);
  }
  const date = parseHttpDate(condition, now);
  if (date === null || stored.lastModified === null) return false;
  return date === stored.lastModified && stored.date - date >= STRONG_AFTER_MS;
}

/** Conditions that only the server can judge (RFC 9111 4.3.2): such requests pass the cache by. */
export const SERVERS_CONDITIONS = ['if-match', 'if-unmodified-since'] as const;
