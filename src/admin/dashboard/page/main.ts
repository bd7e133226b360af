/** The dashboard: what comes from the host goes on the page, what is clicked goes to the host. */
import type { Hello, Snapshot, TrafficPoint } from '../snapshot.ts';
import { listenersView, upstreamsView } from './balancer-view.ts';
import { askedToken, byId, confirmed, wireDialogs } from './dialogs.ts';
import { clock } from './marks.ts';
import { type Order, orderOf, outcomeOf, pathOfOrder, questionOf } from './orders.ts';
import {
  changesBetween,
  headView,
  type Link,
  linkView,
  ordersView,
  problemsView,
} from './overview.ts';
import { pairView } from './pair-view.ts';
import { patch } from './patch.ts';
import { plotSpanMs } from './plot.ts';
import { keepToken, keptToken } from './session.ts';
import { Stream } from './stream.ts';
import { trafficView } from './traffic-view.ts';

/** What was carried out is told for so long, ms. */
const SAID_FOR_MS = 20_000;

let snapshot: Snapshot | null = null;
let orders: Hello['orders'] = 'none';
let history: readonly TrafficPoint[] = [];
let link: Link = { state: 'connecting' };
let cursor: number | null = null;
let saidTimer = 0;

const stream = new Stream({
  onEvent(type, value) {
    if (type === 'hello') ({ orders, history } = value as Hello);
    if (type === 'snapshot') take(value as Snapshot);
  },
  onLost(why) {
    link = { state: 'lost', since: snapshot?.at ?? null, why };
    draw();
  },
  onRefused() {
    const had = keptToken() !== null;
    keepToken(null);
    snapshot = null;
    history = [];
    link = { state: 'signed-out' };
    draw();
    void signIn(had ? 'The token was refused.' : 'This host asks for a token.');
  },
});

function take(now: Snapshot): void {
  const changes = changesBetween(snapshot, now);
  snapshot = now;
  link = { state: 'live' };
  const { point } = now;
  if (point !== null && point.at > (history.at(-1)?.at ?? 0)) {
    history = [...history, point].filter(({ at }) => at >= point.at - plotSpanMs);
  }
  if (changes !== '') patch(byId('changes'), [changes]);
  draw();
}

function draw(): void {
  const isLive = link.state === 'live';
  const balancer = snapshot?.balancer ?? null;
  document.title = snapshot === null ? 'Tandem' : `${snapshot.host} · Tandem`;
  document.body.classList.toggle('stale', !isLive && snapshot !== null);
  byId('sign-out').hidden = keptToken() === null;
  patch(byId('head'), headView(snapshot, link));
  patch(byId('link'), linkView(link));
  byId('content').hidden = snapshot === null;
  if (snapshot === null) return;
  const may = orders === 'allowed';
  patch(byId('problems'), problemsView(snapshot));
  patch(byId('orders'), ordersView(orders));
  byId('pair-section').hidden = snapshot.agent === null;
  patch(byId('pair'), pairView(snapshot, may));
  patch(byId('traffic'), trafficView(history, { now: snapshot.at, cursor }));
  patch(byId('listeners'), balancer === null ? [] : listenersView(balancer));
  patch(byId('upstreams'), balancer === null ? [] : upstreamsView(balancer, may));
  // What one sees may have changed by now.
  for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-order]')) {
    button.disabled = !isLive;
  }
}

async function signIn(why: string): Promise<void> {
  const token = await askedToken(why);
  if (token === null) return;
  keepToken(token);
  stream.start(token);
}

function say(done: boolean, text: string): void {
  const place = byId('outcome');
  place.className = done ? 'done' : 'refused';
  patch(place, [`${clock(Date.now())} ${text}`]);
  clearTimeout(saidTimer);
  // What went wrong stays until something else is said.
  if (done) saidTimer = window.setTimeout(() => patch(place, []), SAID_FOR_MS);
}

async function carryOut(order: Order): Promise<void> {
  const question = snapshot === null ? null : questionOf(order, snapshot);
  if (question === null || !(await confirmed(question))) return;
  try {
    const response = await fetch(pathOfOrder(order), {
      method: 'POST',
      headers: { authorization: `Bearer ${keptToken() ?? ''}` },
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      signal: AbortSignal.timeout(10_000),
    });
    const { done, text } = outcomeOf(order, response.status, await response.text());
    say(done, text);
  } catch (error) {
    const { message } = error as Error;
    say(false, `No answer (${message}): whether it was carried out is seen below.`);
  }
}

document.addEventListener('click', ({ target }) => {
  const button = target instanceof Element ? target.closest('button') : null;
  if (button === null) return;
  const order = orderOf(button.dataset);
  if (order !== null) void carryOut(order);
  if (button.dataset.signIn !== undefined)
    void signIn('The operator token lets you order, the other one lets you read.');
  if (button.id === 'sign-out') {
    keepToken(null);
    snapshot = null;
    stream.start(null);
  }
});

function pointTo(share: number | null): void {
  if (share === cursor) return;
  cursor = share;
  draw();
}

document.addEventListener('pointermove', ({ target, clientX }) => {
  const plot = target instanceof Element ? target.closest('[data-plot]') : null;
  const box = plot?.getBoundingClientRect();
  pointTo(box === undefined ? null : (clientX - box.left) / box.width);
});
document.addEventListener('pointerleave', () => pointTo(null));

wireDialogs();
draw();
stream.start(keptToken());
