/**
 * What an operator orders on the admin listener, with the operator's token: what the control sockets of
 * both halves take, on the same paths and in the same words. Every order is in the log with its sender.
 */
import type { IncomingMessage } from 'node:http';
import { json, type Orders, type Reply } from '../control/server.ts';
import type { Logger } from '../log/logger.ts';
import { type TokenDesk, tokenNeeded } from './admit.ts';

/** Orders are taken up to so many in so long, from all together: a person, not a loop. */
const ORDERS_MAX = 30;
const ORDERS_WINDOW_MS = 10_000;
/** Of an order in the log, characters. */
const LOGGED_MAX = 200;

/** Who carries orders out. */
export interface OrderTakers {
  /** The balancer's. */
  servers(query: URLSearchParams): Reply;
  /** The agent's; null: the config has none. Rejects when it does not answer. */
  readonly agent: ((path: string, query: URLSearchParams) => Promise<Reply>) | null;
}

/** What orders are taken with. */
export interface AdminOrdersOptions {
  readonly tokens: () => TokenDesk;
  readonly takers: OrderTakers;
  readonly log: Logger;
  /** Hears of those who may not. */
  onRefused(request: IncomingMessage): void;
  /** Milliseconds. */
  readonly now?: () => number;
}

const NO_AGENT = 'the file has no virtual routers: there is nothing to hand over';
const SILENT = 'the agent does not answer: whether it has taken the order is not known';

/** For the admin listener. */
export function adminOrders(options: AdminOrdersOptions): Orders {
  const { takers, log } = options;
  const pace = new OrderPace(options.now ?? performance.now.bind(performance));
  const taken =
    (path: string, carryOut: (query: URLSearchParams) => Reply | Promise<Reply>) =>
    async (query: URLSearchParams, request: IncomingMessage): Promise<Reply> => {
      const refusal = refusalOf(request, options) ?? pace.refusal();
      if (refusal !== null) return refusal;
      const from = request.socket.remoteAddress ?? 'somebody';
      const order = `${path}?${query}`.slice(0, LOGGED_MAX);
      const reply = await carryOut(query);
      const outcome = reply.status === 200 ? 'done' : `refused with ${reply.status}`;
      log.info({ from, order, status: reply.status }, `admin: ${from} orders ${order}: ${outcome}`);
      return reply;
    };
  const ofAgent = (path: string) =>
    taken(path, async (query) => {
      if (takers.agent === null) return json({ error: NO_AGENT }, 404);
      return takers.agent(path, query).catch(() => json({ error: SILENT }, 503));
    });
  return {
    '/servers': taken('/servers', takers.servers),
    '/handover': ofAgent('/handover'),
    '/hold': ofAgent('/hold'),
  };
}

/**
 * Why this sender may not order; null: it may. The token is in a header that no form and no page of
 * another origin can send unasked; what a browser says of the page is judged all the same.
 */
function refusalOf(
  request: IncomingMessage,
  { tokens, onRefused }: AdminOrdersOptions,
): Reply | null {
  const { headers } = request;
  const desk = tokens();
  if (!desk.takesOrders) {
    const way = 'set admin.operator_token, or use the command line (tandem drain, handover, hold)';
    return json({ error: `orders are not taken here: ${way}` }, 403);
  }
  const right = desk.rightOf(request);
  if (right !== 'order') {
    onRefused(request);
    if (right !== 'read') return tokenNeeded(right);
    return json({ error: 'this token may read; orders need that of admin.operator_token' }, 403);
  }
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') {
    return json({ error: 'orders from pages of other sites are refused' }, 403);
  }
  const length = headers['content-length'] ?? '0';
  if (length !== '0' || headers['transfer-encoding'] !== undefined) {
    const error = 'an order has no body: what it says is in the query';
    return { ...json({ error }, 413), headers: { connection: 'close' } };
  }
  return null;
}

/** Counts orders in windows that follow each other. */
class OrderPace {
  readonly #now: () => number;
  #windowEnds = 0;
  #left = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Counts one more; null while they are not too many. */
  refusal(): Reply | null {
    const now = this.#now();
    if (now >= this.#windowEnds) {
      this.#windowEnds = now + ORDERS_WINDOW_MS;
      this.#left = ORDERS_MAX;
    }
    if (this.#left > 0) {
      this.#left--;
      return null;
    }
    const error = `more than ${ORDERS_MAX} orders in ${ORDERS_WINDOW_MS / 1000} s: try again`;
    return { ...json({ error }, 429), headers: { 'retry-after': '10' } };
  }
}
