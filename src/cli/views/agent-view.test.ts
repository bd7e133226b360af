import { expect, test } from 'vitest';
import type { TrackerReading } from '../../../keepalive/index.ts';
import type { AgentReport } from '../../control/agent-report.ts';
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

const emptyLateness = { count: 0, sumMicros: 0, maxMicros: 0, buckets: [] };

/** What the view and the metrics read of a router that is Active. */
const status = {
  node: 'edge-a',
  digest: '0123456789abcdef',
  config: {
    ...{ file: '/etc/tandem/tandem.yaml', digest: '0123456789abcdef' },
    ...{ appliedAt: '2026-11-23T10:00:00.000Z', generation: 2 },
  },
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
      noHandover: null,
      handoverBreaks: [],
      drain: null,
      lastDrain: null,
      secondChance: null,
      cannotPassOn: null,
      passedOn: { packets: 0, bytes: 0 },
      yielded: false,
      preempt: { inMs: null, recent: 0 },
      announcement: {
        state: 'refuted',
        afterMs: null,
        elsewhere: ['198.51.100.100 at 02:00:00:00:00:0c'],
      },
      vouched: { forMs: 12_000, answers: 120 },
      witness: { address: '198.51.100.1', answers: false, reason: 'it does not answer' },
      priority: { configured: 200, effective: 2, trackers, claimInMs: null },
      active: { self: true, address: '198.51.100.11', priority: 2, lastHeardMs: null },
      addresses: [{ address: '198.51.100.100', prefixLength: 24, held: true }],
      virtualMac: null,
      excludedAddresses: [],
      routes: [],
      statistics: {
        advertLateness: emptyLateness,
        handoversGiven: 0,
        handoversReceived: 0,
        handoversRefused: {},
      },
      lease: { open: true, reason: null, mute: false },
      delivery: {
        source: '198.51.100.11',
        destinations: ['198.51.100.12'],
        unicast: true,
        minTtl: 254,
      },
      auth: 'password',
      transitions: [],
    },
  ],
  timerLateness: {
    maxMs: 12.3,
    recent: { count: 900, p99Ms: 0.25, maxMs: 3.14 },
    histogram: { count: 4, sumMicros: 400, maxMicros: 12_300, buckets: [4] },
  },
  hold: { own: false, peer: false, forMs: null },
  events: { epoch: 1, sequence: 9, readers: 2 },
  notify: [],
  journal: null,
  timing: {
    realTime: true,
    realTimeRefusal: null,
    lockedBytes: 104_857_600,
    lockableBytes: 115_343_360,
    lockRefusal: null,
  },
  links: [],
  scripts: [],
  duplicates: [],
  bfd: [],
  pair: null,
} as unknown as AgentReport;

test('the status says what each tracker does to the priority, and why', () => {
  const lines = agentView(status).split('\n');
  for (const line of [
    '  web: proxy: alive and ready (no change)',
    '  web: upstream api: 1 of 4 servers up, 2 needed (-50)',
    '  web: file extra: the number 7 (+7)',
    '  web: interface eth1: down (fault)',
    '  web: unicast from 198.51.100.11 to 198.51.100.12, accepts a TTL of 254 or more',
    '  web: adverts carry a password in plain text',
    '  web: no adverts for 12s, but the peer answers on a side link (120 times) that it is Active ' +
      'and reaches its witness: the addresses stay there',
    '  web: the peer does not find the addresses here: 198.51.100.100 at 02:00:00:00:00:0c',
    '  web: witness 198.51.100.1: it does not answer; it cannot speak for this node',
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
  const lines = agentView({ ...status, routers: [waiting] } as AgentReport).split('\n');
  expect(lines).toContain('  web: ready, waits for sync group web.ipv4+ipv6');
  expect(lines.join('\n')).toMatch(/address fault: believed for another 1.*, seen 3 times lately/);
  expect(lines.join('\n')).toMatch(/better than the Active router: takes over in 5/);
  expect(agentView(status)).not.toMatch(/ready, waits|takes over in/);
});

test('the status says when a router has no lease, and why', () => {
  const [router] = status.routers;
  const lease = { open: false, reason: 'libnftables.so.1 is not there', mute: false };
  const text = agentView({ ...status, routers: [{ ...router, lease }] } as AgentReport);
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

test('the metrics have notify commands, readers, the journal and the lease', async () => {
  const notify = [{ router: 'web', runs: 7, failures: 3, skipped: 2 }];
  const journal = { path: '/a', bytes: 0, dropped: 5, error: null };
  const report = { ...status, notify, journal } as unknown as AgentReport;
  const lines = (await agentMetrics(report)).split('\n');
  for (const line of [
    'tandem_notify_runs_total{router="web"} 7',
    'tandem_notify_failures_total{router="web"} 3',
    'tandem_notify_skipped_total{router="web"} 2',
    'tandem_agent_journal_dropped_total{node="edge-a"} 5',
    'tandem_vrrp_lease_open{router="web",vrid="51",interface="eth0"} 1',
  ]) {
    expect(lines).toContain(line);
  }
  expect(lines.join('\n')).toContain('tandem_agent_event_readers{node="edge-a"} 2');
});

test('the status says how late the agent is, and what it lacks to be on time', () => {
  const timing = (change: Partial<AgentReport['timing']>) =>
    agentView({ ...status, timing: { ...status.timing, ...change } });
  expect(agentView(status)).toContain(
    'timing: real-time priority; late by 0.25ms (p99) and 3.14ms at most lately, 12.3ms ever',
  );
  const refusal = 'sched_setscheduler (thread 7, SCHED_RR, 10): EPERM';
  expect(timing({ realTime: false, realTimeRefusal: refusal })).toContain(
    `timing: no real-time priority (${refusal}); late by 0.25ms`,
  );
});

test('the metrics have lateness as histograms', async () => {
  const lines = (await agentMetrics(status)).split('\n');
  for (const line of [
    'tandem_agent_real_time{node="edge-a"} 1',
    'tandem_agent_locked_bytes{node="edge-a"} 104857600',
    '# TYPE tandem_agent_timer_lateness_seconds histogram',
    'tandem_agent_timer_lateness_seconds_bucket{node="edge-a",le="0.0001"} 4',
    'tandem_agent_timer_lateness_seconds_sum{node="edge-a"} 0.0004',
    '# TYPE tandem_vrrp_advert_lateness_seconds histogram',
    'tandem_vrrp_advert_lateness_seconds_count{router="web",vrid="51",interface="eth0"} 0',
  ]) {
    expect(lines).toContain(line);
  }
});

test('the status shows what moves beside the advertised addresses', () => {
  const [router] = status.routers;
  const more = {
    ...router,
    virtualMac: { address: '00:00:5e:00:01:33', device: 'td4-51-2' },
    excludedAddresses: [{ address: '2001:db8::101', prefixLength: 64, held: true }],
    routes: [
      { route: '203.0.113.0/24 via 198.51.100.1 dev eth0', held: true },
      { route: '::/0 via fe80::1 dev eth0', held: false },
    ],
  };
  const view = (change: object) =>
    agentView({ ...status, routers: [{ ...more, ...change }] } as AgentReport).split('\n');
  expect(view({})).toContain('  web: virtual MAC 00:00:5e:00:01:33 on td4-51-2');
  expect(view({})).toContain('  web: not in adverts: 2001:db8::101/64');
  expect(view({})).toContain('  web: route 203.0.113.0/24 via 198.51.100.1 dev eth0');
  expect(view({})).toContain(
    '  web: route ::/0 via fe80::1 dev eth0 (not in the kernel: see the log)',
  );
  expect(view({ state: 'Backup' })).toContain(
    '  web: route ::/0 via fe80::1 dev eth0 (while Active)',
  );
});

test('the status says when a notify command fails, or has not ended yet', () => {
  const last = { sequence: 9, state: 'Active', passed: false, output: 'no route\nmore' };
  const one = { router: 'web', running: true, waiting: 2, runs: 1, failures: 1, skipped: 0 };
  const view = (change: object) =>
    agentView({ ...status, notify: [{ ...one, ...change }] } as unknown as AgentReport);
  expect(view({ last })).toContain('  web: notify command for Active failed: no route');
  expect(view({ last: null })).toContain('  web: notify command is running, 2 more wait');
  expect(view({ last: null, running: false })).not.toContain('notify');
});

test('the status says when the journal has holes', () => {
  const journal = { path: '/var/log/tandem/a', bytes: 0, dropped: 7, error: 'ENOSPC' };
  expect(agentView({ ...status, journal })).toContain(
    'journal /var/log/tandem/a: 7 lines are missing (ENOSPC)',
  );
  expect(agentView({ ...status, journal: { ...journal, dropped: 0 } })).not.toContain('journal');
});
