/** Long bodies go out of the memory that the kernel has read them into. */
import { createHash } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  proxyConfig,
  startPlane,
  type TestPlane,
  upstreamConfig,
} from '../../data-plane.fixture.ts';
import { RawOrigin, rawClient } from '../../raw-peers.fixture.ts';
import { uringRefusal } from './detect.ts';
import { UringEngine } from './uring-engine.ts';

const refusal = uringRefusal();
const unless = refusal === null ? '' : `, not here: ${refusal}`;
const BODY = Buffer.alloc(8 << 20, 'a long body, ');
/** A read that ends within the framing of a chunk may leave a short rest, which is copied. */
const LENT_LEAST = 0.9 * BODY.length;
const COPIED_MOST = 64 * 1024;

let engine: UringEngine;
let plane: TestPlane;
let origin: http.Server;

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Everything was sent from where it had been read, and nothing is in use any more but what collects small writes. */
async function expectLent(): Promise<void> {
  expect(engine.pieces.lentBytes).toBeGreaterThan(LENT_LEAST);
  expect(engine.pieces.copiedBytes).toBeLessThan(COPIED_MOST);
  await vi.waitFor(() => {
    expect(engine.arena.inUse).toBeLessThanOrEqual(2);
  });
}

function begin(port: number, protocol: 'http' | 'tcp'): void {
  engine = new UringEngine({ checked: true });
  plane = startPlane(proxyConfig(upstreamConfig([port]), { protocol }), engine);
}

function ask(method: string, headers: http.OutgoingHttpHeaders): http.ClientRequest {
  return http.request({ port: plane.port, host: '127.0.0.1', method, headers, agent: false });
}

async function answer(request: http.ClientRequest): Promise<Buffer> {
  const response = await new Promise<http.IncomingMessage>((resolve, reject) =>
    request.on('response', resolve).on('error', reject),
  );
  return buffer(response);
}

describe.skipIf(refusal !== null)(`without a copy${unless}`, () => {
  beforeEach(async () => {
    origin = http.createServer(async (request, response) => {
      if (request.method === 'GET') {
        if (request.url === '/sized') response.setHeader('content-length', BODY.length);
        response.end(BODY);
      } else {
        response.end(digest(await buffer(request)));
      }
    });
    origin.on('upgrade', (_, socket: Duplex) => {
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
      );
      socket.pipe(socket);
    });
    await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
    begin((origin.address() as AddressInfo).port, 'http');
  });

  afterEach(async () => {
    await plane.close();
    origin.closeAllConnections();
    origin.close();
  });

  it.each(['/sized', '/chunked'])('goes an answer that is %s', async (path) => {
    const request = ask('GET', {});
    request.path = path;
    request.end();
    expect(digest(await answer(request))).toBe(digest(BODY));
    await expectLent();
  });

  it.each([{ 'content-length': BODY.length }, { 'transfer-encoding': 'chunked' }])(
    'goes the body of a request with %o',
    async (headers) => {
      const request = ask('POST', headers);
      request.end(BODY);
      expect((await answer(request)).toString()).toBe(digest(BODY));
      await expectLent();
    },
  );

  it('goes what follows an upgrade, both ways', async () => {
    const request = ask('GET', { connection: 'upgrade', upgrade: 'websocket' }).end();
    const socket = await new Promise<Duplex>((resolve) =>
      request.on('upgrade', (_, upgraded: Duplex) => resolve(upgraded)),
    );
    socket.end(BODY);
    expect(digest(await buffer(socket))).toBe(digest(BODY));
    expect(engine.pieces.lentBytes).toBeGreaterThan(1.9 * BODY.length);
    await expectLent();
  });

  it('goes what a TCP session brings, both ways', async () => {
    await plane.close();
    const server = await RawOrigin.listen();
    begin(server.port, 'tcp');
    const client = await rawClient(plane.port);
    const peer = await server.connection();
    client.socket.end(BODY);
    peer.socket.end(BODY);
    const received = await Promise.all([client.end(), peer.end()]);
    for (const text of received) expect(digest(Buffer.from(text, 'latin1'))).toBe(digest(BODY));
    expect(engine.pieces.lentBytes).toBeGreaterThan(1.9 * BODY.length);
    await expectLent();
    server.close();
  });
});
