import { expect, test } from 'vitest';
import { addDuplicates } from '../../metrics/duplicate-metrics.ts';
import { Exposition } from '../../metrics/exposition.ts';
import { duplicateView } from './duplicate-view.ts';

const mac = '02:00:00:00:00:09';
const well = {
  router: 'web',
  blind: null,
  holders: [],
  yieldedTo: null,
  statistics: { found: 0, yielded: 0, defended: 0 },
};
const stranger = { mac, address: '198.51.100.100', partner: false, forMs: 65_000, lastSeenMs: 900 };

test('the status says who else answers, to whom the addresses went, and what cannot be seen', () => {
  expect(duplicateView([well])).toEqual([]);
  const bad = { ...well, holders: [stranger], yieldedTo: mac, blind: 'EPERM' };
  const lines = duplicateView([bad]);
  expect(lines[0]).toBe('  web: cannot look for duplicates of its addresses: EPERM');
  expect(lines[1]).toMatch(
    /DUPLICATE: a foreign host, at 02:00:00:00:00:09, answers for 198.51.100.100/,
  );
  expect(lines[2]).toMatch(/gave way to the other node, at 02:00:00:00:00:09/);
});

test('the metrics count who answers now, and what was done about it', async () => {
  const out = new Exposition();
  const statistics = { found: 3, yielded: 1, defended: 2 };
  addDuplicates(out, { ...well, holders: [stranger], statistics });
  const text = await out.text();
  for (const line of [
    'tandem_vrrp_duplicate_holders{router="web"} 1',
    'tandem_vrrp_duplicate_yielded{router="web"} 0',
    'tandem_vrrp_duplicates_found_total{router="web"} 3',
    'tandem_vrrp_duplicates_yielded_total{router="web"} 1',
    'tandem_vrrp_duplicates_defended_total{router="web"} 2',
  ]) {
    expect(text).toContain(`${line}\n`);
  }
});
