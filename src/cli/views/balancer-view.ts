/** `tandem status` as text, the balancer's half: pure, from what it answered. */
import type { ListenerStatus, ServerStatus, UpstreamStatus } from '../../../proxy/index.ts';
import { quantileMs } from '../../../proxy/index.ts';
import { formatEndpoint } from '../../config/index.ts';
import type { BalancerReport } from '../../control/balancer-report.ts';
import { tandemVersion } from '../../runtime/version.ts';
import { columns } from '../output.ts';
import { cacheView } from './cache-view.ts';
import { certificateView } from './certificate-view.ts';
import { configText } from './config-view.ts';
import { drainingView } from './draining-view.ts';
import { duration } from './duration.ts';
import { nameView } from './name-view.ts';
import { cells, guarded, lines, optional, told, versionLines } from './told.ts';

/** The balancer's part: is it ready, what comes in, where it goes. `now`: ms since 1970. */
export function balancerView(
  answer: BalancerReport,
  now: number,
  installed = tandemVersion(),
): string {
  const { report: status, missing } = guarded(answer);
  const text = [
    ...lines(() => readinessLines(status)),
    ...lines(() => formerRows(status)),
    ...lines(() => drainingView(status.draining)),
    ...lines(() => listenerRows(status)),
    ...lines(() => limitRows(status)),
    ...lines(() => cacheView(status.caches)),
    ...lines(() => status.upstreams.flatMap((upstream) => upstreamRows(upstream, now))),
    ...lines(() => absentRows(status)),
    ...lines(() => nameView(status.names, now)),
    ...lines(() => certificateView(status.certificates, now)),
    ...lines(() => routeRows(status)),
    ...lines(() => logRows(status)),
  ];
  const [state, crew, age, config] = cells(
    () => (status.readiness.ready ? 'ready' : 'NOT READY'),
    () => crewText(status),
    () => duration(status.uptimeMs),
    () => configText(status),
  );
  return [
    `balancer: ${state}, ${crew} workers, up ${age}, ${config}`,
    ...versionLines(optional(answer, 'version'), installed, missing),
    ...text,
  ].join('\n');
}

function crewText({ workers }: BalancerReport): string {
  const running = workers.filter((worker) => worker.state === 'running').length;
  return `${running} of ${workers.length}`;
}

function readinessLines({ readiness }: BalancerReport): string[] {
  const warnings = optional(readiness, 'warnings') ?? [];
  return [...readiness.reasons, ...warnings].map((reason) => `  ${reason}`);
}

/** Nothing to do about it: they end with their connections. */
function formerRows({ formerConfigs }: BalancerReport): string[] {
  if (formerConfigs === 0) return [];
  const configs =
    formerConfigs === 1 ? 'the config before this one' : `${formerConfigs} configs before this one`;
  return [`  connections that began under ${configs} go on under it until they end`];
}

/** What came to each route, and how long it took; routes without requests are left out. */
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
  for (const listener of listeners) {
    rows.push(
      cells(
        () => listener.name,
        () => listener.protocol,
        () => String(listener.totals.open),
        () => String(listener.totals.accepted),
        () => String(refusedBy(listener)),
        () => String(listener.totals.requests),
        () => String(listener.totals.responses5xx),
        () => listener.binds.map(formatEndpoint).join(' '),
      ),
    );
  }
  return ['', ...columns(rows)];
}

function refusedBy({ totals }: ListenerStatus): number {
  return totals.refused + totals.proxyRefused + totals.tlsRefused;
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
  const { servers } = upstream;
  const rows = [['SERVER', 'STATE', 'FOR', 'WEIGHT', 'IN FLIGHT', 'REQUESTS', 'FAILED', 'REMARK']];
  for (const server of servers) rows.push(serverRow(server, now));
  const [name, policy, up] = cells(
    () => upstream.name,
    () => upstream.policy,
    () => String(servers.filter(({ verdict }) => verdict === 'up').length),
  );
  const [waiting, panic] = [
    told(() => upstream.totals.waiting, 0),
    told(() => upstream.panic, false),
  ];
  const queue = waiting === 0 ? '' : `, ${waiting} requests waiting`;
  const none = up === '0' ? ': NO SERVER IS UP' : '';
  const all = panic ? ': PANIC, ALL SERVERS ARE USED' : '';
  const head = `upstream ${name} (${policy}), ${up} of ${servers.length} up${queue}${none}${all}`;
  return ['', head, ...columns(rows)];
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
  return cells(
    () => status.server,
    () => status.verdict,
    () => duration(Math.max(0, now - status.since)),
    () => String(status.weight),
    () => inFlightText(status),
    () => String(status.totals.requests),
    () => String(failedOf(status)),
    () => serverRemarks(status, now).join(', '),
  );
}

function inFlightText({ totals, connectionsMax }: ServerStatus): string {
  return connectionsMax === 0 ? String(totals.inFlight) : `${totals.inFlight}/${connectionsMax}`;
}
