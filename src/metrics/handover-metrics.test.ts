import { expect, test } from 'vitest';
import type { RouterStatus } from '../../keepalive/index.ts';
import { Exposition } from './exposition.ts';
import { addHandover, addHold } from './handover-metrics.ts';

const ROUTER = {
  name: 'web',
  noHandover: null,
  drain: {
    leftMs: 350_500,
    forMs: 1,
    connections: 37,
    kinds: { http1: 2, idle: 12, http2: 20, websocket: 5, tcp: 0 },
    oldestMs: 242_000,
  },
  secondChance: null,
  cannotPassOn: null,
  passedOn: { packets: 1_234, bytes: 56_789 },
  yielded: true,
} as unknown as RouterStatus;

async function metrics(router: RouterStatus): Promise<string[]> {
  const out = new Exposition();
  addHold(out, { node: 'edge-a', hold: { own: true, peer: false } });
  addHandover(out, router);
  return (await out.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

test('handovers, what drains, what is passed on and the hold are exported', async () => {
  expect(await metrics(ROUTER)).toEqual([
    'tandem_agent_hold{node="edge-a",by="own"} 1',
    'tandem_agent_hold{node="edge-a",by="peer"} 0',
    'tandem_handover_possible{router="web"} 1',
    'tandem_handover_draining{router="web"} 1',
    'tandem_handover_passing{router="web"} 0',
    'tandem_handover_yielded{router="web"} 1',
    'tandem_drain_left_seconds{router="web"} 350.5',
    'tandem_drain_connections{router="web"} 37',
    'tandem_drain_balancer_connections{router="web",kind="http1"} 2',
    'tandem_drain_balancer_connections{router="web",kind="idle"} 12',
    'tandem_drain_balancer_connections{router="web",kind="http2"} 20',
    'tandem_drain_balancer_connections{router="web",kind="websocket"} 5',
    'tandem_drain_balancer_connections{router="web",kind="tcp"} 0',
    'tandem_drain_oldest_seconds{router="web"} 242',
    'tandem_handover_passed_packets_total{router="web"} 1234',
    'tandem_handover_passed_bytes_total{router="web"} 56789',
  ]);
});

test('the series of a drain are there while there is one', async () => {
  const lines = await metrics({ ...ROUTER, drain: null });
  expect(lines.filter((line) => line.startsWith('tandem_drain'))).toEqual([]);
  expect(lines).toContain('tandem_handover_draining{router="web"} 0');
});
