/** What a daemon of another version does not tell costs its own place in the text, and nothing else. */
import { expect, test } from 'vitest';
import type { AgentReport } from '../../control/agent-report.ts';
import type { BalancerReport } from '../../control/balancer-report.ts';
import { FakeAgent, FakeBalancer } from '../agent.case.ts';
import { status } from '../commands/status.ts';
import { tandem } from '../terminal.case.ts';
import { agentView } from './agent-view.ts';
import { balancerView } from './balancer-view.ts';

const NOW = 1_700_000_000_000;
const VERSION = '0.1.0';
const config = {
  ...{ file: '/etc/tandem/tandem.yaml', digest: '0123456789abcdef' },
  ...{ appliedAt: '2026-11-23T10:00:00.000Z', generation: 2 },
};
const drain = {
  ...{ leftMs: 5000, forMs: 1000, connections: 3, oldestMs: 900 },
  kinds: { http1: 1, idle: 0, http2: 2, websocket: 0, tcp: 0 },
};
const address = { address: '198.51.100.100', prefixLength: 24, held: true };

/** All that the text is made of: what is trouble, and what is not. */
const router = {
  name: 'web',
  vrid: 51,
  interface: 'eth0',
  state: 'Active',
  stateForMs: 1000,
  syncGroup: { name: 'both', ready: true },
  waitingFor: 'no carrier',
  priority: {
    configured: 200,
    effective: 150,
    trackers: [
      { kind: 'file', name: 'x', effect: { type: 'weight', weight: -50 }, reason: 'the number 5' },
    ],
    claimInMs: 9000,
  },
  selfFaults: [{ kind: 'address', reason: 'EPERM', times: 2, forgottenInMs: 1000 }],
  noHandover: null,
  handoverBreaks: ['http'],
  preempt: { inMs: 10, recent: 0 },
  active: { self: false, address: '198.51.100.12', priority: 100, lastHeardMs: 40 },
  vouched: { forMs: 12_000, answers: 120 },
  witness: { address: '198.51.100.1', answers: false, reason: 'it does not answer' },
  announcement: { state: 'refuted', afterMs: null, elsewhere: ['198.51.100.100 at 02::'] },
  addresses: [address],
  virtualMac: { address: '00:00:5e:00:01:33', device: 'td4-51-2' },
  excludedAddresses: [address],
  routes: [{ route: '10.0.0.0/8', held: false }],
  lease: { open: true, reason: null, mute: false },
  delivery: { source: null, destinations: ['198.51.100.12'], unicast: true, minTtl: 254 },
  auth: 'password',
  transitions: [{ from: 'Backup', to: 'Active', agoMs: 5000, why: 'it was silent' }],
  drain,
  lastDrain: { how: 'timeout', connections: 2, forMs: 1000, agoMs: 2000 },
  secondChance: { peer: '198.51.100.12', packets: 5, bytes: 500 },
  cannotPassOn: null,
  yielded: true,
};
const agent = {
  version: VERSION,
  pid: 7,
  node: 'edge-a',
  digest: config.digest,
  uptimeMs: 60_000,
  config,
  hold: { own: true, peer: true, forMs: 5 },
  routers: [
    router,
    { ...router, name: 'quiet', drain: null, lease: { open: false, reason: 'old' } },
  ],
  duplicates: [
    {
      ...{ router: 'web', blind: 'EPERM', yieldedTo: '02::' },
      holders: [{ mac: '02::', address: '1', partner: true, forMs: 1, lastSeenMs: 2 }],
    },
  ],
  bfd: [
    {
      ...{ interface: 'eth0', peer: '198.51.100.12', routers: ['web'], state: 'Down', error: null },
      ...{ stateForMs: 5, diagnostic: 'none', remote: { state: 'Up', diagnostic: 'no' } },
      ...{ transmitMs: 3, receiveMs: 10, detectMs: 30, lastDown: { agoMs: 1, why: 'silence' } },
    },
  ],
  pair: {
    peer: 'edge-b',
    connected: true,
    paths: [
      {
        ...{ local: '203.0.113.1', remote: '203.0.113.2', connected: false, forMs: 5 },
        ...{ roundTripMs: 0.3, trouble: 'refused' },
      },
    ],
    node: {
      ...{ version: '0.0.9', digest: 'f'.repeat(64), sameFile: false, sameVersion: false },
      ...{ clockAheadMs: 9000, reportAgoMs: 10 },
      report: {
        routers: [
          {
            ...{ name: 'web', state: 'Backup', priority: 100, configured: 200, reasons: ['x'] },
            handover: { address: null, onHold: true, drain: { ...drain, kinds: undefined } },
          },
        ],
      },
    },
  },
  notify: [
    {
      router: 'web',
      running: false,
      waiting: 0,
      last: { passed: false, state: 'Active', output: 'x' },
    },
  ],
  journal: { path: '/var/log/tandem/j', dropped: 5, error: 'ENOSPC' },
  timing: { realTime: false, realTimeRefusal: 'EPERM' },
  timerLateness: { maxMs: 12, recent: { count: 1, p99Ms: 0.2, maxMs: 3 } },
};

const totals = {
  ...{ inFlight: 1, requests: 9, connectFailures: 1, tlsFailures: 0, connectTimeouts: 0 },
  ...{ responseTimeouts: 0, idleTimeouts: 0, resets: 0, badResponses: 0 },
};
const balancer = {
  version: VERSION,
  pid: 8,
  digest: config.digest,
  config,
  formerConfigs: 2,
  uptimeMs: 60_000,
  io: { io: 'uring', refusal: null, alarm: false },
  readiness: { ready: true, reasons: ['a'], warnings: ['b'], serving: true },
  workers: [{ state: 'running' }],
  draining: [{ ...drain, address: '198.51.100.100', polite: true, cut: 1 }],
  listeners: [
    {
      ...{ name: 'web', protocol: 'http', binds: [{ host: '0.0.0.0', port: 80 }] },
      totals: {
        ...{ open: 1, accepted: 9, refused: 1, proxyRefused: 0, tlsRefused: 0 },
        ...{ requests: 9, responses5xx: 1 },
      },
    },
  ],
  limits: [
    {
      ...{ name: 'per_client', kind: 'rate', dryRun: true, max: 7, keys: 12, keysMax: 1000 },
      totals: { allowed: 700, delayed: 30, refused: 4, untracked: 5 },
    },
  ],
  caches: [
    {
      ...{ name: 'pages', entries: 1, memoryBytes: 5, memoryCapacity: 10, hits: 1, misses: 1 },
      ...{ stored: 1, evicted: 0, refused: 2, diskCapacity: 10 },
      disk: { state: 'off', reason: 'EIO', files: 1, bytes: 1, skipped: 1, damaged: 1 },
    },
  ],
  upstreams: [
    {
      ...{ name: 'api', policy: 'round_robin', panic: true, totals: { waiting: 5 } },
      servers: [
        {
          ...{ server: '198.51.100.21:80', verdict: 'up', since: NOW - 60_000, name: 'origin' },
          ...{ weight: 1, weightInFile: 2, backup: true, draining: true, checked: false },
          ...{ lastError: 'x', down: true, connectionsMax: 8, warmth: 0.3, averageMs: 5 },
          ejection: { state: 'ejected', until: NOW + 5, reason: 'errors', repeats: 2 },
          totals,
        },
      ],
    },
  ],
  absentServers: [{ upstream: 'api', server: '1:80', draining: true, weight: 5 }],
  names: [
    {
      ...{ name: 'origin', state: 'ok', resolvedAt: NOW, ttlMs: 5, nextLookupAt: NOW, lookups: 1 },
      ...{ lookupsFailed: 1, addresses: ['1'], problemText: 'x', leftOut: 1 },
    },
  ],
  certificates: [
    {
      ...{ listener: 'web', upstream: null, certificate: '/a.pem', names: ['a'], state: 'kept' },
      ...{ fault: 'x', remarks: ['y'], notBefore: NOW - 5, notAfter: NOW + 5, stapled: true },
    },
  ],
  routes: [
    {
      ...{ route: 'shop', listener: 'web', counters: { responses4xx: 1, responses5xx: 0 } },
      durations: { count: 10, sumMs: 25, buckets: [0, 0, 0, 9, 0, 0, 0, 1] },
    },
  ],
  accessLogs: [{ to: '/var/log/a', lines: 7, dropped: 3, error: 'ENOSPC' }],
};

/** Every path to a field, through lists as well. */
function pathsOf(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    ...(Array.isArray(value) ? [] : [[...path, key]]),
    ...pathsOf(inner, [...path, key]),
  ]);
}

function without<T>(document: T, path: readonly string[]): T {
  const copy = JSON.parse(JSON.stringify(document));
  const parent = path.slice(0, -1).reduce((at, key) => at[key], copy);
  delete parent[path.at(-1)!];
  return copy;
}

const views = {
  agent: (report: unknown) => agentView(report as AgentReport, VERSION),
  balancer: (report: unknown) => balancerView(report as BalancerReport, NOW, VERSION),
};
const documents = { agent, balancer };

test.each(['agent', 'balancer'] as const)('the whole report of the %s is told', (half) => {
  const text = views[half](documents[half]);
  expect(text).not.toMatch(/does not tell|undefined|NaN|\?/);
});

test.each(['agent', 'balancer'] as const)('any field may be missing in that of the %s', (half) => {
  const document = documents[half];
  const whole = views[half](document).split('\n');
  for (const path of pathsOf(document)) {
    const text = views[half](without(document, path));
    const at = path.filter((key) => !/^\d+$/.test(key)).join('.');
    expect(text, at).not.toMatch(/undefined|NaN|\[object/);
    // Either nobody reads it, or the place is told.
    const lacks = text.includes(`does not tell: `);
    if (lacks)
      expect(text, at).toMatch(new RegExp(`does not tell: .*${at.replaceAll('.', '\\.')}`));
    // The tables with who is Active, and which servers there are, stay.
    if (path.length > 2) expect(text.split('\n').length, at).toBeGreaterThan(whole.length / 3);
  }
  expect(pathsOf(document).length).toBeGreaterThan(90);
});

test('an agent from before the upgrade is told by its version', () => {
  const { pair: _, ...old } = agent;
  expect(
    views
      .agent({ ...old, version: '0.0.9' })
      .split('\n')
      .slice(1, 3),
  ).toEqual([
    '  an older version, 0.0.9, runs; installed is 0.1.0: a restart changes to it',
    '  an older version, 0.0.9, does not tell: pair',
  ]);
  expect(views.agent({ ...agent, version: '0.10.0' })).toContain('a newer version, 0.10.0, runs');
  const { version: __, ...older } = agent;
  expect(views.agent(older)).toContain('  an older version runs; installed is 0.1.0');
});

test('tandem status lives with reports of which nothing is left', async () => {
  const halves = [new FakeAgent(), new FakeBalancer()];
  for (const half of halves) {
    await half.listen();
    const alone = await tandem([status], ['status', '--json'], { env: half.env });
    expect(alone.stderr).not.toContain('defect');
    const { stdout, stderr } = await tandem([status], ['status'], { env: half.env });
    expect(stderr).not.toContain('defect');
    expect(stdout).toContain('an older version does not tell: ');
    await half.close();
  }
});
