/** What of a response's head matters to a cache, read once when it comes. */
import { listMembers, withoutBlanks } from '../../http1/list-members.ts';
import { type CacheControl, parseCacheControl, parseDeltaSeconds } from './cache-control.ts';
import type { FreshnessFacts } from './freshness.ts';
import { parseHttpDate } from './http-date.ts';
import { parseTargeted } from './targeted.ts';

/** A head by names in lower case; all lines of a field joined by `, `, null without any. */
export type FieldReader = (name: string) => string | null;

export interface ResponseFacts extends FreshnessFacts {
  /** By CDN-Cache-Control where the server sent that, else by Cache-Control. */
  readonly control: CacheControl;
  /** Seconds. */
  readonly age: number | null;
  /** As it came, `W/` included; null: none, or not a valid one. */
  readonly etag: string | null;
  /** Names in lower case; null: `*`. */
  readonly vary: readonly string[] | null;
  readonly setsCookie: boolean;
  /** Words of Cache-Tag, Surrogate-Key and xkey. */
  readonly tags: readonly string[];
}

const ENTITY_TAG = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/;

/** The fields that name the tags that a response can be purged by. */
export const TAG_FIELDS = ['cache-tag', 'surrogate-key', 'xkey'] as const;

/** Reads the head of a response that came at `now`. */
export function readResponse(status: number, field: FieldReader, now: number): ResponseFacts {
  const targeted = field('cdn-cache-control');
  const own = targeted === null ? null : parseTargeted(targeted);
  return {
    status,
    // Who speaks to us in particular speaks for all that is said to caches (RFC 9213 2.1).
    control: own ?? responseControl(field('cache-control')),
    expires: own === null ? expiresOf(field('expires'), now) : null,
    date: dateOf(field('date'), now),
    lastModified: dateOf(field('last-modified'), now),
    age: ageOf(field('age')),
    etag: etagOf(field('etag')),
    vary: varyOf(field('vary')),
    setsCookie: field('set-cookie') !== null,
    tags: tagsOf(field),
  };
}

function responseControl(value: string | null): CacheControl {
  return parseCacheControl(value ?? '');
}

function dateOf(value: string | null, now: number): number | null {
  return value === null ? null : parseHttpDate(value, now);
}

/** Two lines are no date either: RFC 9111 4.2.1 lets them be taken for expired. */
function expiresOf(value: string | null, now: number): number | null {
  return value === null ? null : (parseHttpDate(value, now) ?? Number.NaN);
}

/** Of a list the first counts (RFC 9111 5.1); what is no number does not. */
function ageOf(value: string | null): number | null {
  return value === null ? null : parseDeltaSeconds(value.split(',', 1)[0]!);
}

function etagOf(value: string | null): string | null {
  return value !== null && ENTITY_TAG.test(value) ? value : null;
}

function varyOf(value: string | null): readonly string[] | null {
  if (value === null) return [];
  const names = listMembers(value).filter((name) => name !== '');
  return names.includes('*') ? null : [...new Set(names)].sort();
}

function tagsOf(field: FieldReader): readonly string[] {
  const words: string[] = [];
  for (const name of TAG_FIELDS) {
    const value = field(name);
    if (value !== null) words.push(...withoutBlanks(value).split(/[ \t,]+/));
  }
  return [...new Set(words.filter((word) => word !== ''))];
}
