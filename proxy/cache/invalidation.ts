import type { FeatureRequest, Outcome, RequestFeature } from '../features/feature.ts';
import type { ResponseEdit } from '../features/response-edit.ts';
import { normalisePath } from '../http1/normalise-path.ts';
import type { CacheFeature } from './cache-feature.ts';
import { invalidates, sameOriginUrl } from './rules/invalidation.ts';
import type { CacheKey } from './store.ts';

/** Fields of the answer that name URLs whose responses go as well. */
const PLACES = ['location', 'content-location'] as const;

/** A request that may change what is stored of its URL (RFC 9111 4.4). */
export class Invalidation implements RequestFeature {
  readonly #feature: CacheFeature;
  #url: CacheKey | null = null;
  #method = '';
  #target = '';

  constructor(feature: CacheFeature) {
    this.#feature = feature;
  }

  request(request: FeatureRequest): Outcome {
    const { head, path, client } = request;
    const { keys, rules } = this.#feature;
    const asItCame = !head.pathNotable || rules.rawPath;
    if (!keys.url(head, client.scheme, asItCame ? null : path)) return 'on';
    this.#url = keys.kept();
    this.#method = head.method;
    const host = head.bytes.toString('latin1', head.hostStart, head.hostEnd);
    this.#target = `${client.scheme}://${host}${path}`;
    return 'on';
  }

  response(edit: ResponseEdit): void {
    const url = this.#url;
    if (url === null || !invalidates(this.#method, edit.status)) return;
    const { cache, keys } = this.#feature;
    cache.store.invalidate(url);
    for (const name of PLACES) {
      const value = edit.value(name);
      const place = value === null ? null : sameOriginUrl(value, this.#target);
      const path = place === null ? null : normalisePath(place.path);
      if (path === null || !keys.sibling(url, path, place!.query)) continue;
      cache.store.invalidate(keys);
    }
  }
}
