/** Splits as the balancer is given them. */
import { asList } from './as-list.ts';
import type { SplitEntry } from './schema/split.ts';
import type { SplitConfig } from './split-config.ts';

/** The shares of a split, in either form. */
export function sharesOf(split: SplitEntry) {
  return Array.isArray(split) ? split : split.shares;
}

/** Undefined: there is none. */
export function compileSplit(split: SplitEntry | undefined): SplitConfig | undefined {
  if (split === undefined) return undefined;
  const shares = sharesOf(split);
  if (Array.isArray(split)) return { shares, key: null, force: [], cookie: null };
  const { by, force, sticky } = split;
  return {
    shares,
    key: by ?? null,
    force: asList(force ?? []).flatMap(({ by: key, values }) => {
      const named = Object.entries(values).map(([value, upstream]) => ({ value, upstream }));
      // It is always a name that is asked for: the schema has no words there.
      return 'name' in key ? [{ key, values: named }] : [];
    }),
    cookie: sticky === undefined ? null : { name: sticky.cookie, ttlMs: sticky.ttl ?? null },
  };
}
