import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Logger } from '../log/logger.ts';
import { http } from '../os/node-http.ts';

/** Open connections to one control or admin listener. */
const CONNECTIONS_MAX = 64;
/** A whole request must have arrived by then. */
const REQUEST_TIMEOUT_MS = 5_000;
/** Connections that are past it are looked for so often. */
const LOOK_EVERY_MS = 1_000;

export interface Reply {
  readonly status: number;
  readonly type:
    | 'application/json'
    | 'image/svg+xml'
    | `text/${'css' | 'html' | 'javascript' | 'plain'}; charset=utf-8`;
  readonly body: string;
  /** Further header fields. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** `GET /path` to what answers it. */
export type Routes = Readonly<Record<string, (request: IncomingMessage) => Reply | Promise<Reply>>>;

/** `POST /path?query` to what carries it out. */
export type Orders = Readonly<
  Record<string, (query: URLSearchParams, request: IncomingMessage) => Reply | Promise<Reply>>
>;

/** `GET /path` to what answers in its own time; null: it has taken the response over. */
export type Streams = Readonly<
  Record<string, (request: IncomingMessage, response: ServerResponse) => Reply | null>
>;

/** A JSON reply, indented because the reader is as often a person with curl as a program. */
export function json(value: unknown, status = 200): Reply {
  return { status, type: 'application/json', body: `${JSON.stringify(value, null, 2)}\n` };
}

/** A plain text reply. */
export function text(body: string, status = 200): Reply {
  return { status, type: 'text/plain; charset=utf-8', body };
}

/** What else a control server does. */
export interface ControlOptions {
  /** May answer a request, or refuse it, before any handler sees it. */
  readonly admit?: (request: IncomingMessage) => Reply | Promise<Reply> | null;
  readonly orders?: Orders;
  readonly streams?: Streams;
  /** HTTPS instead of HTTP; certificates are given to the server later. */
  readonly tls?: boolean;
}

/**
 * The HTTP server behind the control sockets and the admin listener: GET and HEAD on a fixed table
 * of paths, POST on that of `orders`; `streams` are for GET alone.
 */
export function createControlServer(
  routes: Routes,
  log: Logger,
  { admit = () => null, orders = {}, streams = {}, tls = false }: ControlOptions = {},
): Server {
  const bounds = {
    requestTimeout: REQUEST_TIMEOUT_MS,
    headersTimeout: REQUEST_TIMEOUT_MS,
    handshakeTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: LOOK_EVERY_MS,
  };
  const reply = async (request: IncomingMessage, response: ServerResponse) => {
    const refusal = await admit(request);
    if (refusal !== null) return refusal;
    const [path = '/'] = (request.url ?? '/').split('?');
    const isStream = request.method === 'GET' && Object.hasOwn(streams, path);
    return isStream ? streams[path]!(request, response) : answer(routes, orders, request);
  };
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    request.resume();
    reply(request, response)
      .catch((error: Error) => {
        log.error({ url: request.url, error: error.message }, 'control request failed');
        return text(`${error.message}\n`, 500);
      })
      .then((answered) => {
        if (answered === null) return;
        const { status, type, body, headers } = answered;
        response.writeHead(status, {
          ...headers,
          'content-type': type,
          'content-length': Buffer.byteLength(body),
          'cache-control': 'no-store',
        });
        response.end(request.method === 'HEAD' ? undefined : body);
      });
  };
  // Few hosts have an admin listener off loopback: node:https is loaded by those alone.
  const server = tls
    ? process.getBuiltinModule('node:https').createServer(bounds, listener)
    : http.createServer(bounds, listener);
  server.maxConnections = CONNECTIONS_MAX;
  return server;
}

async function answer(routes: Routes, orders: Orders, request: IncomingMessage): Promise<Reply> {
  const [path = '/', query = ''] = (request.url ?? '/').split('?');
  if (request.method === 'POST' && Object.hasOwn(orders, path)) {
    return orders[path]!(new URLSearchParams(query), request);
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return text('only GET and HEAD are served here\n', 405);
  }
  const handler = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (handler === undefined) {
    return text(`nothing at ${path}; there is: ${Object.keys(routes).join(' ')}\n`, 404);
  }
  return handler(request);
}
