import type { CacheStatus } from '../../proxy/index.ts';
import type { Exposition } from './exposition.ts';

/** Of one cache. Keys are never labels. */
export function addCacheMetrics(out: Exposition, status: CacheStatus): void {
  const labels = { cache: status.name };
  const prefix = 'tandem_cache';
  const { disk } = status;
  const gauges: [string, string, number][] = [
    ['entries', 'Responses in memory.', status.entries],
    ['memory_bytes', 'Memory that responses take.', status.memoryBytes],
    ['memory_capacity_bytes', 'Memory there is for responses.', status.memoryCapacity],
  ];
  const counters: [string, string, number][] = [
    ['hits', 'Looked for and found in memory.', status.hits],
    ['misses', 'Looked for and not found in memory.', status.misses],
    ['stored', 'Stored since the start.', status.stored],
    ['evicted', 'Given up for room, or because they were of no use any more.', status.evicted],
    ['refused', 'Not stored: too large, or there was no room.', status.refused],
    ['purged', 'Dropped by a purge or an invalidation.', status.purged],
  ];
  if (disk !== null) {
    gauges.push(
      ['disk_writable', 'Responses are written to disk now.', disk.state === 'on' ? 1 : 0],
      ['disk_files', 'Responses on disk.', disk.files],
      ['disk_bytes', 'What they take.', disk.bytes],
      ['disk_capacity_bytes', 'What they may take.', status.diskCapacity],
    );
    counters.push(
      ['disk_written', 'Written to disk.', disk.written],
      ['disk_brought', 'Brought back into memory.', disk.brought],
      ['disk_evicted', 'Removed from disk for room.', disk.evicted],
      ['disk_skipped', 'Not written: the disk was too slow, full or failing.', disk.skipped],
      ['disk_damaged', 'Files that were damaged.', disk.damaged],
    );
  }
  for (const [name, help, value] of gauges) out.gauge(`${prefix}_${name}`, help, labels, value);
  for (const [name, help, value] of counters) out.counter(`${prefix}_${name}`, help, labels, value);
}
