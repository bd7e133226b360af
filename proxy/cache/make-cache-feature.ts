import type { FeatureConfig, FeatureParts } from '../features/index.ts';
import { CacheFeature } from './cache-feature.ts';
import { CacheRules } from './cache-rules.ts';

/** `cache` of a route; null without it. Throws RangeError when it names a cache that is not there. */
export function makeCacheFeature(route: FeatureConfig, parts: FeatureParts): CacheFeature | null {
  if (route.cache === undefined) return null;
  const cache = parts.caches.get(route.cache.store);
  if (cache === undefined) throw new RangeError(`no cache ${route.cache.store}`);
  return new CacheFeature(new CacheRules(route.cache, route), cache, parts.context, STATUS_NAME);
}

/** How every Tandem calls itself in Cache-Status. */
const STATUS_NAME = 'tandem';
