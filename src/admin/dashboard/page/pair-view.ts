/** The pair: who is what for each virtual router, and why. Pure. */
import type { AgentPart, HostRole, PeerPart, RouterPart, Snapshot } from '../snapshot.ts';
import { mark } from './marks.ts';
import { timelineView } from './timeline.ts';
import { h, type VNode } from './vnode.ts';

/** The section's content; nothing for a balancer without an agent. `may`: orders have buttons. */
export function pairView({ agent, at }: Snapshot, may: boolean): readonly VNode[] {
  if (agent === null) return [];
  if (agent === 'silent') {
    return [h('p', {}, mark('bad', 'the agent on this host does not answer'))];
  }
  return [
    h(
      'div',
      { class: 'bar' },
      h('p', { class: 'muted' }, `agent on ${agent.node}: ${agent.summary}`),
      may ? holdButton(agent) : null,
    ),
    ...agent.holds.map((text) => h('p', { class: 'note' }, text)),
    ...agent.routers.map((router) => routerView(router, agent, { now: at, may })),
    ...(agent.peer === null ? [] : [peerView(agent.peer)]),
  ];
}

function holdButton({ held }: AgentPart): VNode {
  const order = held ? 'release' : 'hold';
  const text = held ? 'Release the hold' : 'Hold the addresses';
  return h('button', { type: 'button', 'data-order': order }, text);
}

function routerView(
  router: RouterPart,
  { node, held }: AgentPart,
  { now, may }: { readonly now: number; readonly may: boolean },
): VNode {
  const { name, addresses, where, roles, remarks } = router;
  const heading = `router-${name}`;
  return h(
    'article',
    { key: name, class: 'card', 'aria-labelledby': heading },
    h(
      'div',
      { class: 'bar' },
      h(
        'h3',
        { id: heading },
        name,
        h('span', { class: 'addresses' }, addresses.join(' ')),
        h('span', { class: 'muted' }, where),
      ),
      may && router.active && router.successor !== null
        ? h(
            'button',
            { type: 'button', 'data-order': 'handover', 'data-router': name },
            `Hand ${name} over to ${router.successor}`,
          )
        : null,
      // A hold has its own button, which lets these move again as well.
      may && router.yielded && !held
        ? h('button', { type: 'button', 'data-order': 'release' }, `Let ${node} take ${name} back`)
        : null,
    ),
    h('div', { class: 'roles' }, roles.map(roleView)),
    remarks.length === 0
      ? null
      : h(
          'ul',
          { class: 'remarks' },
          remarks.map((text) => h('li', {}, text)),
        ),
    h('h4', {}, 'History'),
    timelineView(router, node, now),
  );
}

function roleView({
  host,
  self,
  state,
  tone,
  since,
  priority,
  configured,
  shares,
}: HostRole): VNode {
  const isLowered = priority !== null && configured !== null && priority !== configured;
  const of = isLowered ? ` of ${configured}` : '';
  return h(
    'div',
    { class: state === 'Active' ? 'role active' : 'role', key: host, 'data-host': host },
    h(
      'p',
      { class: 'who' },
      h('strong', {}, host),
      self ? h('span', { class: 'muted' }, 'this host') : null,
      mark(tone, state),
      since === null ? null : h('span', { class: 'muted' }, `for ${since}`),
    ),
    h('p', {}, 'priority ', h('strong', {}, priority === null ? '–' : `${priority}${of}`)),
    shares.length === 0
      ? null
      : h(
          'ul',
          { class: 'shares', 'aria-label': `What makes the priority of ${host}` },
          shares.map((share) =>
            h(
              'li',
              {},
              mark(share.tone, share.name),
              h('span', { class: 'reason' }, share.reason),
              share.share === null ? null : h('span', { class: 'share' }, share.share),
            ),
          ),
        ),
  );
}

function peerView({ name, connected, paths, remarks }: PeerPart): VNode {
  const state = mark(connected ? 'good' : 'bad', connected ? 'connected' : 'not connected');
  return h(
    'article',
    { class: 'card', key: 'peer', 'aria-labelledby': 'peer' },
    h('h3', { id: 'peer' }, `Connection with ${name}`, state),
    h(
      'ul',
      { class: 'remarks' },
      paths.map((path) => h('li', {}, mark(path.tone, path.name), ` ${path.text}`)),
      remarks.map((text) => h('li', {}, mark('warning', text))),
    ),
  );
}
