/**
 * The origin of the handover drills: `node origin.ts NAME HTTP_PORT TCP_PORT`.
 *
 *     GET /              200, the origin's name
 *     GET /bulk/N/PACE   200, N bytes of the known content at PACE bytes a second
 *     PUT /bulk          200, as JSON: bytes, checksum and the long gaps of what came
 *     GET /echo          an upgrade to WebSocket; every message comes back
 *     TCP_PORT           every byte comes back
 *
 * Says `listening` on standard output when it does.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { crc32 } from 'node:zlib';
import { monotonicMs } from '../lab/monotonic.ts';
import { echoMessages } from '../lab/websocket-echo.ts';
import type { UploadAnswer } from './load/bulk-client.ts';
import { contentAt, pieceBytes } from './load/content.ts';
import { limits } from './load/limits.ts';

const BODY_BYTES_MAX = 4 * 1024 ** 3;

const [name = 'origin', httpPort = '80', tcpPort = '7'] = process.argv.slice(2);

const http = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
});
// An origin must not be the one that closes idle connections, or gives a slow upload up.
http.keepAliveTimeout = 120_000;
http.requestTimeout = 0;
http.on('upgrade', (request, socket) => echoMessages(request, socket as Socket));
http.listen({ port: Number(httpPort), host: '::' });

const tcp = createTcpServer((socket) => {
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.pipe(socket);
});
tcp.listen({ port: Number(tcpPort), host: '::' });

await Promise.all([once(http, 'listening'), once(tcp, 'listening')]);
process.stdout.write('listening\n');
process.on('SIGTERM', () => process.exit(0));

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('X-Origin', name);
  const [, kind, bytes = '0', pace = '1'] = (request.url ?? '/').split('/');
  if (kind === 'bulk' && request.method === 'PUT') {
    response.end(JSON.stringify(await swallow(request)));
  } else if (kind === 'bulk') {
    pour(response, Math.min(Number(bytes), BODY_BYTES_MAX), Number(pace));
  } else {
    response.end(name);
  }
}

async function swallow(request: IncomingMessage): Promise<UploadAnswer> {
  let bytes = 0;
  let checksum = 0;
  let lastMs: number | null = null;
  const gaps: [number, number][] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) {
    const now = monotonicMs();
    const gap = lastMs === null ? 0 : now - lastMs;
    if (gap >= limits.uploadGapMinMs && gaps.length < limits.uploadGapsMax) gaps.push([now, gap]);
    lastMs = now;
    bytes += chunk.length;
    checksum = crc32(chunk, checksum);
  }
  return { bytes, checksum, gaps };
}

function pour(response: ServerResponse, bytes: number, pace: number): void {
  const startedMs = monotonicMs();
  let sent = 0;
  response.setHeader('Content-Length', bytes);
  const pourOn = () => {
    const due = Math.min(bytes, ((monotonicMs() - startedMs) * pace) / 1000);
    while (sent < due && !response.writableNeedDrain) {
      const piece = contentAt(sent, Math.min(pieceBytes(pace), bytes - sent));
      response.write(piece);
      sent += piece.length;
    }
    if (sent < bytes || response.writableEnded) return;
    clearInterval(timer);
    response.end();
  };
  const timer = setInterval(pourOn, limits.bulkEveryMs);
  // A piece may be as much as is taken at a time.
  response.on('drain', pourOn);
  response.on('close', () => clearInterval(timer));
}
