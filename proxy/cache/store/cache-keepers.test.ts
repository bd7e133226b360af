import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { CacheStoreConfig } from '../../../src/config/cache-config.ts';
import { processNow } from '../../shared/process-clock.ts';
import { CacheKeepers } from './cache-keepers.ts';
import { SILENT } from './store.fixture.ts';

const running: CacheKeepers[] = [];
const folders: string[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((keepers) => keepers.stop()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function cache(name: string, changes: Partial<CacheStoreConfig> = {}): CacheStoreConfig {
  return { name, memoryBytes: 4 * 1024 ** 2, objectMaxBytes: 2 ** 20, disk: null, ...changes };
}

function onDisk(bytes = 16 * 1024 ** 2) {
  const path = mkdtempSync(join(tmpdir(), 'tandem-cache-'));
  folders.push(path);
  return { path, bytes };
}

function keep(...caches: CacheStoreConfig[]): CacheKeepers {
  const keepers = new CacheKeepers({ caches, workers: 2 }, processNow, SILENT);
  running.push(keepers);
  keepers.start();
  return keepers;
}

const stateOf = (keepers: CacheKeepers) => keepers.status()[0]!.disk!.state;

describe('the caches of another config', () => {
  it('are the same where they have not changed, and new where they have', () => {
    const keepers = keep(cache('a'), cache('b'));
    const [a, b] = keepers.memories;
    const larger = cache('b', { memoryBytes: 8 * 1024 ** 2 });
    const prepared = keepers.prepare(2, { caches: [larger, cache('a')], workers: 2 });
    expect(prepared.memories[1]).toBe(a);
    expect(prepared.memories[0]).not.toBe(b);
    expect(keepers.memories).toEqual([a, b]);
    prepared.use();
    expect(keepers.memories).toEqual(prepared.memories);
    expect(keepers.status().map(({ name }) => name)).toEqual(['b', 'a']);
  });

  it('that is back while requests of its time go on is the one that it was', () => {
    const keepers = keep(cache('a'));
    const [a] = keepers.memories;
    keepers.prepare(2, { caches: [], workers: 2 }).use();
    expect(keepers.prepare(3, { caches: [cache('a')], workers: 2 }).memories).toEqual([a]);
    keepers.letGo(3);
    keepers.letGo(1);
    expect(keepers.prepare(4, { caches: [cache('a')], workers: 2 }).memories[0]).not.toBe(a);
  });

  it('leave their folder when nobody has them any more, and another may have it then', async () => {
    const disk = onDisk();
    const keepers = keep(cache('a', { disk }));
    await expect.poll(() => stateOf(keepers)).toBe('on');
    keepers.prepare(2, { caches: [], workers: 2 }).use();
    const other = { caches: [cache('b', { disk })], workers: 2 };
    expect(() => keepers.prepare(3, other)).toThrow(
      `cache b: its folder ${disk.path} is still used by cache a as it was before`,
    );
    keepers.letGo(1);
    keepers.prepare(4, other).use();
    await expect.poll(() => stateOf(keepers)).toBe('on');
  });

  it('that are not used after all never touch their folder', async () => {
    const disk = onDisk();
    const keepers = keep();
    keepers.prepare(2, { caches: [cache('a', { disk })], workers: 2 });
    keepers.letGo(2);
    const second = keep(cache('a', { disk }));
    await expect.poll(() => stateOf(second)).toBe('on');
  });
});
