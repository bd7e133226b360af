/** What the balancer knows of `caches` and of `cache` of routes: types only; proxy/ may import it. */
import type { NamedKeyConfig, RequestKeyConfig } from './request-key-config.ts';

/** One store, which any number of routes share. */
export interface CacheStoreConfig {
  readonly name: string;
  /** Of keys, heads and content in memory, all workers together. */
  readonly memoryBytes: number;
  /** Null: what falls out of memory is gone. */
  readonly disk: CacheDiskConfig | null;
  /** A response with more content is not stored. */
  readonly objectMaxBytes: number;
}

/** Where content goes for which there is no room in memory. */
export interface CacheDiskConfig {
  /** A folder that is only for this cache. */
  readonly path: string;
  readonly bytes: number;
}

/** A part of a key. `query` without a name: the whole query. */
export type CacheKeyPart = RequestKeyConfig<'scheme' | 'host' | 'path' | 'query'>;

/** Holds when the request has it, not empty and not `0`; with `value`, when it is just that. */
export interface CacheCondition extends NamedKeyConfig {
  /** Null: any value. */
  readonly value: string | null;
}

/** How the responses of a route are cached. */
export interface RouteCacheConfig {
  /** Name of a store. */
  readonly store: string;
  readonly key: readonly CacheKeyPart[];
  /** How long by status where the server does not say; with `override`, in any case. */
  readonly ttl: readonly (readonly [status: number, ttlMs: number])[];
  readonly override: boolean;
  /** One holds: the cache is not asked, but the answer is stored. */
  readonly bypass: readonly CacheCondition[];
  /** One holds: the answer is not stored. */
  readonly noStore: readonly CacheCondition[];
  /** The longest freshness that is guessed from Last-Modified; 0: none is. */
  readonly heuristicMaxMs: number;
  /** How long past its freshness a response may stand in for a failing server; 0: not. */
  readonly staleIfErrorMs: number;
  /** How long past its freshness it may be used while it is fetched anew; 0: not. */
  readonly staleWhileRevalidateMs: number;
  /** Requests of one key wait so long for the one that fetches it; 0: everyone fetches. */
  readonly lockTimeoutMs: number;
  /** What clients say in Cache-Control and Pragma does not count. */
  readonly ignoreClientDirectives: boolean;
  /** Responses say in Cache-Status what the cache did. */
  readonly statusHeader: boolean;
  /** Requests of a key before its answer is stored. */
  readonly minUses: number;
}
