import type { FeatureRequest, RequestFeature, RouteFeature } from '../features/feature.ts';
import { BytesSource, type LocalResponse } from '../features/local-response.ts';
import type { ResponseEdit } from '../features/response-edit.ts';
import { Field } from '../http1/fields.ts';
import { BodyKind, type RequestHead, type ResponseHead } from '../http1/head.ts';
import type { HttpContext } from '../http1/http-context.ts';
import { CacheFetch, type FetchClient, type FetchOrder, type StaleEntry } from './cache-fetch.ts';
import { KeyBuilder } from './cache-key.ts';
import type { CacheRules } from './cache-rules.ts';
import { CachedRequest } from './cached-request.ts';
import type { HotEntry } from './hot-entries.ts';
import { Invalidation } from './invalidation.ts';
import { ORPHANED_FETCHES_MAX, WAITERS_MAX } from './limits.ts';
import type { LocatedEntry } from './located-entry.ts';
import { renew } from './renewal.ts';
import { fieldsOf } from './request-facts.ts';
import type { CacheControl } from './rules/cache-control.ts';
import { type CacheStory, cacheStatus } from './rules/cache-status.ts';
import { agreement } from './rules/entity-tag.ts';
import { MetaFlag } from './rules/entry-meta.ts';
import { lifetimeOf } from './rules/freshness.ts';
import { mayInvalidate } from './rules/invalidation.ts';
import { readResponse } from './rules/response-facts.ts';
import { type StoringRequest, whyNotStored } from './rules/storable.ts';
import { sendFetch } from './send-fetch.ts';
import type { CacheKey } from './store.ts';
import type { ContentStore } from './stored-answer.ts';
import type { WorkerCache } from './worker-cache.ts';

/** What a request wants fetched. */
export interface Wanted {
  readonly key: CacheKey;
  readonly locked: boolean;
  readonly stale: StaleEntry | null;
  readonly control: CacheControl | null;
  readonly forbidden: boolean;
  /** Null: nobody waits for it. */
  readonly client: FetchClient | null;
}

const PLAIN_HIT: CacheStory = {
  forwarded: null,
  forwardedStatus: 0,
  ttl: null,
  stored: false,
  collapsed: false,
  detail: null,
};

/** `cache` of a route: answers out of a store what is stored there, and stores what may be. */
export class CacheFeature implements RouteFeature {
  readonly name = 'cache';
  readonly rules: CacheRules;
  readonly cache: WorkerCache;
  readonly keys: KeyBuilder;
  /** How the cache calls itself in Cache-Status. */
  readonly statusName: string;
  /** Requests that wait for others' answers. */
  waiters = 0;
  readonly #context: HttpContext;
  /** Fetches that go on without a client. */
  #orphans = 0;

  constructor(rules: CacheRules, cache: WorkerCache, context: HttpContext, statusName: string) {
    this.rules = rules;
    this.cache = cache;
    this.keys = new KeyBuilder(rules.config.key, cache.hash);
    this.statusName = statusName;
    this.#context = context;
  }

  begin(request: FeatureRequest): RequestFeature | null {
    const { head } = request;
    const { method } = head;
    if (method === 'GET' || method === 'HEAD') {
      const plain = head.bodyKind === BodyKind.none && head.upgrade === '' && !head.expectContinue;
      return plain ? new CachedRequest(this, request) : null;
    }
    return mayInvalidate(method) ? new Invalidation(this) : null;
  }

  /** May another request wait for the answer of one that is under way? */
  mayWait(): boolean {
    return this.waiters < WAITERS_MAX;
  }

  /** May another fetch go on without a client? */
  mayOrphan(): boolean {
    return this.#orphans < ORPHANED_FETCHES_MAX;
  }

  /** A fetch for this request, not begun; `located` has been kept. */
  fetch(located: LocatedEntry, request: FeatureRequest, wanted: Wanted): CacheFetch {
    const { key, locked, stale, client } = wanted;
    const { head } = located;
    const order: FetchOrder = {
      located,
      key,
      locked,
      url: this.#urlOf(located),
      stale,
      storing: this.storing(head, wanted.control, wanted.forbidden),
      send: (owner, conditional) => {
        const asksAbout = conditional ? (stale?.entry ?? null) : null;
        return sendFetch(this.#context, request, head, owner, asksAbout, client !== null);
      },
      orphaned: (fetch) => {
        fetch.orphaned = true;
        this.#orphans++;
      },
      over: (fetch) => {
        if (fetch.orphaned) this.#orphans--;
      },
    };
    if (client === null) this.#orphans++;
    return new CacheFetch(this.cache, this.rules, order, client);
  }

  /** All of a fresh response, as it is stored. */
  plainHit(entry: HotEntry, store: ContentStore, now: number): LocalResponse {
    const head = entry.hit(this, now);
    if (entry.length === 0) return { head, body: null, relayed: true };
    const { content } = entry;
    const body = content === null ? store.content(0, null) : new BytesSource(content);
    return { head, body, relayed: true };
  }

  /** The value of Cache-Status for a hit that is fresh for so many seconds. */
  hitStatus(ttl: number): string {
    if (!this.rules.config.statusHeader) return '';
    return cacheStatus(this.statusName, { ...PLAIN_HIT, ttl });
  }

  /** The answer to a HEAD says whether what is stored is still that (RFC 9111 4.3.5). */
  compareHead(
    {
      entry,
      key,
      located,
    }: { readonly entry: HotEntry; readonly key: CacheKey; readonly located: LocatedEntry },
    edit: ResponseEdit,
  ): void {
    const { store, clock } = this.cache;
    if (edit.status !== 200 || entry.head.status !== 200) return;
    const stored = store.lookup(key);
    if (stored === null) return;
    const same = isSame(entry, edit.head);
    if (same === false) {
      store.invalidate(key);
    } else if (same === true && this.cache.hot.of(stored) === entry) {
      const now = clock();
      const url = this.#urlOf(located);
      const times = { requestedAt: now, receivedAt: now, stamp: store.stamp(url) };
      const storing = { method: 'GET', authorized: false, control: null, forbidden: false };
      renew(store, this.rules, storing, { entry, stored, key, url }, edit.head, times);
    }
    stored.release();
  }

  /** The answer to a request that passed a mark: once one may be stored, the next is (`key`: the mark's). */
  unmark(key: CacheKey, storing: StoringRequest, edit: ResponseEdit): void {
    const { store, hot, clock } = this.cache;
    const facts = readResponse(edit.status, fieldsOf(edit.head), clock());
    const lifetime = lifetimeOf(facts, this.rules.freshness, clock());
    if (whyNotStored(storing, facts, lifetime) !== null) return;
    const stored = store.lookup(key);
    if (stored === null) return;
    if (hot.of(stored).has(MetaFlag.pass)) store.invalidate(key);
    stored.release();
  }

  /** What of a request decides whether its answer may be stored. */
  storing(head: RequestHead, control: CacheControl | null, forbidden: boolean): StoringRequest {
    return { method: 'GET', authorized: head.has(Field.authorization), control, forbidden };
  }

  #urlOf(located: LocatedEntry): CacheKey {
    located.enter();
    return this.keys.kept();
  }
}

/** Does the answer to a HEAD speak of this stored response? Null: it does not say. */
function isSame(entry: HotEntry, head: ResponseHead): boolean | null {
  const said = fieldsOf(head);
  const length = said('content-length');
  if (length !== null && Number(length) !== entry.length) return false;
  const stored = { etag: entry.text('etag'), lastModified: entry.text('last-modified') };
  const news = { etag: said('etag'), lastModified: said('last-modified') };
  return agreement(stored, news);
}
