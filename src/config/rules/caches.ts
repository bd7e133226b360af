/** Caches: named ones exist, are used, and keep apart what is apart. */
import { cacheStoreOf } from '../compile-cache.ts';
import type { EffectiveConfig } from '../effective.ts';
import { foundText } from '../found.ts';
import type { ConfigPath, Finding } from '../problem.ts';
import type { RouteEntry } from '../route-names.ts';
import { didYouMean } from '../suggest.ts';
import { error, type Rule, warning } from './rule.ts';

interface CachedRoute {
  readonly cache: NonNullable<RouteEntry['cache']>;
  readonly path: ConfigPath;
}

function cachedRoutes(config: EffectiveConfig): readonly CachedRoute[] {
  return Object.entries(config.listeners).flatMap(([listener, entry]) => {
    if (entry.protocol !== 'http') return [];
    return entry.routes.flatMap(({ cache }, index): CachedRoute[] => {
      const path = ['listeners', listener, 'routes', index, 'cache'];
      return cache === undefined ? [] : [{ cache, path }];
    });
  });
}

/** Every name stands for a cache. */
export const cachesExist: Rule = ({ config, declared }) => {
  const known = declared.caches;
  const allowed = known.length === 0 ? 'the file has no caches' : known.join(', ');
  return cachedRoutes(config).flatMap(({ cache, path }) => {
    const name = cacheStoreOf(cache)!;
    if (known.includes(name)) return [];
    const place = typeof cache === 'string' ? path : [...path, 'store'];
    return [
      error(place, `found ${foundText(name)}${didYouMean(name, known)}; allowed: ${allowed}`),
    ];
  });
};

/** Two caches in one folder, or one within the other, would delete each other's files. */
export const cacheFoldersApart: Rule = ({ config }) => {
  const taken: { readonly name: string; readonly folder: string }[] = [];
  return Object.entries(config.caches).flatMap(([name, { disk }]): Finding[] => {
    if (disk === undefined) return [];
    const folder = `${disk.path}/`;
    const other = taken.find(
      (one) => one.folder.startsWith(folder) || folder.startsWith(one.folder),
    );
    taken.push({ name, folder });
    if (other === undefined) return [];
    const message = `found a folder that ${other.name} uses; allowed: one of its own`;
    return [error(['caches', name, 'disk', 'path'], message)];
  });
};

/** A cache that nobody names, and content that is larger than all there is. */
export const cachesMatter: Rule = ({ config }) => {
  const used = new Set(cachedRoutes(config).map(({ cache }) => cacheStoreOf(cache)));
  return Object.entries(config.caches).flatMap(
    ([name, { memory, disk, object_max }]): Finding[] => {
      const path = ['caches', name];
      if (!used.has(name)) return [warning(path, 'no route names it', 'key')];
      if (object_max <= Math.max(memory, disk?.size ?? 0)) return [];
      return [
        warning([...path, 'object_max'], 'more than the whole cache: nothing so large is kept'),
      ];
    },
  );
};

/** What is left out of a key is the same for all. */
export const cacheKeysTellApart: Rule = ({ config }) => {
  return cachedRoutes(config).flatMap(({ cache, path }): Finding[] => {
    if (typeof cache === 'string') return [];
    const kinds = new Set(cache.key.map(({ kind }) => kind));
    const missing = (['host', 'path'] as const).filter((kind) => !kinds.has(kind));
    const findings = missing.map((kind) =>
      warning([...path, 'key'], `without ${kind} what was stored of one is sent for every other`),
    );
    if (cache.override && Object.keys(cache.ttl).length === 0) {
      findings.push(warning([...path, 'override'], 'without ttl there is nothing that overrides'));
    }
    return findings;
  });
};
