import type { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { proxyConfig, startPlane, upstreamConfig } from '../data-plane.fixture.ts';
import { RawOrigin, type RawPeer, rawClient } from '../raw-peers.fixture.ts';
import { settledHttp } from '../upstream/settled.fixture.ts';

const LIVES = 150;
const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

it('nothing is left in flight after many at once, of every kind', async () => {
  const origin = await RawOrigin.listen();
  const timeouts = { responseTimeoutMs: 300, idleTimeoutMs: 300 };
  const proxy = startPlane(
    proxyConfig(upstreamConfig([origin.port], { ...timeouts, keepAliveMax: 4 }), {
      connectionsMax: LIVES,
    }),
  );
  const part = 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart';
  const serverFates: ((socket: Socket) => unknown)[] = [
    (socket) => socket.write(OK),
    (socket) => socket.resetAndDestroy(),
    (socket) => socket.write('nonsense\r\n\r\n'),
    (socket) => socket.end(part),
    (socket) => socket.write(part),
    () => undefined,
    (socket) => socket.write(OK),
  ];
  const clientFates: ((client: RawPeer) => unknown)[] = [
    (client) => client.closed(),
    (client) => client.socket.resetAndDestroy(),
    (client) => client.socket.once('data', () => client.socket.resetAndDestroy()),
    (client) => client.socket.end(),
  ];
  let asked = 0;
  origin.server.on('connection', (socket) => {
    socket.on('data', () => serverFates[asked++ % serverFates.length]!(socket));
  });
  const lives = Array.from({ length: LIVES }, async (_, index) => {
    const client = await rawClient(proxy.port);
    client.socket.on('end', () => client.socket.end());
    client.send(REQUEST);
    clientFates[index % clientFates.length]!(client);
    await client.closed();
  });
  await Promise.all(lives);
  await settledHttp(proxy, [origin.port]);
  expect(asked).toBeGreaterThan(LIVES / 2);
  await proxy.close();
  origin.close();
});
