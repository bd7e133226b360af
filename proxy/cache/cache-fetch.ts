/**
 * Asks a server for one response on behalf of a request, or of nobody, and stores it if it may be:
 *
 *     send ─► SubRequest ─► 304: the stored one is good      ─► client.validated
 *                        ├► may be stored, length known      ─► client.stored: read from the store as it comes
 *                        ├► may be stored, length unknown    ─► client.passes: as it comes, stored on the way
 *                        ├► may not be stored                ─► client.passes
 *                        └► 5xx, or none                     ─► client.stale if allowed, client.unanswered
 *
 * The client may go away meanwhile: what others wait for, or what is being stored, is fetched on.
 */
import type { ProxyErrorCode } from '../errors.ts';
import type { BodySource, BodyTaker } from '../features/content.ts';
import { BodyKind, type ResponseHead } from '../http1/head.ts';
import type { SubRequest, SubRequestOwner } from '../subrequest/sub-request.ts';
import type { CacheRules } from './cache-rules.ts';
import type { HotEntry } from './hot-entries.ts';
import { PASS_MS, STORED_HEAD_BYTES_MAX } from './limits.ts';
import type { LocatedEntry, Place } from './located-entry.ts';
import { renew } from './renewal.ts';
import { fieldsOf } from './request-facts.ts';
import { agreement } from './rules/entity-tag.ts';
import { Meta, MetaFlag, uselessAfter, writeMeta } from './rules/entry-meta.ts';
import { lifetimeOf } from './rules/freshness.ts';
import { type ResponseFacts, readResponse } from './rules/response-facts.ts';
import { judgeStored, mayReplaceError } from './rules/reuse.ts';
import { type NotStored, type StoringRequest, whyNotStored } from './rules/storable.ts';
import { type CacheKey, type CacheWriter, META_DOUBLES, type StoredResponse } from './store.ts';
import { headBytes, storedHead } from './stored-head.ts';
import type { WorkerCache } from './worker-cache.ts';

/** How it went, for Cache-Status. */
export interface FetchStory {
  readonly status: number;
  readonly stored: boolean;
  readonly detail: NotStored | 'no-room' | null;
}

/** Who waits for the response: exactly one of these is called, once, unless it goes away. */
export interface FetchClient {
  /** It is not in the store, or not to be read from there; `body`: null without content. */
  passes(head: ResponseHead, body: BodySource | null, story: FetchStory): void;
  /** It is in the store from here on, and pinned for the call. */
  stored(response: StoredResponse, story: FetchStory): void;
  /** What was stored is good again; its content is pinned for the call. */
  validated(entry: HotEntry, content: StoredResponse, story: FetchStory): void;
  /** The stale one may stand in for an error: a status, or 0 for no answer at all. */
  stale(entry: HotEntry, content: StoredResponse, status: number): void;
  unanswered(code: ProxyErrorCode): void;
}

/** A stored response that is stale: what may be validated, or used in need. */
export interface StaleEntry {
  readonly entry: HotEntry;
  /** Pinned; the fetch releases it. */
  readonly stored: StoredResponse;
  readonly key: CacheKey;
}

/** What is to be fetched. */
export interface FetchOrder {
  readonly located: LocatedEntry;
  readonly storing: StoringRequest;
  /** Under which it is looked for; and whether this fetch has locked it. */
  readonly key: CacheKey;
  readonly locked: boolean;
  readonly url: CacheKey;
  readonly stale: StaleEntry | null;
  /** Sends it, with the stale one's validators or without, and says over what. Null: it cannot any more. */
  send(owner: SubRequestOwner, conditional: boolean): SubRequest | null;
  /** It goes on without a client. */
  orphaned(fetch: CacheFetch): void;
  /** It is over, whatever became of it. */
  over(fetch: CacheFetch): void;
}

/** Statuses that a stale response may stand in for (RFC 5861 4). */
const SERVER_ERRORS: ReadonlySet<number> = new Set([500, 502, 503, 504]);

/** What depends on the one request: others may fare better. */
const OWN_REASONS: ReadonlySet<NotStored> = new Set([
  'method',
  'request-no-store',
  'authorization',
  'rule',
]);

const NO_BYTES = Buffer.alloc(0);

/** One fetch. */
export class CacheFetch implements SubRequestOwner, BodySource {
  readonly #cache: WorkerCache;
  readonly #rules: CacheRules;
  readonly #order: FetchOrder;
  #client: FetchClient | null;
  #sub: SubRequest | null = null;
  #writer: CacheWriter | null = null;
  /** The client's, while it gets the content as it comes. */
  #taker: BodyTaker | null = null;
  #locked: boolean;
  #stamp: number;
  #requestedAt: number;
  /** It was asked with the stale one's validators. */
  #conditional = false;
  #over = false;
  /** It goes on without a client. */
  orphaned: boolean;

  constructor(
    cache: WorkerCache,
    rules: CacheRules,
    order: FetchOrder,
    client: FetchClient | null,
  ) {
    this.#cache = cache;
    this.#rules = rules;
    this.#order = order;
    this.#client = client;
    this.orphaned = client === null;
    this.#locked = order.locked;
    this.#stamp = cache.store.stamp(order.url);
    this.#requestedAt = cache.clock();
  }

  /** Begins; the client may hear of the end before this returns. */
  begin(): void {
    this.#send(this.#order.stale?.entry.has(MetaFlag.validator) === true);
  }

  /** The client has gone before it was answered. `goOn`: the response is fetched all the same. */
  clientGone(goOn: boolean): void {
    this.requestOver();
    if (this.#client === null || this.#over) return;
    this.#client = null;
    if (goOn) this.#order.orphaned(this);
    else this.#stop();
  }

  /** The request has ended: nobody follows the tries for the log any more. */
  requestOver(): void {
    if (this.#sub !== null) this.#sub.record = null;
  }

  responded(head: ResponseHead): void {
    const now = this.#cache.clock();
    const { stale } = this.#order;
    const { status } = head;
    if (status === 304 && stale !== null && this.#conditional) {
      this.#notModified(head, stale, now);
    } else if (stale !== null && SERVER_ERRORS.has(status) && this.#mayUse(stale, now)) {
      this.#client?.stale(stale.entry, stale.stored, status);
      this.#stop();
    } else {
      this.#fresh(head, now);
    }
  }

  content(bytes: Buffer, start: number, end: number): void {
    if (this.#writer !== null && !this.#writer.append(bytes, start, end)) {
      this.#writer = null;
      this.#unlock();
    }
    if (this.#taker !== null) this.#taker.content(bytes, start, end);
    else if (this.#writer === null) this.#stop();
  }

  flush(): void {
    this.#taker?.flush();
  }

  ended(trailers: Buffer): void {
    this.#writer?.commit();
    this.#writer = null;
    const taker = this.#taker;
    this.#finish();
    taker?.end(trailers);
  }

  failed(code: ProxyErrorCode): void {
    const taker = this.#taker;
    const client = this.#client;
    const { stale } = this.#order;
    this.#client = null;
    if (client !== null && stale !== null && this.#mayUse(stale, this.#cache.clock())) {
      client.stale(stale.entry, stale.stored, 0);
      this.#finish();
      return;
    }
    this.#finish();
    if (taker !== null) taker.failed(code);
    else client?.unanswered(code);
  }

  start(to: BodyTaker): void {
    this.#taker = to;
  }

  pause(): void {
    this.#sub?.pause();
  }

  resume(): void {
    this.#sub?.resume();
  }

  /** The client does not take the rest: it is stored on, if it is stored. */
  drop(): void {
    if (this.#taker === null) return;
    this.#taker = null;
    if (this.#writer === null) this.#stop();
    else this.#sub?.resume();
  }

  #send(conditional: boolean): void {
    this.#conditional = conditional;
    this.#sub = this.#order.send(this, conditional);
    if (this.#sub === null) this.failed('no_server');
    // It may have been answered, or have failed, while it was sent.
    else if (this.#over) this.#sub.drop();
  }

  #fresh(head: ResponseHead, now: number): void {
    const { status } = head;
    const facts = readResponse(status, fieldsOf(head), now);
    const lifetime = lifetimeOf(facts, this.#rules.freshness, now);
    const why = whyNotStored(this.#order.storing, facts, lifetime);
    const length = lengthOf(head);
    const place = why === null ? this.#begin(head, facts, length, now) : null;
    if (place === null) {
      // A 304 is the answer to nothing that was asked here.
      const own = why === null || status >= 500 || status === 304 || OWN_REASONS.has(why);
      if (!own) this.#markPassing(now);
      this.#unlock();
    }
    const client = this.#client;
    this.#client = null;
    if (client === null) {
      if (place === null) this.#stop();
      return;
    }
    const story = {
      status,
      stored: place !== null,
      detail: place === null ? (why ?? 'no-room') : null,
    } as const;
    const response =
      place === null || length === null ? null : this.#cache.store.filling(place.key);
    if (response === null) {
      client.passes(head, head.bodyKind === BodyKind.none ? null : this, story);
      return;
    }
    client.stored(response, story);
    response.release();
  }

  /** Begins to store it; null: it cannot be. */
  #begin(
    head: ResponseHead,
    facts: ResponseFacts,
    length: number | null,
    now: number,
  ): Place | null {
    const bytes = storedHead(head, new Date(now).toUTCString());
    if (bytes.length > STORED_HEAD_BYTES_MAX) return null;
    const place = this.#order.located.place(facts.vary ?? [], this.#stamp);
    if (place === null) return null;
    const meta = this.#meta(facts, now, place.origin);
    this.#writer = this.#cache.store.begin({
      key: place.key,
      stamp: this.#stamp,
      stampKey: place.url,
      head: bytes,
      meta,
      length,
      uselessAfter: uselessAfter(meta),
      tags: Buffer.from(facts.tags.join(' '), 'latin1'),
      shared: length !== null,
    });
    return this.#writer === null ? null : place;
  }

  #meta(facts: ResponseFacts, now: number, origin: number): Float64Array {
    const meta = new Float64Array(META_DOUBLES);
    const lifetime = lifetimeOf(facts, this.#rules.freshness, now);
    const times = { requestedAt: this.#requestedAt, receivedAt: now };
    writeMeta(meta, facts, lifetime, this.#rules.config, times);
    meta[Meta.origin] = origin;
    return meta;
  }

  /** RFC 9111 4.3.3 and 4.3.4. */
  #notModified(head: ResponseHead, stale: StaleEntry, now: number): void {
    const news = fieldsOf(head);
    const stored = {
      etag: stale.entry.text('etag'),
      lastModified: stale.entry.text('last-modified'),
    };
    const agrees = agreement(stored, { etag: news('etag'), lastModified: news('last-modified') });
    if (agrees === false) {
      this.#askAgain(stale);
      return;
    }
    const { url, storing } = this.#order;
    const times = { requestedAt: this.#requestedAt, receivedAt: now, stamp: this.#stamp };
    const entry =
      agrees === null
        ? stale.entry
        : renew(this.#cache.store, this.#rules, storing, { ...stale, url }, head, times);
    const client = this.#client;
    this.#client = null;
    this.#unlock();
    client?.validated(entry, stale.stored, { status: 304, stored: agrees === true, detail: null });
  }

  /** The server speaks of something that is not stored here: it is asked for all of it. */
  #askAgain({ key }: StaleEntry): void {
    this.#cache.store.invalidate(key);
    this.#sub?.drop();
    this.#sub = null;
    if (this.#client === null) {
      this.#finish();
      return;
    }
    this.#stamp = this.#cache.store.stamp(this.#order.url);
    this.#requestedAt = this.#cache.clock();
    this.#send(false);
  }

  /**
   * Notes for a while that nobody need wait for what is asked for here. Not in place of what is fresh: one
   * client went past that, by a rule or its reload, and what it was sent is no matter of others.
   */
  #markPassing(now: number): void {
    const { key, url, located } = this.#order;
    if (this.#isFresh(key, now)) return;
    const meta = new Float64Array(META_DOUBLES);
    meta[Meta.flags] = MetaFlag.pass;
    meta[Meta.receivedAt] = now;
    meta[Meta.lifetimeMs] = PASS_MS;
    meta[Meta.origin] = located.origin;
    const writer = this.#cache.store.begin({
      key,
      stampKey: url,
      stamp: this.#stamp,
      head: headBytes(200, []),
      meta,
      length: 0,
      uselessAfter: now + PASS_MS,
      tags: NO_BYTES,
      shared: false,
    });
    writer?.commit();
  }

  #isFresh(key: CacheKey, now: number): boolean {
    const there = this.#cache.store.lookup(key);
    if (there === null) return false;
    const entry = this.#cache.hot.of(there);
    there.release();
    return !entry.has(MetaFlag.pass) && judgeStored(entry.meta, 0, now, null) === 'fresh';
  }

  #mayUse(stale: StaleEntry, now: number): boolean {
    return mayReplaceError(stale.entry.meta, 0, now);
  }

  /** Nobody wants the rest. */
  #stop(): void {
    this.#sub?.drop();
    this.#finish();
  }

  #unlock(): void {
    if (!this.#locked) return;
    this.#locked = false;
    this.#cache.store.unlock(this.#order.key);
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#writer?.abort();
    this.#writer = null;
    this.#taker = null;
    this.#client = null;
    this.#unlock();
    this.#order.stale?.stored.release();
    this.#order.over(this);
  }
}

function lengthOf({ bodyKind, contentLength }: ResponseHead): number | null {
  if (bodyKind === BodyKind.none) return 0;
  return bodyKind === BodyKind.length ? contentLength : null;
}
