import { expect, test } from 'vitest';
import type { NamedServersStatus } from '../../proxy/index.ts';
import { Exposition } from './exposition.ts';
import { addNameMetrics } from './name-metrics.ts';

const name: NamedServersStatus = {
  name: 'origin.example.com',
  upstreams: ['api'],
  state: 'stale',
  addresses: ['198.51.100.21', '198.51.100.22'],
  leftOut: 0,
  resolvedAt: 1_700_000_000_500,
  ttlMs: 30_000,
  nextLookupAt: 1_700_000_100_000,
  problem: 'timeout',
  problemText: 'no name server answers in time',
  failures: 3,
  lookups: 10,
  lookupsFailed: 4,
};

async function lines(status: NamedServersStatus): Promise<string[]> {
  const out = new Exposition();
  addNameMetrics(out, status);
  return (await out.text()).split('\n').filter((line) => /^tandem_/.test(line));
}

test('a name has its addresses, its look-ups, and when it last resolved', async () => {
  expect(await lines(name)).toEqual([
    'tandem_name_resolved{name="origin.example.com"} 0',
    'tandem_name_addresses{name="origin.example.com"} 2',
    'tandem_name_lookups_total{name="origin.example.com"} 10',
    'tandem_name_lookups_failed_total{name="origin.example.com"} 4',
    'tandem_name_last_success_timestamp_seconds{name="origin.example.com"} 1700000000.5',
  ]);
});

test('a name that never resolved has no last time', async () => {
  const never = await lines({ ...name, state: 'unresolved', addresses: [], resolvedAt: null });
  expect(never.some((line) => line.includes('last_success'))).toBe(false);
});
