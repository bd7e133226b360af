/** What a reload does to caches. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { CacheStoreConfig } from '../../src/config/cache-config.ts';
import { type PlanLine, planNamed } from './plan-lines.ts';

const EMPTY = 'it begins empty';

/** Lines about caches, those without a difference left out. */
export function planCaches(
  before: readonly CacheStoreConfig[],
  after: readonly CacheStoreConfig[],
): PlanLine[] {
  return planNamed('cache', before, after, EMPTY);
}

/** Why caches cannot be changed while the balancer runs, a sentence each. */
export function refusedCaches(
  before: readonly CacheStoreConfig[],
  after: readonly CacheStoreConfig[],
): string[] {
  return after.flatMap(({ name, disk, ...memory }) => {
    if (disk === null) return [];
    const was = before.find((one) => one.name === name);
    if (was?.disk != null) {
      return isDeepStrictEqual(was, { name, disk, ...memory })
        ? []
        : [`cache ${name}: memory, sizes or folder of a cache with a disk are others than before`];
    }
    const other = before.find((one) => one.disk?.path === disk.path);
    return other === undefined
      ? []
      : [`cache ${name}: ${disk.path} is the folder of ${other.name}`];
  });
}
