/** `caches`, and `cache` of routes, for the balancer. */
import type { CacheStoreConfig, RouteCacheConfig } from './cache-config.ts';
import type { EffectiveConfig } from './effective.ts';
import type { RouteEntry } from './route-names.ts';
import { plainRouteCache } from './schema/route-cache.ts';

/** Every store. */
export function compileCaches(caches: EffectiveConfig['caches']): readonly CacheStoreConfig[] {
  return Object.entries(caches).map(([name, { memory, disk, object_max }]) => ({
    name,
    memoryBytes: memory,
    disk: disk === undefined ? null : { path: disk.path, bytes: disk.size },
    objectMaxBytes: object_max,
  }));
}

/** The store that a route names; null without one. */
export function cacheStoreOf(cache: RouteEntry['cache']): string | null {
  if (cache === undefined) return null;
  return typeof cache === 'string' ? cache : cache.store;
}

/** What a route says about caching; nothing without `cache`. */
export function compileRouteCache(cache: RouteEntry['cache']): { cache?: RouteCacheConfig } {
  if (cache === undefined) return {};
  const rules = typeof cache === 'string' ? plainRouteCache.parse({ store: cache }) : cache;
  const ttl = Object.entries(rules.ttl).map(([status, ms]) => [Number(status), ms] as const);
  return {
    cache: {
      store: rules.store,
      key: rules.key,
      ttl,
      override: rules.override,
      heuristicMaxMs: rules.heuristic,
      bypass: rules.bypass,
      noStore: rules.no_store,
      staleIfErrorMs: rules.stale_if_error,
      staleWhileRevalidateMs: rules.stale_while_revalidate,
      lockTimeoutMs: rules.lock,
      ignoreClientDirectives: rules.ignore_client_directives,
      statusHeader: rules.status_header,
      minUses: rules.min_uses,
    },
  };
}
