/** The head of the page, what is wrong, and what a screen reader is told of changes. Pure. */
import type { Hello, Snapshot, Tone } from '../snapshot.ts';
import { clock, mark } from './marks.ts';
import { h, type VNode } from './vnode.ts';

/** Whether what is shown is as it is. */
export type Link =
  | { readonly state: 'connecting' }
  /** The host wants a token, and there is none. */
  | { readonly state: 'signed-out' }
  | { readonly state: 'live' }
  /** `since`: of the last that came, ms since 1970; null: nothing did. */
  | { readonly state: 'lost'; readonly since: number | null; readonly why: string };

const WORDS: Readonly<Record<Tone, string>> = {
  good: 'all is well',
  warning: 'degraded',
  bad: 'failed',
  idle: 'idle',
};

const signInButton = h('button', { type: 'button', 'data-sign-in': true }, 'Sign in');

/** Host, state of the whole, and when that was. */
export function headView(snapshot: Snapshot | null, link: Link): readonly VNode[] {
  if (link.state === 'signed-out') return [signInButton];
  if (snapshot === null) return [h('span', { class: 'muted' }, 'connecting')];
  const when = clock(snapshot.at);
  const isLive = link.state === 'live';
  return [
    h('strong', { class: 'host' }, snapshot.host),
    isLive ? mark(snapshot.tone, WORDS[snapshot.tone]) : null,
    h('span', { class: isLive ? 'live' : 'live lost' }, `${isLive ? 'live' : 'as of'} ${when}`),
  ].filter((node) => node !== null);
}

/** What stands over everything else while nothing new comes. */
export function linkView(link: Link): readonly VNode[] {
  if (link.state !== 'lost') return [];
  const { since, why } = link;
  if (since === null) return [h('p', {}, `No connection: ${why}. Trying again.`)];
  const when = clock(since);
  return [
    h(
      'p',
      {},
      h('strong', {}, `Connection lost since ${when}`),
      ` (${why}). What is below was so then, and may be otherwise now. Trying again.`,
    ),
  ];
}

/** What is not as it should be. */
export function problemsView({ problems, balancer }: Snapshot): readonly VNode[] {
  return [
    problems.length === 0
      ? h('p', {}, mark('good', 'nothing is wrong'))
      : h(
          'ul',
          { class: 'problems' },
          problems.map(({ part, tone, detail }) =>
            h('li', { key: part }, mark(tone, part), h('span', { class: 'detail' }, detail)),
          ),
        ),
    ...(balancer === null ? [] : [h('p', { class: 'muted' }, `balancer: ${balancer.summary}`)]),
  ];
}

/** How orders are given, where not by buttons. */
export function ordersView(orders: Hello['orders']): readonly VNode[] {
  if (orders === 'allowed') return [];
  if (orders === 'token') {
    const text = 'To drain servers or hand addresses over, sign in with the operator token.';
    return [h('p', { class: 'note' }, text), signInButton];
  }
  const text =
    'Nobody orders anything here: the file has no admin.operator_token. On the host: tandem drain, ' +
    'tandem handover, tandem hold.';
  return [h('p', { class: 'note' }, text)];
}

/** What has changed, for who does not see it; empty: nothing that matters. */
export function changesBetween(before: Snapshot | null, now: Snapshot): string {
  if (before === null) return '';
  const old = new Map(facts(before));
  const changed = facts(now).filter(([name, fact]) => old.get(name) !== fact);
  return changed.map(([name, fact]) => `${name}: ${fact}`).join('. ');
}

function facts({ agent, balancer, problems }: Snapshot): readonly (readonly [string, string])[] {
  const routers = agent === null || agent === 'silent' ? [] : agent.routers;
  return [
    ...routers.flatMap(({ name, roles }) =>
      roles.map(({ host, state }) => [`${host} for ${name}`, state] as const),
    ),
    ...(balancer?.upstreams ?? []).flatMap(({ name, servers }) =>
      servers.map(({ server, state }) => [`${server} of ${name}`, state] as const),
    ),
    ...problems.map(({ part, detail }) => [part, detail] as const),
  ];
}
