/** Servers of an upstream change in a running worker: nobody who is being served notices. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { proxyConfig, startPlane, type TestPlane, upstreamConfig } from './data-plane.fixture.ts';
import { RawOrigin, type RawPeer, rawClient } from './raw-peers.fixture.ts';
import { settled } from './upstream/settled.fixture.ts';

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

let before: RawOrigin;
let after: RawOrigin;
let proxy: TestPlane;

beforeEach(async () => {
  before = await RawOrigin.listen();
  after = await RawOrigin.listen();
});

afterEach(async () => {
  await proxy.close();
  before.close();
  after.close();
});

function begin(protocol: 'http' | 'tcp'): void {
  proxy = startPlane(proxyConfig(upstreamConfig([before.port]), { protocol }));
}

/** From now on the upstream has these servers. */
function replaceWith(...origins: RawOrigin[]): void {
  const upstream = upstreamConfig(origins.map(({ port }) => port));
  const slots = proxy.registry.assign([upstream]);
  proxy.plane.replaceServers([{ upstream: 'web', servers: upstream.servers, slots }]);
}

async function asked(origin: RawOrigin, client: RawPeer): Promise<RawPeer> {
  client.send(GET);
  const server = await origin.connection();
  await server.has('\r\n\r\n');
  return server;
}

async function answer(server: RawPeer, client: RawPeer): Promise<void> {
  server.send(OK);
  await client.has('ok');
  client.take();
}

describe('a request at a server that is taken out', () => {
  it('ends as if nothing had happened, and the connection is not used again', async () => {
    begin('http');
    const client = await rawClient(proxy.port);
    const server = await asked(before, client);
    replaceWith(after);
    await answer(server, client);
    await server.end();
    await answer(await asked(after, client), client);
    expect(before.accepted).toBe(1);
    expect(proxy.server(before.port)).toMatchObject({ requests: 1, resets: 0 });
    client.socket.destroy();
    await settled(proxy, [before.port, after.port]);
  });

  it('leaves its slot to nobody until it is over', async () => {
    begin('http');
    const client = await rawClient(proxy.port);
    const server = await asked(before, client);
    replaceWith(after);
    expect([proxy.registry.reclaim(), proxy.registry.reclaim()]).toEqual([1, 1]);
    await answer(server, client);
    await expect.poll(() => proxy.registry.reclaim()).toBe(0);
    client.socket.destroy();
  });
});

it('connections that wait at a server that is taken out are closed', async () => {
  begin('http');
  const client = await rawClient(proxy.port);
  const server = await asked(before, client);
  await answer(server, client);
  replaceWith(after);
  await server.end();
  client.socket.destroy();
});

it('connections that wait at a server that stays are used on', async () => {
  begin('http');
  const client = await rawClient(proxy.port);
  const server = await asked(before, client);
  await answer(server, client);
  server.take();
  replaceWith(before, after);
  replaceWith(before);
  client.send(GET);
  await server.has('\r\n\r\n');
  await answer(server, client);
  expect(before.accepted).toBe(1);
  client.socket.destroy();
});

it('a session over TCP goes on at a server that is taken out; the next one is elsewhere', async () => {
  begin('tcp');
  const old = await rawClient(proxy.port);
  const server = await before.connection();
  old.send('a');
  await server.has('a');
  replaceWith(after);
  server.send('b');
  await old.has('b');
  const fresh = await rawClient(proxy.port);
  await after.connection();
  expect(proxy.server(before.port).inFlight).toBe(1);
  for (const { socket } of [old, fresh]) socket.resetAndDestroy();
  await settled(proxy, [before.port, after.port]);
});

it('a thousand changes leave nothing behind', async () => {
  begin('http');
  const client = await rawClient(proxy.port);
  const serve = (peer: RawPeer) => {
    peer.socket.on('data', () => peer.send(OK));
    peer.socket.on('end', () => peer.socket.end());
  };
  for (const origin of [before, after]) {
    origin.server.on('connection', () => void origin.connection().then(serve));
  }
  for (let change = 0; change < 1000; change++) {
    const to = change % 2 === 0 ? after : before;
    replaceWith(to);
    client.send(GET);
    await client.has('ok');
    client.take();
    expect(proxy.registry.identities().length).toBeLessThanOrEqual(2);
    if (change % 10 === 9) proxy.registry.reclaim();
  }
  const opened = before.accepted + after.accepted;
  expect(opened).toBe(1000);
  const open = (origin: RawOrigin) =>
    new Promise<number>((resolve) => origin.server.getConnections((_, count) => resolve(count)));
  await expect.poll(async () => (await open(before)) + (await open(after))).toBe(1);
  client.socket.destroy();
});
