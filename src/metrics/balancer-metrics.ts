import type { LimitStatus, RouteStatus, ServerStatus } from '../../proxy/index.ts';
import type { BalancerReport } from '../control/balancer-report.ts';
import { addCacheMetrics } from './cache-metrics.ts';
import { addCertificateMetrics } from './certificate-metrics.ts';
import { addConfig } from './config-metrics.ts';
import { addDrainingMetrics } from './draining-metrics.ts';
import { Exposition, snakeCase } from './exposition.ts';
import { addNameMetrics } from './name-metrics.ts';
import { type TotalsPrefix, totalHelp } from './total-help.ts';

/** Totals that go up and down; all others only grow. */
const GAUGES = new Set(['open', 'inFlight', 'waiting']);
const RESPONSES = /^responses(\dxx)$/;
const TLS_FAILED = /^tlsFailed(\w+)$/;

/** The balancer's Prometheus metrics. */
export function balancerMetrics(status: BalancerReport): Promise<string> {
  const out = new Exposition();
  out.gauge('tandem_proxy_uptime_seconds', 'Age of the balancer.', {}, status.uptimeMs / 1000);
  out.gauge('tandem_proxy_ready', 'May be given traffic.', {}, status.readiness.ready ? 1 : 0);
  addConfig(out, 'tandem_proxy', status.config);
  const former = 'Configs before the present one in which connections go on.';
  out.gauge('tandem_proxy_former_configs', former, {}, status.formerConfigs);
  const { io, alarm } = status.io;
  const refused = alarm || status.workers.some((worker) => worker.refusal !== null) ? 1 : 0;
  out.gauge('tandem_proxy_io_uring', 'Serves through io_uring.', {}, io === 'uring' ? 1 : 0);
  out.gauge(
    'tandem_proxy_io_uring_refused',
    'io_uring should be used and is not, by all workers or by one.',
    {},
    refused,
  );
  for (const { index, state, refusal, buffers, deaths, utilization } of status.workers) {
    const labels = { worker: String(index) };
    const running = state === 'running' ? 1 : 0;
    const uring = io === 'uring' && refusal === null ? 1 : 0;
    out.gauge('tandem_proxy_worker_io_uring', 'The worker serves through io_uring.', labels, uring);
    if (buffers !== null) {
      const held = 'Buffers of io_uring in use, of 2048.';
      out.gauge('tandem_proxy_worker_io_buffers', held, labels, buffers);
    }
    out.gauge('tandem_proxy_worker_running', 'The worker thread serves.', labels, running);
    out.counter('tandem_proxy_worker_deaths', 'Workers this slot lost.', labels, deaths);
    out.gauge(
      'tandem_proxy_worker_utilization',
      'Busy share since the last look, 0 to 1.',
      labels,
      utilization,
    );
  }
  addDrainingMetrics(out, status.draining);
  for (const { name, totals } of status.listeners) {
    addTotals(out, 'tandem_listener', { listener: name }, totals);
  }
  for (const { name, panic, servers, totals } of status.upstreams) {
    const help = 'Too few servers are fit, so all are used.';
    out.gauge('tandem_upstream_panic', help, { upstream: name }, panic ? 1 : 0);
    addTotals(out, 'tandem_upstream', { upstream: name }, totals);
    for (const server of servers) addServer(out, name, server);
  }
  for (const name of status.names) addNameMetrics(out, name);
  for (const limit of status.limits) addLimit(out, limit);
  for (const cache of status.caches) addCacheMetrics(out, cache);
  for (const route of status.routes) addRoute(out, route);
  for (const { to, lines, dropped } of status.accessLogs) {
    out.counter('tandem_access_log_lines', 'Lines written.', { to }, lines);
    out.counter('tandem_access_log_dropped', 'Lines that the place refused.', { to }, dropped);
  }
  for (const certificate of status.certificates) {
    addCertificateMetrics(out, certificate, Date.now());
  }
  return out.text();
}

function addRoute(out: Exposition, { listener, route, counters, errors, durations }: RouteStatus) {
  const labels = { listener, route };
  addTotals(out, 'tandem_route', labels, counters);
  for (const [code, count] of Object.entries(errors)) {
    out.counter('tandem_route_errors', 'Failed requests by code.', { ...labels, code }, count);
  }
  const took = 'From the head of a request to the end of its response.';
  out.durations('tandem_http_request_duration_seconds', took, labels, durations);
}

const SERVER_TIMES = {
  connect: 'To a new connection to the server.',
  header: "From the request sent to the head of the server's response.",
  response: "From the request sent to the end of the server's response.",
} as const;

function addServer(out: Exposition, upstream: string, server: ServerStatus): void {
  const { totals, weight, verdict } = server;
  const labels = { upstream, server: server.server };
  const up = verdict === 'up' ? 1 : 0;
  out.gauge('tandem_server_up', 'The health check says up.', labels, up);
  out.gauge('tandem_server_weight', 'Its weight now.', labels, weight);
  const draining = 'An operator drains it: it gets no new work.';
  out.gauge('tandem_server_draining', draining, labels, server.draining ? 1 : 0);
  if (server.averageMs > 0) {
    const help = 'Moving average of the time to its answers, for the policy least_time.';
    out.gauge('tandem_server_answer_average_seconds', help, labels, server.averageMs / 1000);
  }
  if (server.ejection !== null) {
    const { state, ejections } = server.ejection;
    const ejected = state === 'ejected' ? 1 : 0;
    out.gauge('tandem_server_ejected', 'Out for its errors.', labels, ejected);
    out.gauge('tandem_server_on_trial', 'Tried again.', labels, state === 'trial' ? 1 : 0);
    out.counter('tandem_server_ejections', 'Times it was ejected.', labels, ejections);
  }
  const { connectionsMax } = server;
  if (connectionsMax > 0) {
    const help = 'Requests and sessions it may have at a time.';
    out.gauge('tandem_server_connections_max', help, labels, connectionsMax);
  }
  addTotals(out, 'tandem_server', labels, totals);
  for (const [what, help] of Object.entries(SERVER_TIMES)) {
    const name = `tandem_server_${what}_duration_seconds`;
    out.durations(name, help, labels, server.times[what as keyof typeof SERVER_TIMES]);
  }
}

/** `allowed`, `refused` and so on by limit; keys are never labels. */
function addLimit(out: Exposition, { name, kind, keys, keysMax, max, totals }: LimitStatus): void {
  const labels = { limit: name, kind };
  out.gauge('tandem_limit_keys', 'Keys that are counted now.', labels, keys);
  out.gauge('tandem_limit_keys_max', 'Keys there is room for.', labels, keysMax);
  if (max !== null) out.gauge('tandem_limit_max', 'At a time, of one key.', labels, max);
  addTotals(out, 'tandem_limit', labels, totals);
}

function addTotals(
  out: Exposition,
  prefix: TotalsPrefix,
  labels: Readonly<Record<string, string>>,
  totals: Readonly<Record<string, number>>,
): void {
  for (const [counter, value] of Object.entries(totals)) {
    const status = RESPONSES.exec(counter)?.[1];
    const reason = TLS_FAILED.exec(counter)?.[1];
    if (reason !== undefined) {
      const reasoned = { ...labels, reason: snakeCase(reason).slice(1) };
      out.counter(`${prefix}_tls_failures`, 'Handshakes that came to nothing.', reasoned, value);
    } else if (status !== undefined) {
      const classified = { ...labels, class: status };
      out.counter(`${prefix}_responses`, 'Final responses by class.', classified, value);
    } else if (GAUGES.has(counter)) {
      out.gauge(`${prefix}_${snakeCase(counter)}`, totalHelp(prefix, counter), labels, value);
    } else {
      out.counter(`${prefix}_${snakeCase(counter)}`, totalHelp(prefix, counter), labels, value);
    }
  }
}
