import type { ProxyErrorCode } from '../errors.ts';
import type { BodySource } from '../features/content.ts';
import type { FeatureRequest, Outcome, RequestFeature } from '../features/feature.ts';
import type { LocalResponse } from '../features/local-response.ts';
import type { ResponseEdit } from '../features/response-edit.ts';
import type { ResponseHead } from '../http1/head.ts';
import type { CacheFeature } from './cache-feature.ts';
import type { CacheFetch, FetchClient, FetchStory } from './cache-fetch.ts';
import type { HotEntry } from './hot-entries.ts';
import {
  LOAD_WAIT_MS,
  LOADS_MAX,
  LOCK_HELD_MS,
  RANGE_FETCH_OFFSET_MAX,
  WAITS_MAX,
} from './limits.ts';
import { LocatedEntry } from './located-entry.ts';
import { fieldsOf, RequestFact, requestControl, requestFacts } from './request-facts.ts';
import { rangeStart } from './rules/byte-range.ts';
import type { CacheControl } from './rules/cache-control.ts';
import { type CacheResult, cacheStatus, type Forwarded } from './rules/cache-status.ts';
import { MetaFlag } from './rules/entry-meta.ts';
import { judgeStored } from './rules/reuse.ts';
import type { StoringRequest } from './rules/storable.ts';
import type { CacheKey, CacheWait, StoredResponse } from './store.ts';
import { type AskedFor, type ContentStore, storedAnswer } from './stored-answer.ts';

/**
 * One GET or HEAD on a route with a cache:
 *
 *     look ─► fresh, or stale and allowed     ─► answered from the store
 *          ├► somebody fetches it             ─► waits, then looks again; or reads along
 *          ├► nothing, or to be validated     ─► fetches it (CacheFetch), and is its client
 *          └► not for the cache               ─► on to the server
 */
export class CachedRequest implements RequestFeature, FetchClient {
  readonly #feature: CacheFeature;
  readonly #request: FeatureRequest;
  readonly #located: LocatedEntry;
  readonly #facts: number;
  readonly #control: CacheControl | null;
  readonly #bypasses: boolean;
  readonly #forbids: boolean;
  #fetch: CacheFetch | null = null;
  #wait: CacheWait | null = null;
  #waits = 0;
  #loadings = 0;
  /** When it stops waiting for others. */
  #waitsUntil = 0;
  /** Why it goes to a server, for Cache-Status. */
  #forwarded: Forwarded = 'uri-miss';
  #result: CacheResult = 'MISS';
  /** On its way to the server like any other request: why nothing of it is stored. */
  #passing: string | null = null;
  /** What the answer that passes by says about what is stored. */
  #heard: ((edit: ResponseEdit) => void) | null = null;
  #answered = false;
  #over = false;

  constructor(feature: CacheFeature, request: FeatureRequest) {
    const { head } = request;
    const { rules, cache, keys } = feature;
    this.#feature = feature;
    this.#request = request;
    this.#facts = requestFacts(head);
    const heeds = !rules.config.ignoreClientDirectives && this.#has(RequestFact.directives);
    this.#control = heeds ? requestControl(head) : null;
    this.#bypasses = rules.bypasses?.(head) === true;
    this.#forbids = rules.forbids?.(head) === true;
    this.#located = new LocatedEntry(cache, rules, keys, request);
  }

  request(): Outcome {
    return this.#look();
  }

  response(edit: ResponseEdit): void {
    this.#heard?.(edit);
    const status = this.#statusOf({
      forwarded: this.#forwarded,
      forwardedStatus: edit.status,
      detail: this.#passing,
    });
    if (status !== '') edit.add('Cache-Status', status);
  }

  over(): void {
    this.#over = true;
    this.#stopWaiting();
    if (this.#answered) this.#fetch?.requestOver();
    else this.#fetch?.clientGone(this.#feature.mayOrphan());
  }

  passes(head: ResponseHead, body: BodySource | null, story: FetchStory): void {
    const status = this.#fetchStatus(story);
    const lines = status === '' ? undefined : Buffer.from(`Cache-Status: ${status}\r\n`, 'latin1');
    this.#give({ head, body, relayed: true, ...(lines !== undefined && { lines }) });
  }

  stored(response: StoredResponse, story: FetchStory): void {
    const entry = this.#feature.cache.hot.of(response);
    this.#giveStored(entry, response, this.#fetchStatus(story, entry));
  }

  validated(entry: HotEntry, content: StoredResponse, story: FetchStory): void {
    this.#result = 'REVALIDATED';
    this.#giveStored(entry, content, this.#fetchStatus(story, entry));
  }

  stale(entry: HotEntry, content: StoredResponse, status: number): void {
    this.#result = 'STALE';
    const said = this.#fetchStatus({ status, stored: false, detail: null }, entry);
    this.#giveStored(entry, content, said);
  }

  unanswered(code: ProxyErrorCode): void {
    if (this.#over) return;
    this.#answered = true;
    this.#note();
    this.#request.fail(code);
  }

  /** Decides what becomes of it, by what is stored now. */
  #look(): Outcome {
    const located = this.#located;
    if (this.#has(RequestFact.serversCondition)) return this.#pass('BYPASS', 'request', null);
    if (!located.enter()) return this.#pass('BYPASS', 'request', 'key-too-long');
    if (this.#bypasses)
      return this.#forbids ? this.#pass('BYPASS', 'bypass', 'rule') : this.#bypass();
    const stored = located.find();
    if (stored === null) return this.#loads() ? 'wait' : this.#missed(located.miss);
    const outcome = this.#found(stored);
    if (outcome !== 'kept') stored.release();
    return outcome === 'kept' ? 'wait' : outcome;
  }

  /** `kept`: a fetch has the stored one and will answer, or has. */
  #found(stored: StoredResponse): Outcome | 'kept' {
    const { cache } = this.#feature;
    const now = cache.clock();
    const entry = cache.hot.of(stored);
    const verdict = judgeStored(entry.meta, 0, now, this.#control);
    if (entry.has(MetaFlag.pass)) {
      if (verdict !== 'fresh') return this.#missed(this.#located.miss);
      const [key, storing] = [this.#feature.keys.kept(), this.#storing()];
      this.#heard = (edit) => this.#feature.unmark(key, storing, edit);
      return this.#pass('MISS', this.#located.miss, 'not-storable');
    }
    if (verdict === 'fresh') return this.#hit(entry, stored, now);
    if (verdict === 'stale') return this.#giveStale(entry, stored, 'STALE');
    if (verdict === 'revalidate') return this.#giveWhileRevalidating(entry, stored);
    this.#result = 'EXPIRED';
    this.#forwarded = 'stale';
    if (this.#control?.onlyIfCached === true) return this.#refuse();
    const own = this.#forbids || this.#control?.noStore === true;
    if (this.#request.head.method === 'HEAD') {
      // What one client alone is told says nothing about what is stored for all.
      if (!own && !this.#storing().authorized) {
        this.#located.keep();
        const compared = { entry, key: this.#feature.keys.kept(), located: this.#located };
        this.#heard = (edit) => this.#feature.compareHead(compared, edit);
      }
      return this.#pass('EXPIRED', 'stale', null);
    }
    if (own) return this.#pass('EXPIRED', 'stale', 'rule');
    return this.#fetchOrWait(entry, stored);
  }

  #missed(miss: Forwarded): Outcome {
    const { config } = this.#feature.rules;
    const { head } = this.#request;
    this.#result = 'MISS';
    this.#forwarded = miss;
    if (this.#control?.onlyIfCached === true) return this.#refuse();
    if (head.method === 'HEAD') return this.#pass('MISS', miss, 'method');
    if (this.#forbids || this.#control?.noStore === true) return this.#pass('MISS', miss, 'rule');
    if (this.#has(RequestFact.range) && !this.#fetchesRange())
      return this.#pass('MISS', miss, 'range');
    if (
      config.minUses > 1 &&
      this.#feature.cache.store.countUse(this.#feature.keys) + 1 < config.minUses
    ) {
      return this.#pass('MISS', miss, 'min-uses');
    }
    return this.#fetchOrWait(null, null) === 'answered' ? 'answered' : 'wait';
  }

  /** The client gets it from the server, the store as well. */
  #bypass(): Outcome {
    this.#result = 'BYPASS';
    this.#forwarded = 'bypass';
    if (this.#request.head.method === 'HEAD') return this.#pass('BYPASS', 'bypass', 'method');
    if (this.#has(RequestFact.range) && !this.#fetchesRange())
      return this.#pass('BYPASS', 'bypass', 'range');
    return this.#begin(null, null, false) === 'kept' ? 'wait' : 'answered';
  }

  /** It is on disk: waits until it has been brought. */
  #loads(): boolean {
    const { cache, keys } = this.#feature;
    if (this.#loadings >= LOADS_MAX || !cache.store.loading(keys)) return false;
    this.#loadings++;
    this.#waitFor(keys, LOAD_WAIT_MS);
    return true;
  }

  #fetchOrWait(entry: HotEntry | null, stored: StoredResponse | null): Outcome | 'kept' {
    const { rules, cache, keys } = this.#feature;
    const { lockTimeoutMs } = rules.config;
    if (lockTimeoutMs === 0) return this.#begin(entry, stored, false);
    if (cache.store.lock(keys, LOCK_HELD_MS)) return this.#begin(entry, stored, true);
    const filling = this.#located.filling();
    if (filling !== null) {
      const given = this.#giveFilling(filling);
      filling.release();
      if (given) return 'answered';
    } else if (this.#mayWait(lockTimeoutMs)) {
      this.#waits++;
      this.#waitFor(keys, Math.max(1, this.#waitsUntil - performance.now()));
      return 'wait';
    }
    return this.#begin(entry, stored, false);
  }

  #mayWait(lockTimeoutMs: number): boolean {
    const now = performance.now();
    if (this.#waits === 0) this.#waitsUntil = now + lockTimeoutMs;
    return this.#waits < WAITS_MAX && now < this.#waitsUntil && this.#feature.mayWait();
  }

  /** Calls back when something has changed about the key, and looks again. */
  #waitFor(key: CacheKey, forMs: number): void {
    this.#located.keep();
    this.#feature.waiters++;
    this.#wait = this.#feature.cache.store.await(key, forMs, () => {
      this.#stopWaiting();
      if (this.#over) return;
      if (this.#look() === 'on') this.#request.goOn();
    });
  }

  #stopWaiting(): void {
    if (this.#wait === null) return;
    this.#wait.cancel();
    this.#wait = null;
    this.#feature.waiters--;
  }

  /** Reads along while another request's fetch stores it; false: that is no answer to this one. */
  #giveFilling(filling: StoredResponse): boolean {
    const { cache } = this.#feature;
    const entry = cache.hot.of(filling);
    const verdict = judgeStored(entry.meta, 0, cache.clock(), this.#control);
    if (verdict === 'ask' || entry.has(MetaFlag.pass)) return false;
    this.#result = 'HIT';
    const status = this.#statusOf({ forwarded: this.#forwarded, collapsed: true, entry });
    this.#giveStored(entry, filling, status);
    return true;
  }

  /** Fetches it; the stored one, pinned, is the fetch's from here on. */
  #begin(entry: HotEntry | null, stored: StoredResponse | null, locked: boolean): 'kept' {
    this.#located.keep();
    const key = this.#feature.keys.kept();
    const stale = entry === null || stored === null ? null : { entry, stored, key };
    this.#fetch = this.#feature.fetch(this.#located, this.#request, {
      key,
      locked,
      stale,
      control: this.#control,
      forbidden: this.#forbids,
      client: this,
    });
    this.#fetch.begin();
    return 'kept';
  }

  /** The stale one is the answer; somebody sees to a new one. */
  #giveWhileRevalidating(entry: HotEntry, stored: StoredResponse): Outcome | 'kept' {
    const { rules, cache, keys } = this.#feature;
    const collapses = rules.config.lockTimeoutMs > 0;
    if (!this.#feature.mayOrphan() || !cache.store.lock(keys, LOCK_HELD_MS)) {
      return this.#giveStale(entry, stored, collapses ? 'UPDATING' : 'STALE');
    }
    this.#located.keep();
    const key = keys.kept();
    const fetch = this.#feature.fetch(this.#located, this.#request, {
      key,
      locked: true,
      stale: { entry, stored, key },
      control: this.#control,
      forbidden: this.#forbids,
      client: null,
    });
    fetch.begin();
    this.#giveStale(entry, stored, 'STALE');
    return 'kept';
  }

  #hit(entry: HotEntry, stored: StoredResponse, now: number): Outcome {
    this.#result = 'HIT';
    if (this.#asked() !== null) {
      this.#giveStored(entry, stored, this.#statusOf({ forwarded: null, entry }));
      return 'answered';
    }
    this.#give(this.#feature.plainHit(entry, stored, now));
    return 'answered';
  }

  #giveStale(entry: HotEntry, stored: StoredResponse, result: CacheResult): Outcome {
    this.#result = result;
    this.#giveStored(entry, stored, this.#statusOf({ forwarded: null, entry }));
    return 'answered';
  }

  #giveStored(entry: HotEntry, content: ContentStore, status: string): void {
    const { rules, cache } = this.#feature;
    const dress = { hideServer: !rules.passServer, status };
    this.#give(storedAnswer(entry, content, dress, this.#asked(), cache.clock()));
  }

  #give(response: LocalResponse): void {
    if (this.#over || this.#answered) {
      response.body?.drop();
      return;
    }
    this.#answered = true;
    this.#note();
    this.#request.answer(response);
  }

  #refuse(): Outcome {
    this.#answered = true;
    this.#note();
    this.#request.fail('not_cached');
    return 'answered';
  }

  #pass(result: CacheResult, forwarded: Forwarded, detail: string | null): Outcome {
    this.#result = result;
    this.#forwarded = forwarded;
    this.#passing = detail;
    this.#note();
    return 'on';
  }

  #note(): void {
    this.#request.record?.cached(this.#result);
    this.#request.route?.cells.cached(this.#result);
  }

  #asked(): AskedFor | null {
    // RFC 9110 14.2: of GET only.
    const range = this.#has(RequestFact.range) && this.#request.head.method === 'GET';
    const conditional = this.#has(RequestFact.conditional);
    if (!range && !conditional) return null;
    return { field: fieldsOf(this.#request.head), range, conditional };
  }

  /** A range that begins soon: the cache fetches all of it. */
  #fetchesRange(): boolean {
    const from = rangeStart(fieldsOf(this.#request.head)('range') ?? '');
    return from !== null && from <= RANGE_FETCH_OFFSET_MAX;
  }

  #storing(): StoringRequest {
    return this.#feature.storing(this.#request.head, this.#control, this.#forbids);
  }

  #has(fact: number): boolean {
    return (this.#facts & fact) !== 0;
  }

  #fetchStatus({ status, stored, detail }: FetchStory, entry?: HotEntry): string {
    const forwarded = this.#forwarded;
    return this.#statusOf({
      forwarded,
      forwardedStatus: status,
      stored,
      detail,
      ...(entry && { entry }),
    });
  }

  #statusOf(story: {
    readonly forwarded: Forwarded | null;
    readonly forwardedStatus?: number;
    readonly stored?: boolean;
    readonly collapsed?: boolean;
    readonly detail?: string | null;
    readonly entry?: HotEntry;
  }): string {
    const { rules, statusName, cache } = this.#feature;
    if (!rules.config.statusHeader) return '';
    const { forwardedStatus = 0, stored = false, collapsed = false, detail = null, entry } = story;
    const ttl = entry === undefined ? null : entry.ttlAt(cache.clock());
    const { forwarded } = story;
    return cacheStatus(statusName, { forwarded, forwardedStatus, ttl, stored, collapsed, detail });
  }
}
