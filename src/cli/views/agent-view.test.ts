import { expect, test } from 'vitest';
import type { AgentStatus, TrackerReading } from '../../../keepalive/index.ts';
import { agentMetrics } from '../../metrics/agent-metrics.ts';
import { agentView } from './agent-view.ts';

const trackers: readonly TrackerReading[] = [
  { kind: 'proxy', name: 'proxy', effect: { type: 'none' }, reason: 'alive and ready' },
  {
    kind: 'upstream',
    name: 'api',
    effect: { type: 'weight', weight: -50 },
    reason: '1 of 4 servers up, 2 needed',
  },
  { kind: 'file', name: 'extra', effect: { type: 'weight', weight: 7 }, reason: 'the number 7' },
  { kind: 'interface', name: 'eth1', effect: { type: 'fault' }, reason: 'down' },
];

/** What the view and the metrics read of a router that is Active. */
const status = {
  node: 'edge-a',
  digest: '0123456789abcdef',
  uptimeMs: 1000,
  proxy: { alive: true, ready: true, reasons: [], everReady: true },
  routers: [
    {
      name: 'web',
      vrid: 51,
      interface: 'eth0',
      family: 4,
      version: 3,
      state: 'Active',
      stateForMs: 1000,
      waitingFor: null,
      syncGroup: null,
      selfFaults: [],
      preempt: { inMs: null, recent: 0 },
      priority: { configured: 200, effective: 2, trackers, claimInMs: null },
      active: { self: true, address: '198.51.100.11', priority: 2, lastHeardMs: null },
      addresses: [{ address: '198.51.100.100', prefixLength: 24, held: true }],
      statistics: { advertLateness: { maxMicros: 0 } },
      lease: { open: true, reason: null, mute: false },
      transitions: [],
    },
  ],
  links: [],
  scripts: [],
  bfd: [],
  pair: null,
} as unknown as AgentStatus;

test('the status says what each tracker does to the priority, and why', () => {
  const lines = agentView(status).split('\n');
  for (const line of [
    '  web: proxy: alive and ready (no change)',
    '  web: upstream api: 1 of 4 servers up, 2 needed (-50)',
    '  web: file extra: the number 7 (+7)',
    '  web: interface eth1: down (fault)',
  ]) {
    expect(lines).toContain(line);
  }
});

test('the status says what a router that could take over waits for', () => {
  const [router] = status.routers;
  const waiting = {
    ...router,
    state: 'Backup',
    syncGroup: { name: 'web.ipv4+ipv6', ready: true },
    preempt: { inMs: 5000, recent: 3 },
    selfFaults: [{ kind: 'address', reason: 'EPERM', times: 3, forgottenInMs: 90_000 }],
  };
  const lines = agentView({ ...status, routers: [waiting] } as AgentStatus).split('\n');
  expect(lines).toContain('  web: ready, waits for sync group web.ipv4+ipv6');
  expect(lines.join('\n')).toMatch(/address fault: believed for another 1.*, seen 3 times lately/);
  expect(lines.join('\n')).toMatch(/better than the Active router: takes over in 5/);
  expect(agentView(status)).not.toMatch(/ready, waits|takes over in/);
});

test('the status says when a router has no lease, and why', () => {
  const [router] = status.routers;
  const lease = { open: false, reason: 'libnftables.so.1 is not there', mute: false };
  const text = agentView({ ...status, routers: [{ ...router, lease }] } as AgentStatus);
  expect(text.split('\n')).toContain('  web: no lease: libnftables.so.1 is not there');
  expect(agentView(status)).not.toMatch(/no lease/);
});

test('the metrics have the share of each tracker', async () => {
  const text = await agentMetrics(status);
  for (const [name, labels, value] of [
    ['weight', 'kind="upstream",name="api"', -50],
    ['fault', 'kind="upstream",name="api"', 0],
    ['weight', 'kind="file",name="extra"', 7],
    ['weight', 'kind="interface",name="eth1"', 0],
    ['fault', 'kind="interface",name="eth1"', 1],
    ['fault', 'kind="proxy",name="proxy"', 0],
  ] as const) {
    expect(text).toContain(`tandem_vrrp_tracker_${name}{router="web",${labels}} ${value}\n`);
  }
});
