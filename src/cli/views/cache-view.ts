/** `tandem status` as text: caches, how full they are, and what is wrong with their disks. */
import type { CacheStatus } from '../../../proxy/index.ts';
import { columns } from '../output.ts';

const MIB = 1024 ** 2;

/** A row for each cache; nothing without any. */
export function cacheView(caches: readonly CacheStatus[]): string[] {
  if (caches.length === 0) return [];
  const rows = [['CACHE', 'ENTRIES', 'MEMORY', 'HITS', 'STORED', 'EVICTED', 'DISK', 'REMARK']];
  for (const cache of caches) rows.push(cacheRow(cache));
  return ['', ...columns(rows)];
}

function cacheRow(cache: CacheStatus): string[] {
  const { name, entries, memoryBytes, memoryCapacity, hits, misses, stored, evicted } = cache;
  const { refused, disk, diskCapacity } = cache;
  const asked = hits + misses;
  const remarks = [
    disk !== null && disk.state !== 'on' ? `disk ${disk.state}` : '',
    disk?.reason ?? '',
    disk !== null && disk.skipped > 0 ? `${disk.skipped} not written` : '',
    disk !== null && disk.damaged > 0 ? `${disk.damaged} files were damaged` : '',
    refused > 0 ? `${refused} too large or without room` : '',
  ].filter((remark) => remark !== '');
  return [
    name,
    String(entries),
    fill(memoryBytes, memoryCapacity),
    asked === 0 ? '-' : `${((hits / asked) * 100).toFixed(1)}%`,
    String(stored),
    String(evicted),
    disk === null ? '-' : `${disk.files} files, ${fill(disk.bytes, diskCapacity)}`,
    remarks.join(', '),
  ];
}

/** `12 of 64 MiB`. */
function fill(bytes: number, capacity: number): string {
  return `${Math.round(bytes / MIB)} of ${Math.round(capacity / MIB)} MiB`;
}
