/**
 * An origin in plain Node, for labs without root: `node origin.ts NAME HTTP_PORT TCP_PORT`.
 *
 *     GET /            200, the origin's name
 *     GET /health      200
 *     GET /bytes/N     200, N bytes (at most 4 GiB)
 *     GET /slow/MS     200 after MS milliseconds (at most a minute)
 *     POST /count      200, the number of bytes it received
 *     GET /echo        an upgrade to WebSocket; every message comes back with its name in front
 *     TCP_PORT         sends every line back with its name in front, and every datagram of UDP
 *
 * Says `listening HTTP_PORT TCP_PORT` on standard output when it does.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { echoMessages } from './websocket-echo.ts';

const BODY_BYTES_MAX = 4 * 1024 ** 3;
const DELAY_MS_MAX = 60_000;
const CHUNK = Buffer.alloc(64 * 1024, 'tandem ');

const [name = 'origin', httpPort = '80', tcpPort = '7'] = process.argv.slice(2);

const http = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
});
// An origin must not be the one that closes idle connections while a balancer is being measured.
http.keepAliveTimeout = 120_000;
http.on('upgrade', (request, socket) => echoMessages(request, socket as Socket, `${name} `));
http.listen({ port: Number(httpPort), host: '::' });

const tcp = createTcpServer((socket) => {
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  const lines = createInterface({ input: socket });
  // The interface repeats its input's errors; unheard, they would end the process.
  lines.on('error', () => {});
  lines.on('line', (line) => socket.write(`${name} ${line}\n`));
});
tcp.listen({ port: Number(tcpPort), host: '::' });

await Promise.all([once(http, 'listening'), once(tcp, 'listening')]);
const port = (server: Server) => (server.address() as AddressInfo).port;

const udp = createSocket('udp6');
udp.on('message', (message, from) => {
  udp.send(Buffer.concat([Buffer.from(`${name} `), message]), from.port, from.address);
});
udp.bind(port(tcp));
await once(udp, 'listening');
process.stdout.write(`listening ${port(http)} ${port(tcp)}\n`);

process.on('SIGTERM', () => process.exit(0));

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, kind, amount = '0'] = (request.url ?? '/').split('/');
  response.setHeader('X-Origin', name);
  if (request.method === 'POST' && kind === 'count') {
    let bytes = 0;
    for await (const chunk of request) bytes += (chunk as Buffer).length;
    response.end(`${bytes}`);
  } else if (kind === 'bytes') {
    const bytes = Math.min(Number(amount), BODY_BYTES_MAX);
    response.setHeader('Content-Length', bytes);
    await pipeline(Readable.from(chunks(bytes)), response);
  } else if (kind === 'slow') {
    setTimeout(() => response.end(name), Math.min(Number(amount), DELAY_MS_MAX));
  } else {
    response.end(name);
  }
}

function* chunks(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= CHUNK.length) {
    yield left >= CHUNK.length ? CHUNK : CHUNK.subarray(0, left);
  }
}
