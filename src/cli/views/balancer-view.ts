/** `tandem status` as text, the balancer's half: pure, from what it answered. */
import type { ServerStatus, UpstreamStatus } from '../../../proxy/index.ts';
import { formatEndpoint } from '../../config/index.ts';
import type { BalancerReport } from '../../control/balancer-report.ts';
import { columns } from '../output.ts';
import { duration } from './duration.ts';

/** The balancer's part: is it ready, what comes in, where it goes. `now`: ms since 1970. */
export function balancerView(status: BalancerReport, now: number): string {
  const { readiness, workers, digest } = status;
  const state = readiness.ready ? 'ready' : 'NOT READY';
  const running = workers.filter((worker) => worker.state === 'running').length;
  const crew = `${running} of ${workers.length} workers`;
  const age = `up ${duration(status.uptimeMs)}, config ${digest.slice(0, 12)}`;
  return [
    `balancer: ${state}, ${crew}, ${age}`,
    ...[...readiness.reasons, ...(readiness.warnings ?? [])].map((reason) => `  ${reason}`),
    ...listenerRows(status),
    ...status.upstreams.flatMap((upstream) => upstreamRows(upstream, now)),
    ...nameRows(status.names, now),
  ].join('\n');
}

function listenerRows({ listeners }: BalancerReport): string[] {
  const rows = [['LISTENER', 'PROTOCOL', 'OPEN', 'ACCEPTED', 'REFUSED', 'REQUESTS', '5XX', 'BIND']];
  for (const { name, protocol, binds, totals } of listeners) {
    const { open, accepted, refused, requests, responses5xx } = totals;
    const numbers = [open, accepted, refused, requests, responses5xx].map(String);
    rows.push([name, protocol, ...numbers, binds.map(formatEndpoint).join(' ')]);
  }
  return ['', ...columns(rows)];
}

function upstreamRows({ name, policy, panic, servers }: UpstreamStatus, now: number): string[] {
  const up = servers.filter(({ verdict }) => verdict === 'up').length;
  const rows = [['SERVER', 'STATE', 'FOR', 'WEIGHT', 'IN FLIGHT', 'REQUESTS', 'FAILED', 'REMARK']];
  for (const server of servers) rows.push(serverRow(server, now));
  const none = up === 0 ? ': NO SERVER IS UP' : '';
  const all = panic ? ': PANIC, ALL SERVERS ARE USED' : '';
  return [
    '',
    `upstream ${name} (${policy}), ${up} of ${servers.length} up${none}${all}`,
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

function serverRow(status: ServerStatus, now: number): string[] {
  const { totals, weight, backup } = status;
  const failed =
    totals.connectFailures +
    totals.connectTimeouts +
    totals.responseTimeouts +
    totals.idleTimeouts +
    totals.resets +
    totals.badResponses;
  const remarks = [
    status.name === null ? '' : `of ${status.name}`,
    backup ? 'backup' : '',
    status.draining ? 'draining' : '',
    status.checked ? '' : 'not checked',
    status.lastError ?? '',
    ejectionRemark(status, now),
  ].filter((remark) => remark !== '');
  return [
    status.server,
    status.verdict,
    duration(Math.max(0, now - status.since)),
    String(weight),
    String(totals.inFlight),
    String(totals.requests),
    String(failed),
    remarks.join(', '),
  ];
}

/** How many addresses of a name are written out. */
const ADDRESSES_SHOWN = 4;

/** Names that servers are found by: what they stand for, since when, and what is wrong. */
function nameRows(names: BalancerReport['names'], now: number): string[] {
  if (names.length === 0) return [];
  const rows = [
    ['NAME', 'STATE', 'AGE', 'TTL', 'NEXT', 'LOOK-UPS', 'FAILED', 'ADDRESSES', 'REMARK'],
  ];
  for (const name of names) rows.push(nameRow(name, now));
  return ['', ...columns(rows)];
}

function nameRow(name: BalancerReport['names'][number], now: number): string[] {
  const { addresses, resolvedAt, ttlMs, problemText, leftOut } = name;
  const more = addresses.length - ADDRESSES_SHOWN;
  const remarks = [
    more > 0 ? `${more} more addresses` : '',
    leftOut > 0 ? `${leftOut} addresses are too many` : '',
    problemText ?? '',
  ].filter((remark) => remark !== '');
  return [
    name.name,
    name.state,
    resolvedAt === null ? '-' : duration(Math.max(0, now - resolvedAt)),
    ttlMs === null ? '-' : duration(ttlMs),
    duration(Math.max(0, name.nextLookupAt - now)),
    String(name.lookups),
    String(name.lookupsFailed),
    addresses.slice(0, ADDRESSES_SHOWN).join(' ') || '-',
    remarks.join(', '),
  ];
}
