import type { BalancerStatus, ListenerStatus, ServerStatus } from '../../proxy/index.ts';
import { Exposition, snakeCase } from './exposition.ts';

/** Totals that go up and down; all others only grow. */
const GAUGES = new Set(['open', 'inFlight']);
const RESPONSES = /^responses(\dxx)$/;

/** The balancer's Prometheus metrics. */
export function balancerMetrics(status: BalancerStatus): Promise<string> {
  const out = new Exposition();
  out.gauge('tandem_proxy_uptime_seconds', 'Age of the balancer.', {}, status.uptimeMs / 1000);
  out.gauge('tandem_proxy_ready', 'May be given traffic.', {}, status.readiness.ready ? 1 : 0);
  for (const { index, state, restarts } of status.workers) {
    const labels = { worker: String(index) };
    const running = state === 'running' ? 1 : 0;
    out.gauge('tandem_proxy_worker_running', 'The worker thread serves.', labels, running);
    out.counter('tandem_proxy_worker_restarts', 'Replacements.', labels, restarts);
  }
  for (const listener of status.listeners) addListener(out, listener);
  for (const { name, servers } of status.upstreams) {
    for (const server of servers) addServer(out, name, server);
  }
  return out.text();
}

function addListener(out: Exposition, { name, connectionsMax, totals }: ListenerStatus): void {
  const labels = { listener: name };
  const help = 'Configured limit of open client connections.';
  out.gauge('tandem_listener_connections_max', help, labels, connectionsMax);
  addTotals(out, 'tandem_listener', labels, totals);
}

function addServer(out: Exposition, upstream: string, server: ServerStatus): void {
  const { health, totals, weight } = server;
  const labels = { upstream, server: health.server };
  const up = health.verdict === 'up' ? 1 : 0;
  out.gauge('tandem_server_up', 'The health check says up.', labels, up);
  out.gauge('tandem_server_weight', 'Configured weight.', labels, weight);
  addTotals(out, 'tandem_server', labels, totals);
}

function addTotals(
  out: Exposition,
  prefix: string,
  labels: Readonly<Record<string, string>>,
  totals: Readonly<Record<string, number>>,
): void {
  for (const [counter, value] of Object.entries(totals)) {
    const status = RESPONSES.exec(counter)?.[1];
    if (status !== undefined) {
      const classified = { ...labels, class: status };
      out.counter(`${prefix}_responses`, 'Final responses by class.', classified, value);
    } else if (GAUGES.has(counter)) {
      out.gauge(`${prefix}_${snakeCase(counter)}`, 'Now, all workers.', labels, value);
    } else {
      out.counter(`${prefix}_${snakeCase(counter)}`, 'Since the start.', labels, value);
    }
  }
}
