/** What can be ordered on the page: the question before it, the request, and what came of it. Pure. */
import type { RouterPart, ServerRow, Snapshot } from '../snapshot.ts';

/** As buttons carry it in `data-` attributes. */
export type Order =
  | { readonly type: 'drain' | 'undrain'; readonly upstream: string; readonly server: string }
  | { readonly type: 'handover'; readonly router: string }
  | { readonly type: 'hold' | 'release' };

/** What is asked before it is sent. */
export interface Question {
  readonly title: string;
  /** What it does, a sentence each. */
  readonly lines: readonly string[];
  /** What it costs, a sentence each. */
  readonly warnings: readonly string[];
  /** The button that sends it. */
  readonly confirm: string;
}

/** Null: what it is about is not there any more. */
export function questionOf(order: Order, snapshot: Snapshot): Question | null {
  if (order.type === 'drain' || order.type === 'undrain') {
    const upstream = snapshot.balancer?.upstreams.find(({ name }) => name === order.upstream);
    const server = upstream?.servers.find((one) => one.server === order.server);
    if (server === undefined) return null;
    return order.type === 'drain'
      ? drainQuestion(server, peerOf(snapshot))
      : undrainQuestion(server);
  }
  const { agent } = snapshot;
  if (agent === null || agent === 'silent') return null;
  if (order.type === 'handover') {
    const router = agent.routers.find(({ name }) => name === order.router);
    return router === undefined ? null : handoverQuestion(router, agent.node, snapshot);
  }
  const peer = agent.peer?.name ?? 'the other host';
  if (order.type === 'hold') {
    return {
      title: 'Hold the addresses where they are',
      lines: [
        `No host takes addresses from one that is well, on ${agent.node} and on ${peer}, until the hold is released.`,
        'A host that fails is replaced all the same.',
      ],
      warnings: [],
      confirm: 'Hold',
    };
  }
  const back = agent.routers.filter(({ yielded }) => yielded).map(({ name }) => name);
  return {
    title: 'Let addresses move again',
    lines: [
      'The better host takes the addresses back when it may.',
      ...(back.length === 0 ? [] : [`${agent.node} may take back: ${back.join(', ')}.`]),
    ],
    warnings: [],
    confirm: 'Release',
  };
}

/** Name of the other host; null: there is none that the agents know. */
function peerOf({ agent }: Snapshot): string | null {
  return agent === null || agent === 'silent' ? null : (agent.peer?.name ?? null);
}

function drainQuestion(
  { server, upstream, inFlight, others }: ServerRow,
  peer: string | null,
): Question {
  const left =
    inFlight === 0
      ? 'It has no request or session now.'
      : inFlight === 1
        ? '1 request or session in flight is finished.'
        : `${inFlight} requests and sessions in flight are finished.`;
  const rest =
    others === 1 ? `1 other server of ${upstream} takes` : `${others} others of ${upstream} take`;
  return {
    title: `Drain ${server}`,
    lines: [
      `${server} of upstream ${upstream} gets no new work on this host. ${left}`,
      ...(peer === null ? [] : [`${peer} has a list of its own: drain it there, too.`]),
      ...(others === 0 ? [] : [`${rest} its work.`]),
    ],
    warnings:
      others === 0
        ? [
            `No server of ${upstream} is left for new work: HTTP clients get 503, others are refused.`,
          ]
        : [],
    confirm: 'Drain',
  };
}

function undrainQuestion({ server, upstream }: ServerRow): Question {
  return {
    title: `Use ${server} again`,
    lines: [`${server} of upstream ${upstream} gets new work again on this host.`],
    warnings: [],
    confirm: 'Undrain',
  };
}

function handoverQuestion(router: RouterPart, node: string, { balancer }: Snapshot): Question {
  const to = router.successor ?? 'the other host';
  const open = balancer?.open ?? 0;
  const connections = open === 1 ? '1 connection' : `${open} connections`;
  return {
    title: `Hand ${router.name} over to ${to}`,
    lines: [
      `${to} becomes Active for ${router.addresses.join(', ')}. New connections go there.`,
      `${node} has ${connections} open now. They go on here until they end, or until drain_timeout.`,
      `${router.name} stays with ${to} while that one is well, until it hands over or you release it here.`,
    ],
    warnings: router.limits,
    confirm: 'Hand over',
  };
}

/** `METHOD /path?query` without the method, which is POST. */
export function pathOfOrder(order: Order): string {
  switch (order.type) {
    case 'drain':
    case 'undrain': {
      const { server, upstream, type } = order;
      const drain = type === 'drain' ? '1' : '0';
      return `/servers?${new URLSearchParams({ server, upstream, drain })}`;
    }
    case 'handover':
      return `/handover?${new URLSearchParams({ routers: order.router })}`;
    default:
      return `/hold?on=${order.type === 'hold' ? '1' : '0'}`;
  }
}

/** What was answered. */
export interface Outcome {
  readonly done: boolean;
  readonly text: string;
}

interface Answer {
  readonly error?: string;
  readonly unkept?: string | null;
  readonly results?: readonly {
    readonly routers: readonly string[];
    readonly outcome: string;
    readonly reason: string | null;
    readonly to: string | null;
  }[];
}

/** `body`: what came with the status; anything but JSON is shown as it is. */
export function outcomeOf(order: Order, status: number, body: string): Outcome {
  const answer = parsed(body);
  if (status !== 200 || answer === null) {
    const why = answer?.error ?? body.trim();
    return { done: false, text: `Refused (${status}): ${why || 'no reason was given'}` };
  }
  const refused = answer.results?.find(({ outcome }) => outcome !== 'given');
  if (refused !== undefined) {
    const why = refused.reason ?? 'this host is not Active';
    return { done: false, text: `${refused.routers.join(', ')}: not given: ${why}` };
  }
  const kept = answer.unkept == null ? '' : ` It is not kept over a restart: ${answer.unkept}`;
  return { done: true, text: `${doneText(order, answer)}${kept}` };
}

function doneText(order: Order, { results = [] }: Answer): string {
  switch (order.type) {
    case 'drain':
      return `${order.server} of ${order.upstream} gets no new work.`;
    case 'undrain':
      return `${order.server} of ${order.upstream} gets new work again.`;
    case 'handover': {
      const given = results.flatMap(({ routers }) => routers).join(', ');
      return `${given}: given to ${results[0]?.to ?? 'the other host'}. Its connections go on here.`;
    }
    case 'hold':
      return 'The addresses stay where they are.';
    case 'release':
      return 'The addresses may move again.';
  }
}

function parsed(body: string): Answer | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Answer) : null;
  } catch {
    return null;
  }
}

/** Of a button's `data-` attributes; null: it is none of an order. */
export function orderOf(data: Readonly<Record<string, string | undefined>>): Order | null {
  const { order, upstream, server, router } = data;
  if (order === 'drain' || order === 'undrain') {
    return upstream && server ? { type: order, upstream, server } : null;
  }
  if (order === 'handover') return router ? { type: order, router } : null;
  return order === 'hold' || order === 'release' ? { type: order } : null;
}
