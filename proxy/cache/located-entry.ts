/**
 * Where the response to a request is stored: under its URL alone, or, where it depends on more than
 * that (Vary, the route's key, where the request goes), as a variant beside a list of what it depends on.
 */
import { randomBytes } from 'node:crypto';
import type { FeatureRequest } from '../features/feature.ts';
import type { RequestHead } from '../http1/head.ts';
import { cookieValues, type KeyBuilder } from './cache-key.ts';
import { type CacheRules, numberOf } from './cache-rules.ts';
import type { HotEntry } from './hot-entries.ts';
import { VARIANTS_KEPT_MS } from './limits.ts';
import { fieldsOf } from './request-facts.ts';
import { Meta, MetaFlag } from './rules/entry-meta.ts';
import { joinNames, variantOf } from './rules/vary.ts';
import { type CacheKey, META_DOUBLES, type StoredResponse } from './store.ts';
import { headBytes } from './stored-head.ts';
import type { WorkerCache } from './worker-cache.ts';

/** Numbers of origins that were asked for before; there are as many as upstreams. */
const originNumbers = new Map<string, number>();

/** The generation of variants of which there is no list: only marks that nobody need wait for them. */
const UNLISTED = 0;

/** Where a new response goes. */
export interface Place {
  readonly key: CacheKey;
  readonly url: CacheKey;
  /** For its numbers. */
  readonly origin: number;
}

/** Finds the stored response of one request, and the place of a new one. */
export class LocatedEntry {
  /** Why there is none. */
  miss: 'uri-miss' | 'vary-miss' = 'uri-miss';
  readonly #cache: WorkerCache;
  readonly #rules: CacheRules;
  readonly #keys: KeyBuilder;
  #head: RequestHead;
  #kept = false;
  readonly #path: string;
  readonly #scheme: string;
  readonly #origin: string;
  /** What the response depends on that no field of the request says. */
  readonly #extras: string;
  /** The builder has the key of a variant. */
  #variant = false;

  constructor(cache: WorkerCache, rules: CacheRules, keys: KeyBuilder, request: FeatureRequest) {
    const { head, path, client, edits, route } = request;
    this.#cache = cache;
    this.#rules = rules;
    this.#keys = keys;
    this.#head = head;
    this.#path = path;
    this.#scheme = client.scheme;
    this.#origin = (edits.upstream ?? route?.upstream)?.name ?? '';
    const cookies = rules.cookies.length === 0 ? '' : cookieValues(head, rules.cookies);
    const plain = edits.target === null && edits.host === null && client.told === '';
    const sent = () => [edits.target ?? '', edits.host ?? '', client.told, cookies].join('\n');
    this.#extras = plain ? cookies : sent();
  }

  /** Number of where it is fetched. */
  get origin(): number {
    return numberOfOrigin(this.#origin);
  }

  get head(): RequestHead {
    return this.#head;
  }

  /** Keeps what it needs of the request for longer than the present call. */
  keep(): void {
    if (!this.#kept) this.#head = this.#head.kept();
    this.#kept = true;
  }

  /** Makes the builder that of this request's URL; false: the key is too long. */
  enter(): boolean {
    this.#variant = false;
    const asItCame = !this.#head.pathNotable || this.#rules.rawPath;
    return this.#keys.url(this.#head, this.#scheme, asItCame ? null : this.#path);
  }

  /** What is stored for the request, pinned; after `enter`. The builder then has the key to fetch. */
  find(): StoredResponse | null {
    const { store, hot } = this.#cache;
    this.miss = 'uri-miss';
    const found = store.lookup(this.#keys);
    // A list of variants that is being brought from disk: without it there are none.
    if (found === null && (this.#plain || store.loading(this.#keys))) return null;
    const entry = found === null ? null : hot.of(found);
    if (entry !== null && !entry.has(MetaFlag.variants) && this.#isMine(entry)) return found;
    found?.release();
    if (entry !== null) this.miss = 'vary-miss';
    const list = entry?.has(MetaFlag.variants) === true ? entry : null;
    const generation = list === null ? UNLISTED : list.meta[Meta.generation]!;
    if (!this.#enterVariant(generation, list?.names ?? this.#rules.headers)) return null;
    return store.lookup(this.#keys);
  }

  /** What is being filled for it by somebody, pinned; after `find`. */
  filling(): StoredResponse | null {
    const found = this.#cache.store.filling(this.#keys);
    if (found === null || this.#variant || this.#isMine(this.#cache.hot.of(found))) return found;
    found.release();
    return null;
  }

  /** Where a response with this Vary goes; null: it cannot be stored. */
  place(vary: readonly string[], stamp: number): Place | null {
    const keys = this.#keys;
    if (!this.enter()) return null;
    const url = keys.kept();
    const { origin } = this;
    const there = this.#entryOfUrl();
    const list = there?.has(MetaFlag.variants) === true ? there : null;
    const names = joinNames(joinNames(vary, this.#rules.headers), list?.names ?? []);
    const free = there === null || this.#isMine(there);
    if (free && names.length === 0 && this.#extras === '') return { key: url, url, origin };
    const known = list !== null && list.names.length === names.length;
    const generation = known ? list.meta[Meta.generation]! : this.#writeList(url, names, stamp);
    if (generation === null || !this.#enterVariant(generation, names)) return null;
    return { key: keys.kept(), url, origin };
  }

  #entryOfUrl(): HotEntry | null {
    const found = this.#cache.store.lookup(this.#keys);
    if (found === null) return null;
    const entry = this.#cache.hot.of(found);
    found.release();
    return entry;
  }

  /** A new list: what was stored under the old one is out of reach. Null: it could not be stored. */
  #writeList(url: CacheKey, names: readonly string[], stamp: number): number | null {
    const generation = randomBytes(6).readUIntBE(0, 6);
    const meta = new Float64Array(META_DOUBLES);
    meta[Meta.flags] = MetaFlag.variants;
    meta[Meta.generation] = generation;
    const writer = this.#cache.store.begin({
      key: url,
      stampKey: url,
      stamp,
      head: headBytes(200, [{ name: 'names', line: `names: ${names.join(',')}` }]),
      meta,
      length: 0,
      uselessAfter: this.#cache.clock() + VARIANTS_KEPT_MS,
      tags: Buffer.alloc(0),
      shared: false,
    });
    return writer?.commit() === true ? generation : null;
  }

  #enterVariant(generation: number, names: readonly string[]): boolean {
    const values = variantOf(names, fieldsOf(this.#head));
    this.#variant = this.#keys.variant(generation, this.#origin, this.#extras + values);
    return this.#variant;
  }

  /** Nothing but the URL is known to matter. */
  get #plain(): boolean {
    return this.#extras === '' && this.#rules.headers.length === 0;
  }

  /** Is what stands under the URL alone an answer to this request? */
  #isMine({ meta }: HotEntry): boolean {
    return this.#plain && meta[Meta.origin] === numberOfOrigin(this.#origin);
  }
}

function numberOfOrigin(name: string): number {
  let number = originNumbers.get(name);
  if (number === undefined) {
    number = numberOf(name);
    originNumbers.set(name, number);
  }
  return number;
}
