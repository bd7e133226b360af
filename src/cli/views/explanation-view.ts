/** An explanation as lines for people. */
import type { Explanation } from '../../../proxy/index.ts';
import { columns } from '../output.ts';
import { duration } from './duration.ts';

/** What `tandem explain` prints. */
export function explanationLines(explanation: Explanation): readonly string[] {
  const { listener, request, routes, otherHosts, taken, answer, forwarded } = explanation;
  const { method, scheme, host, path, client } = request;
  return [
    `${method} ${scheme}://${host}${path} from ${client}, listener ${listener}`,
    '',
    ...(routes.length === 0 ? [] : ['routes for this host, in the order in which they are asked:']),
    ...columns(routes.map(routeRow)),
    ...(otherHosts === 0 ? [] : [`  and ${otherHosts} for other hosts`]),
    ...(routes.length + otherHosts === 0 ? [] : ['']),
    ...columns([
      ...(taken === null ? [] : takenRows(taken)),
      ...(answer === null ? [] : answerRows(answer)),
      ...(forwarded === null ? [] : forwardedRows(forwarded)),
    ]),
  ];
}

function routeRow({ name, priority, match, verdict, against }: Explanation['routes'][number]) {
  const rank = priority === 0 ? '' : ` (priority ${priority})`;
  const sign = { taken: '->', no: '  ', 'not asked': '  ' }[verdict];
  const why = { taken: 'takes it', no: `no: ${against.join('; ')}`, 'not asked': 'not asked' }[
    verdict
  ];
  return [`${sign} ${name}${rank}`, match, why];
}

type Rows = readonly (readonly [string, string])[];

function takenRows(taken: NonNullable<Explanation['taken']>): Rows {
  const { name, upstream, split, limits, timeoutMs, features } = taken;
  return [
    ['route', name],
    ...(features.length === 0 ? [] : ([['passes', features.join(' -> ')]] as const)),
    ...(limits.length === 0 ? [] : ([['limits', limits.join(', ')]] as const)),
    ...(timeoutMs === 0 ? [] : ([['timeout', duration(timeoutMs)]] as const)),
    ...(upstream === null ? [] : ([['upstream', upstream]] as const)),
    ...(split === null ? [] : ([['upstream', splitText(split)]] as const)),
  ];
}

const REASONS = {
  force: 'because the request says so',
  cookie: 'because its cookie says so',
  key: 'by its key',
  turn: 'by turns',
} as const;

function splitText({
  upstream,
  reason,
  shares,
}: NonNullable<NonNullable<Explanation['taken']>['split']>) {
  const sum = shares.reduce((total, { weight }) => total + weight, 0);
  const parts = shares
    .map(({ upstream: name, weight }) => `${name} ${weight} of ${sum}`)
    .join(', ');
  return `${upstream ?? 'one of the shares'}, ${REASONS[reason]} (${parts})`;
}

function answerRows({ by, status, code, location }: NonNullable<Explanation['answer']>): Rows {
  // One feature gives both kinds of answers of a route's own; the file has two words for them.
  const name = by === 'respond' && location !== null ? 'redirect' : by;
  const who = name === null ? '' : ` by ${name}`;
  const rows: [string, string][] = [
    ['answer', `${status}${who}${code === null ? '' : ` (${code})`}`],
  ];
  if (location !== null) rows.push(['location', location]);
  return rows;
}

function forwardedRows(forwarded: NonNullable<Explanation['forwarded']>): Rows {
  const { method, target, host, without, lines } = forwarded;
  return [
    ['forwards', `${method} ${target}`],
    ['host', host],
    ...without.map((name) => ['without', name] as const),
    ...lines.map((line) => ['with', line] as const),
  ];
}
