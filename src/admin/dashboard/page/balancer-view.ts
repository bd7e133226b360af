/** The balancer: listeners, upstreams and their servers. Pure. */
import type { BalancerPart, ListenerRow, ServerRow, UpstreamPart } from '../snapshot.ts';
import { type Column, mark, NOTHING, rateText, table } from './marks.ts';
import { h, type VNode } from './vnode.ts';

const LISTENER_COLUMNS: readonly Column<ListenerRow>[] = [
  { name: 'Listener', cell: ({ name }) => name },
  { name: 'Bound to', cell: ({ protocol, binds }) => `${protocol} ${binds}` },
  { name: 'Open', isNumber: true, cell: ({ open }) => String(open) },
  { name: 'New/s', isNumber: true, cell: ({ accepted }) => rateText(accepted) },
  { name: 'Requests/s', isNumber: true, cell: ({ requests }) => rateText(requests) },
  { name: '5xx/s', isNumber: true, cell: ({ errors5xx }) => rateText(errors5xx) },
];

/** The listeners' section. */
export function listenersView({ listeners }: BalancerPart): readonly VNode[] {
  const rows = listeners.map((row) => ({ key: row.name, row }));
  return [table('Listeners', LISTENER_COLUMNS, rows)];
}

const SERVER_COLUMNS: readonly Column<ServerRow>[] = [
  { name: 'Server', cell: ({ server }) => server },
  { name: 'State', cell: ({ tone, state }) => mark(tone, state) },
  { name: 'For', cell: ({ since }) => since },
  { name: 'In flight', isNumber: true, cell: ({ inFlight }) => String(inFlight) },
  { name: 'Requests/s', isNumber: true, cell: ({ requests }) => rateText(requests) },
  { name: 'Failed/s', isNumber: true, cell: ({ failed }) => rateText(failed) },
  { name: 'Weight', isNumber: true, cell: ({ weight }) => String(weight) },
  { name: 'Reason', cell: ({ remarks }) => remarks.join(', ') || NOTHING },
];

const ACTION: Column<ServerRow> = {
  name: 'Action',
  cell: ({ upstream, server, draining }) => {
    const order = draining ? 'undrain' : 'drain';
    const text = draining ? 'Undrain' : 'Drain';
    const label = `${text} ${server} of ${upstream}`;
    const data = { 'data-order': order, 'data-upstream': upstream, 'data-server': server };
    return h('button', { type: 'button', 'aria-label': label, ...data }, text);
  },
};

/** The upstreams' section. `may`: orders have buttons. */
export function upstreamsView({ upstreams, absent }: BalancerPart, may: boolean): readonly VNode[] {
  const columns = may ? [...SERVER_COLUMNS, ACTION] : SERVER_COLUMNS;
  return [
    ...upstreams.map((upstream) => upstreamView(upstream, columns)),
    ...(absent.length === 0
      ? []
      : [
          h('h3', { key: 'absent' }, 'Ordered of servers that there are not now'),
          h(
            'ul',
            { key: 'absent' },
            absent.map((one) => h('li', {}, `${one.server} of ${one.upstream}: ${one.orders}`)),
          ),
        ]),
  ];
}

function upstreamView(upstream: UpstreamPart, columns: readonly Column<ServerRow>[]): VNode {
  const { name, policy, summary, tone, servers } = upstream;
  const heading = `upstream-${name}`;
  const rows = servers.map((row) => ({ key: row.server, row }));
  return h(
    'article',
    { key: name, class: 'card', 'aria-labelledby': heading },
    h(
      'h3',
      { id: heading },
      name,
      mark(tone, summary),
      h('span', { class: 'muted' }, policy.replaceAll('_', ' ')),
    ),
    servers.length === 0
      ? h('p', { class: 'muted' }, 'it has no servers now')
      : table(`Servers of ${name}`, columns, rows),
  );
}
