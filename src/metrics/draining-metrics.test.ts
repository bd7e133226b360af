import { expect, test } from 'vitest';
import type { AddressDrainStatus } from '../../proxy/index.ts';
import { addDrainingMetrics } from './draining-metrics.ts';
import { Exposition } from './exposition.ts';

const drain: AddressDrainStatus = {
  address: '192.0.2.10',
  leftMs: 1500,
  polite: true,
  kinds: { http1: 1, idle: 2, http2: 3, websocket: 4, tcp: 5 },
  oldestMs: 2500,
  cut: 0,
};

function expose(draining: readonly AddressDrainStatus[]): Promise<string> {
  const out = new Exposition();
  addDrainingMetrics(out, draining);
  return out.text();
}

test('connections of draining addresses by kind, nothing where none drains', async () => {
  const text = await expose([drain, { ...drain, address: '::1', kinds: null, oldestMs: null }]);
  const metric = (name: string) => `tandem_proxy_draining_${name}`;
  expect(text).toContain(`${metric('connections')}{address="192.0.2.10",kind="websocket"} 4`);
  expect(text).toContain(`${metric('oldest_seconds')}{address="192.0.2.10"} 2.5`);
  expect(text).toContain(`${metric('left_seconds')}{address="::1"} 1.5`);
  expect(text).not.toContain('address="::1",kind');
  expect(await expose([])).toContain(`${metric('addresses')} 0`);
  expect(await expose([])).not.toContain(metric('connections'));
});

test('so many addresses have series of their own, the rest is one', async () => {
  const many = Array.from({ length: 70 }, (_, index) => ({
    ...drain,
    address: `192.0.2.${index}`,
  }));
  const text = await expose(many);
  expect(text.match(/kind="tcp"/g)).toHaveLength(65);
  expect(text).toContain('{address="other",kind="tcp"} 30');
});
