/**
 * The servers of the examples: `node origin.ts ADDRESS:PORT...` is one on each address. What it answers
 * is told by the path (docs/EXAMPLES.md lists it). Says `listening` when all do.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isIPv6, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { answerWebSocket } from './websocket.ts';

const BYTES_MAX = 64 * 1024 ** 2;
const DELAY_MS_MAX = 10_000;
const EVENTS = 3;
const EVENT_MS = 50;
const ETAG = '"v1"';
const STATIC = /\.(css|gif|html|ico|js|png|svg|txt)$/;

type Answer = (
  request: IncomingMessage,
  response: ServerResponse,
  place: { readonly name: string; readonly path: string; readonly rest: string },
) => void;

/** By the first segment of the path. */
const ANSWERS: Readonly<Record<string, Answer>> = {
  status: (_request, response, { rest, name }) => {
    response.statusCode = Number(rest);
    response.end(`${rest} by ${name}\n`);
  },
  slow: (_request, response, { rest, name }) => {
    setTimeout(
      () => response.end(`slow answer of ${name}\n`),
      Math.min(Number(rest), DELAY_MS_MAX),
    );
  },
  bytes: sendBytes,
  headers: (request, response) => {
    const lines: string[] = [`${request.method} ${request.url}`];
    const raw = request.rawHeaders;
    for (let at = 0; at < raw.length; at += 2) lines.push(`${raw[at]}: ${raw[at + 1]}`);
    response.end(`${lines.join('\n')}\n`);
  },
  events: (_request, response) => {
    response.setHeader('Content-Type', 'text/event-stream');
    response.setHeader('Cache-Control', 'no-cache');
    sendEvent(response, 1);
  },
  api: (request, response, { name, path }) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(`${JSON.stringify({ server: name, method: request.method, path })}\n`);
  },
};

function sendEvent(response: ServerResponse, number: number): void {
  if (response.destroyed) return;
  response.write(`data: event ${number}\n\n`);
  if (number === EVENTS) response.end();
  else setTimeout(() => sendEvent(response, number + 1), EVENT_MS);
}

/** `/bytes/N`: N bytes, or a range of them. */
function sendBytes(
  request: IncomingMessage,
  response: ServerResponse,
  { rest }: { readonly rest: string },
): void {
  const size = Math.min(Number(rest), BYTES_MAX);
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  const start = Math.min(Number(from ?? 0), size);
  const end = to ? Math.min(Number(to) + 1, size) : size;
  response.setHeader('Accept-Ranges', 'bytes');
  response.setHeader('Content-Type', 'application/octet-stream');
  if (from !== undefined) {
    response.statusCode = 206;
    response.setHeader('Content-Range', `bytes ${start}-${end - 1}/${size}`);
  }
  response.setHeader('Content-Length', end - start);
  response.end(Buffer.alloc(end - start, 'tandem '));
}

async function answer(name: string, request: IncomingMessage, response: ServerResponse) {
  const url = request.url ?? '/';
  const path = url.split('?')[0]!;
  const [, first = '', ...rest] = path.split('/');
  let received = 0;
  for await (const chunk of request) received += (chunk as Buffer).length;
  response.setHeader('Content-Type', 'text/plain');
  response.setHeader('X-Served-By', name);
  if (request.method === 'PUT' || (request.method === 'POST' && first !== 'api')) {
    response.end(`received ${received} bytes at ${name}\n`);
    return;
  }
  const known = Object.hasOwn(ANSWERS, first) ? ANSWERS[first] : undefined;
  if (known !== undefined) {
    known(request, response, { name, path: url, rest: rest.join('/') });
    return;
  }
  if (STATIC.test(path)) {
    response.setHeader('Cache-Control', 'public, max-age=60');
    response.setHeader('ETag', ETAG);
    if (request.headers['if-none-match'] === ETAG) {
      response.writeHead(304).end();
      return;
    }
  }
  response.end(`${name} ${request.method} ${url}\n`);
}

/** `address:port`, IPv6 in brackets. */
function serve(name: string): Promise<unknown> {
  const colon = name.lastIndexOf(':');
  const host = name.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  const server = createServer((request, response) => {
    answer(name, request, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 60_000;
  server.on('upgrade', (request: IncomingMessage, socket: Duplex) =>
    answerWebSocket(name, request, socket as Socket),
  );
  server.listen({ host, port: Number(name.slice(colon + 1)), ipv6Only: isIPv6(host) });
  return once(server, 'listening');
}

await Promise.all(process.argv.slice(2).map(serve));
process.stdout.write('listening\n');
process.on('SIGTERM', () => process.exit(0));
