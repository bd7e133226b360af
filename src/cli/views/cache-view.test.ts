import { expect, test } from 'vitest';
import type { CacheStatus } from '../../../proxy/index.ts';
import { addCacheMetrics } from '../../metrics/cache-metrics.ts';
import { Exposition } from '../../metrics/exposition.ts';
import { cacheView } from './cache-view.ts';

const MIB = 1024 ** 2;
const counts = { stored: 1300, evicted: 100, refused: 0, purged: 4 };
const pages: CacheStatus = {
  name: 'pages',
  ...counts,
  entries: 1200,
  memoryBytes: 60 * MIB,
  memoryCapacity: 61 * MIB,
  diskEntries: 0,
  diskBytes: 0,
  diskCapacity: 0,
  hits: 90,
  misses: 10,
  disk: null,
};
const images: CacheStatus = {
  ...pages,
  name: 'images',
  refused: 2,
  hits: 0,
  misses: 0,
  diskCapacity: 1024 * MIB,
  disk: {
    state: 'suspended',
    reason: 'ENOSPC: no space left on device',
    files: 7,
    bytes: 20 * MIB,
    written: 9,
    brought: 3,
    evicted: 2,
    skipped: 5,
    damaged: 1,
    foreign: 0,
  },
};

test('status has a row for each cache, with what is wrong with its disk', () => {
  const rows = cacheView([pages, images]);
  expect(rows[2]).toMatch(/^pages +1200 +60 of 61 MiB +90.0% +1300 +100 +-$/);
  expect(rows[3]).toMatch(
    /7 files, 20 of 1024 MiB +disk suspended, ENOSPC: .*, 5 not written, 1 files were damaged, 2 too/,
  );
  expect(cacheView([])).toEqual([]);
});

test('so have the metrics', async () => {
  const out = new Exposition();
  addCacheMetrics(out, pages);
  addCacheMetrics(out, images);
  const text = await out.text();
  expect(text).toContain('tandem_cache_hits_total{cache="pages"} 90\n');
  expect(text).toContain(`tandem_cache_memory_bytes{cache="images"} ${60 * MIB}\n`);
  expect(text).toContain('tandem_cache_disk_writable{cache="images"} 0\n');
  expect(text).toContain('tandem_cache_disk_skipped_total{cache="images"} 5\n');
  expect(text).not.toContain('disk_files{cache="pages"}');
});
