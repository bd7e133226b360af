/** `tandem status` as text, the balancer's half: pure, from what it answered. */
import type { ServerStatus, UpstreamStatus } from '../../../proxy/index.ts';
import { quantileMs } from '../../../proxy/index.ts';
import { formatEndpoint } from '../../config/index.ts';
import type { BalancerReport } from '../../control/balancer-report.ts';
import { columns } from '../output.ts';
import { cacheView } from './cache-view.ts';
import { certificateView } from './certificate-view.ts';
import { configText } from './config-view.ts';
import { drainingView } from './draining-view.ts';
import { duration } from './duration.ts';
import { nameView } from './name-view.ts';

/** The balancer's part: is it ready, what comes in, where it goes. `now`: ms since 1970. */
export function balancerView(status: BalancerReport, now: number): string {
  const { readiness, workers } = status;
  const state = readiness.ready ? 'ready' : 'NOT READY';
  const running = workers.filter((worker) => worker.state === 'running').length;
  const crew = `${running} of ${workers.length} workers`;
  const age = `up ${duration(status.uptimeMs)}, ${configText(status)}`;
  return [
    `balancer: ${state}, ${crew}, ${age}`,
    ...[...readiness.reasons, ...(readiness.warnings ?? [])].map((reason) => `  ${reason}`),
    ...formerRows(status),
    ...drainingView(status.draining),
    ...listenerRows(status),
    ...limitRows(status),
    ...cacheView(status.caches),
    ...status.upstreams.flatMap((upstream) => upstreamRows(upstream, now)),
    ...absentRows(status),
    ...nameView(status.names, now),
    ...certificateView(status.certificates, now),
    ...routeRows(status),
    ...logRows(status),
  ].join('\n');
}

/** What came to each route, and how long it took; routes without requests are left out. */
/** Nothing to do about it: they end with their connections. */
function formerRows({ formerConfigs }: BalancerReport): string[] {
  if (!(formerConfigs > 0)) return [];
  const configs =
    formerConfigs === 1 ? 'the config before this one' : `${formerConfigs} configs before this one`;
  return [`  connections that began under ${configs} go on under it until they end`];
}

function routeRows({ routes }: BalancerReport): string[] {
  const rows = [['ROUTE', 'LISTENER', 'REQUESTS', '4XX', '5XX', 'P50', 'P99']];
  for (const { route, listener, counters, durations } of routes) {
    if (durations.count === 0) continue;
    const { responses4xx, responses5xx } = counters;
    const numbers = [durations.count, responses4xx, responses5xx].map(String);
    const times = [quantileMs(durations, 0.5), quantileMs(durations, 0.99)].map(within);
    rows.push([route, listener, ...numbers, ...times]);
  }
  return rows.length === 1 ? [] : ['', ...columns(rows)];
}

/** The bound of a bucket. */
function within(milliseconds: number | null): string {
  if (milliseconds === null) return '-';
  return milliseconds === Number.POSITIVE_INFINITY ? '> 30s' : `<= ${milliseconds}ms`;
}

/** Where access logs go, when there are any. */
function logRows({ accessLogs }: BalancerReport): string[] {
  if (accessLogs.length === 0) return [];
  const rows = [['ACCESS LOG', 'LINES', 'DROPPED', 'REMARK']];
  for (const { to, lines, dropped, error } of accessLogs) {
    rows.push([to, String(lines), String(dropped), error ?? '']);
  }
  return ['', ...columns(rows)];
}

function listenerRows({ listeners }: BalancerReport): string[] {
  const rows = [['LISTENER', 'PROTOCOL', 'OPEN', 'ACCEPTED', 'REFUSED', 'REQUESTS', '5XX', 'BIND']];
  for (const { name, protocol, binds, totals } of listeners) {
    const { open, accepted, requests, responses5xx } = totals;
    const refused = totals.refused + totals.proxyRefused + totals.tlsRefused;
    const numbers = [open, accepted, refused, requests, responses5xx].map(String);
    rows.push([name, protocol, ...numbers, binds.map(formatEndpoint).join(' ')]);
  }
  return ['', ...columns(rows)];
}

/** The limits that are configured; nothing without any. */
function limitRows({ limits }: BalancerReport): string[] {
  if (limits.length === 0) return [];
  const rows = [['LIMIT', 'KIND', 'ALLOWED', 'DELAYED', 'REFUSED', 'KEYS', 'REMARK']];
  for (const { name, kind, dryRun, max, keys, keysMax, totals } of limits) {
    const remarks = [
      dryRun ? 'dry run: nobody is refused' : '',
      max === null ? '' : `at most ${max}`,
      totals.untracked > 0 ? `${totals.untracked} uncounted: raise keys` : '',
    ].filter((remark) => remark !== '');
    const numbers = [totals.allowed, totals.delayed, totals.refused].map(String);
    rows.push([name, kind, ...numbers, `${keys} of ${keysMax}`, remarks.join(', ')]);
  }
  return ['', ...columns(rows)];
}

/** Orders that wait for a server to come back, or that nobody remembers. */
function absentRows({ absentServers }: BalancerReport): string[] {
  if (absentServers.length === 0) return [];
  const rows = absentServers.map(({ upstream, server, draining, weight }) => {
    const orders = [draining ? 'drains' : '', weight === null ? '' : `weight ${weight}`];
    return [`  ${server} of upstream ${upstream}`, orders.filter(Boolean).join(', ')];
  });
  const head =
    'ordered of servers that there are not now (tandem undrain, tandem weight SERVER file):';
  return ['', head, ...columns(rows)];
}

function upstreamRows(upstream: UpstreamStatus, now: number): string[] {
  const { name, policy, panic, servers, totals } = upstream;
  const up = servers.filter(({ verdict }) => verdict === 'up').length;
  const rows = [['SERVER', 'STATE', 'FOR', 'WEIGHT', 'IN FLIGHT', 'REQUESTS', 'FAILED', 'REMARK']];
  for (const server of servers) rows.push(serverRow(server, now));
  const waiting = totals.waiting === 0 ? '' : `, ${totals.waiting} requests waiting`;
  const none = up === 0 ? ': NO SERVER IS UP' : '';
  const all = panic ? ': PANIC, ALL SERVERS ARE USED' : '';
  return [
    '',
    `upstream ${name} (${policy}), ${up} of ${servers.length} up${waiting}${none}${all}`,
    ...columns(rows),
  ];
}

function ejectionRemark({ ejection }: ServerStatus, now: number): string {
  if (ejection === null || ejection.state === 'none') return '';
  const { state, until, reason, repeats } = ejection;
  if (state === 'trial') return `tried again after ${reason}`;
  const times = repeats > 1 ? ` (time ${repeats})` : '';
  return `EJECTED for another ${duration(Math.max(0, until! - now))}${times}: ${reason}`;
}

/** Requests and sessions that came to nothing for the server's doing. */
export function failedOf({ totals }: Pick<ServerStatus, 'totals'>): number {
  return (
    totals.connectFailures +
    totals.tlsFailures +
    totals.connectTimeouts +
    totals.responseTimeouts +
    totals.idleTimeouts +
    totals.resets +
    totals.badResponses
  );
}

/** What else there is to say of a server. `now`: ms since 1970. */
export function serverRemarks(status: ServerStatus, now: number): string[] {
  const { weight, backup, warmth } = status;
  return [
    status.name === null ? '' : `of ${status.name}`,
    backup ? 'backup' : '',
    status.down ? 'never used (down: true)' : '',
    warmth === 1 ? '' : `warming up, ${Math.round(warmth * 100)} % of its weight`,
    status.draining ? 'drains: no new work (tandem undrain)' : '',
    weight === status.weightInFile ? '' : `weight ${status.weightInFile} in the file`,
    status.checked ? '' : 'not checked',
    status.lastError ?? '',
    ejectionRemark(status, now),
  ].filter((remark) => remark !== '');
}

function serverRow(status: ServerStatus, now: number): string[] {
  const { totals, weight, connectionsMax } = status;
  return [
    status.server,
    status.verdict,
    duration(Math.max(0, now - status.since)),
    String(weight),
    connectionsMax === 0 ? String(totals.inFlight) : `${totals.inFlight}/${connectionsMax}`,
    String(totals.requests),
    String(failedOf(status)),
    serverRemarks(status, now).join(', '),
  ];
}
