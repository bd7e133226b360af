/** The balancer as the dashboard shows it. Pure. */
import type { ServerStatus, UpstreamStatus } from '../../../proxy/index.ts';
import { failedOf, serverRemarks } from '../../cli/views/balancer-view.ts';
import { duration } from '../../cli/views/duration.ts';
import { formatEndpoint } from '../../config/index.ts';
import type { BalancerReport } from '../../control/balancer-report.ts';
import type { Rates } from './rates.ts';
import type {
  AbsentRow,
  BalancerPart,
  ListenerRow,
  ServerRow,
  Tone,
  UpstreamPart,
} from './snapshot.ts';

/** What rates are made of. */
export function countsOf({ listeners, upstreams }: BalancerReport): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { name, totals } of listeners) {
    counts.set(`accepted ${name}`, totals.accepted);
    counts.set(`requests ${name}`, totals.requests);
    counts.set(`5xx ${name}`, totals.responses5xx);
  }
  for (const server of upstreams.flatMap(({ servers }) => servers)) {
    counts.set(`requests ${server.identity}`, server.totals.requests);
    counts.set(`failed ${server.identity}`, failedOf(server));
  }
  return counts;
}

/** `now`: ms since 1970. */
export function balancerPart(report: BalancerReport, rates: Rates, now: number): BalancerPart {
  const { readiness, workers, uptimeMs, digest } = report;
  const running = workers.filter(({ state }) => state === 'running').length;
  const state = readiness.ready ? 'ready' : 'not ready';
  const age = `up ${duration(uptimeMs)}, config ${digest.slice(0, 12)}`;
  return {
    summary: `${state}, ${running} of ${workers.length} workers, ${age}`,
    open: report.listeners.reduce((sum, { totals }) => sum + totals.open, 0),
    listeners: report.listeners.map((listener) => listenerRow(listener, rates)),
    upstreams: report.upstreams.map((upstream) => upstreamPart(upstream, rates, now)),
    absent: report.absentServers.map(absentRow),
  };
}

function listenerRow(
  { name, protocol, binds, totals }: BalancerReport['listeners'][number],
  rates: Rates,
): ListenerRow {
  const isHttp = protocol === 'http';
  return {
    name,
    protocol,
    binds: binds.map(formatEndpoint).join(' '),
    open: totals.open,
    accepted: rates.of(`accepted ${name}`),
    requests: isHttp ? rates.of(`requests ${name}`) : null,
    errors5xx: isHttp ? rates.of(`5xx ${name}`) : null,
  };
}

function absentRow(one: BalancerReport['absentServers'][number]): AbsentRow {
  const weight = one.weight === null ? [] : [`weight ${one.weight}`];
  const orders = [...(one.draining ? ['drains'] : []), ...weight].join(', ');
  return { upstream: one.upstream, server: one.server, orders };
}

function upstreamPart(upstream: UpstreamStatus, rates: Rates, now: number): UpstreamPart {
  const { name, policy, panic, servers, totals } = upstream;
  const fit = servers.filter(takesWork).length;
  const up = servers.filter(({ verdict }) => verdict === 'up').length;
  const summary = [
    `${up} of ${servers.length} up`,
    ...(fit === up ? [] : [`${fit} for new work`]),
    ...(totals.waiting === 0 ? [] : [`${totals.waiting} requests waiting`]),
    ...(panic ? ['panic: so few that all are used'] : []),
  ].join(', ');
  const isBad = fit === 0 || panic;
  return {
    name,
    policy,
    summary,
    tone: isBad ? 'bad' : up < servers.length ? 'warning' : 'good',
    servers: servers.map((server) => {
      const others = fit - (takesWork(server) ? 1 : 0);
      return serverRow(name, server, { rates, now, others });
    }),
  };
}

function takesWork({ verdict, draining, down, weight, ejection }: ServerStatus): boolean {
  return verdict !== 'down' && !draining && !down && weight > 0 && ejection?.state !== 'ejected';
}

function serverRow(
  upstream: string,
  server: ServerStatus,
  { rates, now, others }: { rates: Rates; now: number; others: number },
): ServerRow {
  const [state, tone] = stateOf(server);
  return {
    upstream,
    server: server.server,
    state,
    tone,
    since: duration(Math.max(0, now - server.since)),
    weight: server.weight,
    inFlight: server.totals.inFlight,
    requests: rates.of(`requests ${server.identity}`),
    failed: rates.of(`failed ${server.identity}`),
    remarks: serverRemarks(server, now),
    draining: server.draining,
    others,
  };
}

/** What matters most, in a word. */
function stateOf(server: ServerStatus): readonly [string, Tone] {
  const { down, draining, totals, verdict, ejection, warmth } = server;
  if (down) return ['off', 'idle'];
  if (draining) return totals.inFlight > 0 ? ['draining', 'warning'] : ['drained', 'idle'];
  if (verdict === 'down') return ['down', 'bad'];
  if (ejection?.state === 'ejected') return ['ejected', 'bad'];
  if (verdict !== 'up') return ['checking', 'warning'];
  if (ejection?.state === 'trial') return ['on trial', 'warning'];
  return warmth < 1 ? ['warming up', 'warning'] : ['up', 'good'];
}
