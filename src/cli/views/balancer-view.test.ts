import { expect, test } from 'vitest';
import type { ServerStatus } from '../../../proxy/index.ts';
import type { BalancerReport } from '../../control/balancer-report.ts';
import { balancerMetrics } from '../../metrics/balancer-metrics.ts';
import { balancerView } from './balancer-view.ts';

const NOW = 1_700_000_000_000;

/** What the view and the metrics read of a server. */
function server(name: string, ejection: ServerStatus['ejection']): object {
  return {
    server: name,
    verdict: 'up',
    since: NOW - 60_000,
    weight: 1,
    weightInFile: 1,
    backup: false,
    draining: false,
    checked: true,
    lastError: null,
    name: null,
    averageMs: 0,
    down: false,
    connectionsMax: 8,
    warmth: 0.35,
    ejection,
    times: {
      connect: { count: 0, sumMs: 0, buckets: [] },
      header: { count: 1, sumMs: 2, buckets: [0, 0, 0, 1] },
      response: { count: 0, sumMs: 0, buckets: [] },
    },
    totals: {
      inFlight: 0,
      requests: 9,
      connectFailures: 1,
      connectTimeouts: 0,
      responseTimeouts: 0,
      idleTimeouts: 0,
      resets: 0,
      badResponses: 0,
    },
  };
}

const quiet = { since: null, until: null, reason: null, repeats: 0, ejections: 0 };
const report = {
  digest: '0123456789abcdef',
  config: {
    ...{ file: '/etc/tandem/tandem.yaml', digest: '0123456789abcdef' },
    ...{ appliedAt: '2026-11-23T10:00:00.000Z', generation: 2 },
  },
  formerConfigs: 0,
  uptimeMs: 1000,
  io: { io: 'uring', refusal: null, alarm: false },
  readiness: { ready: true, reasons: [], serving: true },
  workers: [],
  listeners: [],
  names: [],
  absentServers: [],
  limits: [
    {
      name: 'per_client',
      kind: 'rate',
      dryRun: true,
      max: null,
      keys: 12,
      keysMax: 1000,
      totals: { allowed: 700, delayed: 30, refused: 4, untracked: 5, evictions: 6 },
    },
    {
      name: 'origin',
      kind: 'concurrency',
      dryRun: false,
      max: 40,
      keys: 1,
      keysMax: 1024,
      totals: { allowed: 9, delayed: 0, refused: 0, untracked: 0, evictions: 0 },
    },
  ],
  routes: [
    {
      route: 'shop',
      listener: 'web',
      counters: { responses2xx: 9, responses4xx: 1, responses5xx: 0 },
      errors: { no_server: 1 },
      durations: { count: 10, sumMs: 25, buckets: [0, 0, 0, 9, 0, 0, 0, 1] },
    },
    {
      route: 'idle',
      listener: 'web',
      counters: {},
      errors: {},
      durations: { count: 0, sumMs: 0, buckets: [] },
    },
  ],
  accessLogs: [{ to: '/var/log/a', lines: 7, dropped: 3, error: 'ENOSPC' }],
  certificates: [],
  draining: [],
  caches: [],
  upstreams: [
    {
      name: 'api',
      policy: 'round_robin',
      panic: true,
      totals: { waiting: 5, queued: 9, queueTimeouts: 2, queueRefused: 1 },
      servers: [
        server('198.51.100.21:80', {
          state: 'ejected',
          since: NOW - 1000,
          until: NOW + 29_000,
          reason: 'connect_failed',
          repeats: 2,
          ejections: 3,
        }),
        server('198.51.100.22:80', { ...quiet, state: 'trial', reason: 'status 503' }),
        server('198.51.100.23:80', { ...quiet, state: 'none' }),
        server('198.51.100.24:80', null),
      ],
    },
  ],
} as unknown as BalancerReport;

test('status says who is ejected, why and for how long, and who panics', () => {
  const lines = balancerView(report, NOW).split('\n');
  expect(lines.find((line) => line.startsWith('upstream api'))).toBe(
    'upstream api (round_robin), 4 of 4 up, 5 requests waiting: PANIC, ALL SERVERS ARE USED',
  );
  const remark = (address: string) => lines.find((line) => line.includes(address))!;
  expect(remark('.21:80')).toMatch(/EJECTED for another 29s \(time 2\): connect_failed$/);
  expect(remark('.22:80')).toMatch(/tried again after status 503$/);
  expect(remark('.23:80')).not.toContain('EJECTED');
});

test('the metrics say it too, where there are rules', async () => {
  const text = await balancerMetrics(report);
  const of = (name: string, address: string) =>
    `tandem_server_${name}{upstream="api",server="198.51.100.${address}:80"}`;
  expect(text).toContain('tandem_upstream_panic{upstream="api"} 1\n');
  expect(text).toContain(`${of('ejected', '21')} 1\n`);
  expect(text).toContain(`${of('ejections_total', '21')} 3\n`);
  expect(text).toContain(`${of('on_trial', '22')} 1\n`);
  expect(text).toContain(`${of('ejected', '23')} 0\n`);
  expect(text).not.toContain(of('ejected', '24'));
});

test('status and metrics have a row for each limit', async () => {
  const lines = balancerView(report, NOW).split('\n');
  const row = (name: string) => lines.find((line) => line.startsWith(name));
  expect(row('per_client')).toMatch(
    /rate +700 +30 +4 +12 of 1000 +dry run: nobody is refused, 5 uncounted: raise keys$/,
  );
  expect(row('origin')).toMatch(/concurrency +9 +0 +0 +1 of 1024 +at most 40$/);
  expect(balancerView({ ...report, limits: [] }, NOW)).not.toContain('LIMIT');
  const text = await balancerMetrics(report);
  const of = (name: string) => `tandem_limit_${name}{limit="per_client",kind="rate"}`;
  for (const [name, value] of [
    ['allowed_total', 700],
    ['delayed_total', 30],
    ['refused_total', 4],
    ['untracked_total', 5],
    ['evictions_total', 6],
    ['keys', 12],
    ['keys_max', 1000],
  ]) {
    expect(text).toContain(`${of(String(name))} ${value}\n`);
  }
  expect(text).toContain('tandem_limit_max{limit="origin",kind="concurrency"} 40\n');
});

test('who is full, who warms up, and who waits for them', async () => {
  const view = balancerView(report as unknown as BalancerReport, NOW);
  expect(view).toContain('5 requests waiting');
  expect(view).toMatch(/198\.51\.100\.24:80 .* 0\/8 .*warming up, 35 % of its weight/);
  const metrics = await balancerMetrics(report as unknown as BalancerReport);
  expect(metrics).toContain('tandem_upstream_waiting{upstream="api"} 5');
  expect(metrics).toContain('tandem_upstream_queue_timeouts_total{upstream="api"} 2');
  expect(metrics).toContain(
    'tandem_server_connections_max{upstream="api",server="198.51.100.24:80"} 8',
  );
});

test('status and metrics say how each place of access logs does', async () => {
  const line = balancerView(report, NOW)
    .split('\n')
    .find((one) => one.startsWith('/var/log/a'));
  expect(line).toMatch(/^\/var\/log\/a +7 +3 +ENOSPC$/);
  const text = await balancerMetrics(report);
  expect(text).toContain('tandem_access_log_lines_total{to="/var/log/a"} 7\n');
  expect(text).toContain('tandem_access_log_dropped_total{to="/var/log/a"} 3\n');
});

test('status and metrics say what came to each route and how long it took', async () => {
  const lines = balancerView(report, NOW).split('\n');
  expect(lines.find((line) => line.startsWith('shop'))).toMatch(
    /^shop +web +10 +1 +0 +<= 2ms +<= 10ms$/,
  );
  expect(lines.some((line) => line.startsWith('idle'))).toBe(false);
  const text = await balancerMetrics(report);
  const labels = 'listener="web",route="shop"';
  expect(text).toContain(`tandem_route_responses_total{${labels},class="2xx"} 9\n`);
  expect(text).toContain(`tandem_route_errors_total{${labels},code="no_server"} 1\n`);
  const name = 'tandem_http_request_duration_seconds';
  expect(text).toContain(`${name}_bucket{${labels},le="0.002"} 9\n`);
  expect(text).toContain(`${name}_bucket{${labels},le="+Inf"} 10\n`);
  expect(text).toContain(`${name}_sum{${labels}} 0.025\n`);
  expect(text).toMatch(/^tandem_server_header_duration_seconds_count\{.*198.51.100.21:80"\} 1$/m);
  expect(text).not.toContain('tandem_server_connect_duration_seconds');
});
