/** What a 304, or the answer to a HEAD, says anew about a stored response (RFC 9111 3.2). */
import type { MessageHead } from '../http1/head.ts';
import type { CacheRules } from './cache-rules.ts';
import { HotEntry } from './hot-entries.ts';
import { STORED_HEAD_BYTES_MAX } from './limits.ts';
import { fieldsOf } from './request-facts.ts';
import { Meta, uselessAfter, writeMeta } from './rules/entry-meta.ts';
import { lifetimeOf } from './rules/freshness.ts';
import { readResponse } from './rules/response-facts.ts';
import { type StoringRequest, whyNotStored } from './rules/storable.ts';
import { type CacheKey, type CacheStore, META_DOUBLES, type StoredResponse } from './store.ts';
import { updatedHead } from './stored-head.ts';

/** The stored response, pinned, and where it stands. */
export interface Renewable {
  readonly entry: HotEntry;
  readonly stored: StoredResponse;
  readonly key: CacheKey;
  readonly url: CacheKey;
}

/** When its news were asked for and came, and what `stamp` said before. */
export interface NewsTimes {
  readonly requestedAt: number;
  readonly receivedAt: number;
  readonly stamp: number;
}

/** The stored response with the news in it. Stored so if that may be, else no more. */
export function renew(
  store: CacheStore,
  rules: CacheRules,
  storing: StoringRequest,
  { entry, stored, key, url }: Renewable,
  news: MessageHead,
  times: NewsTimes,
): HotEntry {
  const date = new Date(times.receivedAt).toUTCString();
  const bytes = updatedHead(entry.head, news, date);
  const meta = new Float64Array(META_DOUBLES);
  const renewed = new HotEntry(bytes, meta, entry.length, entry.content);
  const fields = fieldsOf(renewed.head);
  const said = fieldsOf(news);
  const facts = readResponse(
    entry.head.status,
    // Neither is stored; what sets a cookie may tell one client's from others'.
    (name) => (name === 'age' || name === 'set-cookie' ? said(name) : fields(name)),
    times.receivedAt,
  );
  const lifetime = lifetimeOf(facts, rules.freshness, times.receivedAt);
  writeMeta(meta, facts, lifetime, rules.config, times);
  meta[Meta.origin] = entry.meta[Meta.origin]!;
  const keeps = bytes.length <= STORED_HEAD_BYTES_MAX;
  if (keeps && whyNotStored(storing, facts, lifetime) === null) {
    store.update(stored, key, url, times.stamp, bytes, meta, uselessAfter(meta));
  } else {
    store.invalidate(key);
  }
  return renewed;
}
