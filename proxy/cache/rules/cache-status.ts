/** What the cache did with a request: for logs, metrics and Cache-Status (RFC 9211). */
import type { NotStored } from './storable.ts';

/** The words of nginx's $upstream_cache_status. */
export const CACHE_RESULTS = [
  'HIT',
  'MISS',
  'EXPIRED',
  'STALE',
  'UPDATING',
  'REVALIDATED',
  'BYPASS',
] as const;
export type CacheResult = (typeof CACHE_RESULTS)[number];

/** Why a request went to a server (RFC 9211 2.2). */
export type Forwarded =
  | 'bypass'
  | 'method'
  | 'uri-miss'
  | 'vary-miss'
  | 'miss'
  | 'request'
  | 'stale';

export interface CacheStory {
  /** Null: answered from the cache. */
  forwarded: Forwarded | null;
  /** What the server said to that; 0: nothing, or nobody was asked. */
  forwardedStatus: number;
  /** Seconds for which it is fresh yet, negative when it is not; null: does not matter. */
  ttl: number | null;
  stored: boolean;
  /** Another request's answer. */
  collapsed: boolean;
  /** Why it was not stored, or another word for the operator. */
  detail: NotStored | string | null;
}

/** One member of Cache-Status. `name`: how this cache calls itself, a token or quoted. */
export function cacheStatus(name: string, story: CacheStory): string {
  let text = name;
  if (story.forwarded === null) text += '; hit';
  else text += `; fwd=${story.forwarded}`;
  if (story.forwardedStatus > 0) text += `; fwd-status=${story.forwardedStatus}`;
  if (story.ttl !== null) text += `; ttl=${story.ttl}`;
  if (story.stored) text += '; stored';
  if (story.collapsed) text += '; collapsed';
  if (story.detail !== null) text += `; detail=${story.detail}`;
  return text;
}
