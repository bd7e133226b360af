/**
 * Every `begin` on a server has exactly one `end`, whatever happens to the request: after each of
 * these lives and deaths of a request nothing is in flight, nothing is open, and every request was
 * counted once.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpLimits, UpstreamConfig } from '../../src/config/proxy-config.ts';
import { proxyConfig, startPlane, type TestPlane, upstreamConfig } from '../data-plane.fixture.ts';
import { fullQueue } from '../health/full-queue.fixture.ts';
import { closedPort } from '../health/origin.fixture.ts';
import { RawOrigin, type RawPeer, rawClient } from '../raw-peers.fixture.ts';
import { settledHttp } from '../upstream/settled.fixture.ts';

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const UPGRADE =
  'GET /chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Key: k\r\n\r\n';
const SWITCHED =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n';
/** More than the kernel's buffers and our backlog together take. */
const FLOOD_BYTES = 32 * 1024 * 1024;

let origin: RawOrigin;
let proxy: TestPlane;
let ports: readonly number[];

function begin(
  upstream: Partial<UpstreamConfig> = {},
  limits: Partial<HttpLimits> = {},
  otherPorts: readonly number[] = [],
): void {
  ports = [...otherPorts, origin.port];
  proxy = startPlane(proxyConfig(upstreamConfig(ports, upstream), { limits }));
}

/** A client whose request has arrived at the origin. */
async function arrived(request = GET): Promise<{ client: RawPeer; server: RawPeer }> {
  const client = await rawClient(proxy.port);
  client.send(request);
  const server = await origin.connection();
  await server.has('\r\n\r\n');
  expect(proxy.server(origin.port).inFlight).toBe(1);
  return { client, server };
}

function settled(): Promise<void> {
  return settledHttp(proxy, ports);
}

beforeEach(async () => {
  origin = await RawOrigin.listen();
});

afterEach(async () => {
  await proxy.close();
  origin.close();
});

describe('requests that end well', () => {
  beforeEach(() => begin());

  it('one after the other on kept connections', async () => {
    const { client, server } = await arrived();
    for (let round = 0; round < 5; round++) {
      server.send(OK);
      await client.has('ok');
      expect(proxy.server(origin.port).inFlight).toBe(0);
      client.take();
      server.take();
      client.send(GET);
      await server.has('\r\n\r\n');
      expect(proxy.server(origin.port).inFlight).toBe(1);
    }
    server.send(OK);
    await client.has('ok');
    client.socket.end();
    await settled();
  });

  it('after the client has half-closed', async () => {
    const { client, server } = await arrived();
    client.socket.end();
    server.send(OK);
    expect(await client.end()).toContain('ok');
    await settled();
  });

  it('before the request body is complete', async () => {
    const post = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\npart';
    const { client, server } = await arrived(post);
    server.send(OK);
    expect(await client.end()).toContain('ok');
    client.socket.destroy();
    await settled();
  });

  it('of unknown length, by the origin closing', async () => {
    const { client, server } = await arrived();
    server.send('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nsome');
    server.socket.end();
    await client.has('0\r\n\r\n');
    client.socket.end();
    await settled();
  });
});

describe('clients that go away', () => {
  it('while the server is being connected to', async () => {
    const full = await fullQueue();
    begin({ servers: upstreamConfig([full.port]).servers, connectTimeoutMs: 60_000 });
    ports = [full.port];
    const client = await rawClient(proxy.port);
    client.send(GET);
    await expect.poll(() => proxy.server(full.port).inFlight).toBe(1);
    client.socket.resetAndDestroy();
    await settled();
    await full.close();
  });

  it.each([
    ['reset', (client: RawPeer) => client.socket.resetAndDestroy()],
    ['closed', (client: RawPeer) => client.socket.destroy()],
  ])('%s before the response', async (_, go) => {
    begin({ responseTimeoutMs: 200 });
    const { client, server } = await arrived();
    go(client);
    // A closed socket looks like a half-closed one until we send something.
    await settled();
    await server.closed();
  });

  it('in the middle of the response', async () => {
    begin();
    const { client, server } = await arrived();
    server.send('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\npart');
    await client.has('part');
    client.socket.resetAndDestroy();
    await settled();
    await server.closed();
  });

  it.each([
    ['reset', (client: RawPeer) => client.socket.resetAndDestroy()],
    ['ended', (client: RawPeer) => client.socket.end()],
  ])('%s in the middle of the request', async (_, go) => {
    begin();
    const { client, server } = await arrived(
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\npart',
    );
    go(client);
    await settled();
    await server.closed();
  });

  it('with requests that wait for their turn', async () => {
    begin();
    const { client, server } = await arrived(GET + GET + GET);
    client.socket.resetAndDestroy();
    server.send(OK);
    await settled();
  });

  it('or only stop reading', async () => {
    begin({}, { idleTimeoutMs: 200 });
    const { client, server } = await arrived();
    client.socket.pause();
    server.send(`HTTP/1.1 200 OK\r\nContent-Length: ${FLOOD_BYTES}\r\n\r\n`);
    server.socket.write(Buffer.alloc(FLOOD_BYTES));
    await settled();
    await server.closed();
    client.socket.destroy();
  });

  it('or only stop sending', async () => {
    begin({}, { idleTimeoutMs: 200 });
    const post = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\npart';
    const { client, server } = await arrived(post);
    expect(await client.end()).toMatch(/^HTTP\/1.1 408 /);
    client.socket.end();
    await settled();
    await server.closed();
  });
});

describe('requests that break the rules', () => {
  it.each([
    ['a malformed chunk', 'zz\r\n', /^HTTP\/1.1 400 /],
    ['a body beyond the limit', '20\r\n01234567890123456789012345678901\r\n', /^HTTP\/1.1 413 /],
  ])('with %s in the middle', async (_, chunk, answer) => {
    begin({}, { bodyBytesMax: 16 });
    const head = 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';
    const { client, server } = await arrived(`${head}4\r\npart\r\n`);
    client.send(chunk);
    expect(await client.end()).toMatch(answer);
    client.socket.end();
    await settled();
    await server.closed();
  });
});

describe('servers that fail', () => {
  it.each([
    ['reset at once', (server: RawPeer) => server.socket.resetAndDestroy()],
    ['close at once', (server: RawPeer) => server.socket.destroy()],
    ['answer with something else', (server: RawPeer) => server.send('SSH-2.0-OpenSSH\r\n\r\n')],
    ['close in the middle of the head', (server: RawPeer) => server.socket.end('HTTP/1.1 20')],
    ['switch protocols unasked', (server: RawPeer) => server.send(SWITCHED)],
  ])('%s', async (_, fail) => {
    begin();
    const { client, server } = await arrived();
    fail(server);
    expect(await client.end()).toMatch(/^HTTP\/1.1 502 /);
    client.socket.end();
    await settled();
    expect(proxy.listener().responses5xx).toBe(1);
  });

  it.each([
    ['close', (server: RawPeer) => server.socket.end()],
    ['reset', (server: RawPeer) => server.socket.resetAndDestroy()],
    ['break the framing', (server: RawPeer) => server.send('zz\r\n')],
  ])('%s in the middle of the body', async (_, fail) => {
    begin();
    const { client, server } = await arrived();
    server.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n');
    await client.has('part');
    fail(server);
    expect(await client.closed()).toBe('ECONNRESET');
    await settled();
  });

  it('keep silent', async () => {
    begin({ responseTimeoutMs: 100 });
    const { client } = await arrived();
    expect(await client.end()).toMatch(/^HTTP\/1.1 504 /);
    client.socket.end();
    await settled();
    expect(proxy.server(origin.port).responseTimeouts).toBe(1);
  });

  it('fall silent in the middle of the body', async () => {
    begin({ idleTimeoutMs: 100 });
    const { client, server } = await arrived();
    server.send('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart');
    expect(await client.closed()).toBe('ECONNRESET');
    await settled();
    expect(proxy.server(origin.port).idleTimeouts).toBe(1);
  });

  it('take no more of the request', async () => {
    begin({ idleTimeoutMs: 200, responseTimeoutMs: 200 });
    const client = await rawClient(proxy.port);
    client.send(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${FLOOD_BYTES}\r\n\r\n`);
    const server = await origin.connection();
    server.socket.pause();
    client.socket.write(Buffer.alloc(FLOOD_BYTES));
    await client.has('HTTP/1.1 504 ');
    client.socket.destroy();
    await settled();
    server.socket.destroy();
  });

  it('close the kept connection under the next request: it goes out once more', async () => {
    begin();
    const { client, server } = await arrived();
    server.send(OK);
    await client.has('ok');
    client.send(GET);
    server.socket.resetAndDestroy();
    const again = await origin.connection();
    await again.has('\r\n\r\n');
    expect(proxy.server(origin.port).inFlight).toBe(1);
    again.send(OK);
    await client.until((received) => received.split('ok').length === 3);
    client.socket.end();
    await settled();
  });

  it('refuse connections: another one serves, and none holds the request', async () => {
    const refusing = [await closedPort(), await closedPort()];
    begin({}, {}, refusing);
    const { client, server } = await arrived();
    for (const port of refusing) expect(proxy.server(port).inFlight).toBe(0);
    server.send(OK);
    await client.has('ok');
    client.socket.end();
    await settled();
    for (const port of refusing) {
      expect(proxy.server(port)).toMatchObject({ requests: 1, connectFailures: 1 });
    }
  });

  it('all refuse connections', async () => {
    const refusing = [await closedPort(), await closedPort()];
    begin({ servers: upstreamConfig(refusing).servers });
    ports = refusing;
    const client = await rawClient(proxy.port);
    client.send(GET);
    expect(await client.end()).toMatch(/^HTTP\/1.1 502 /);
    client.socket.end();
    await settled();
  });

  it('do not accept in time', async () => {
    const full = await fullQueue();
    begin({ servers: upstreamConfig([full.port]).servers, connectTimeoutMs: 100 });
    ports = [full.port];
    const client = await rawClient(proxy.port);
    client.send(GET);
    expect(await client.end()).toMatch(/^HTTP\/1.1 504 /);
    client.socket.end();
    await settled();
    expect(proxy.server(full.port).connectTimeouts).toBe(1);
    await full.close();
  });
});

describe('tunnels', () => {
  async function tunnel(upstream: Partial<UpstreamConfig> = {}) {
    begin(upstream);
    const { client, server } = await arrived(UPGRADE);
    server.send(`${SWITCHED}hello`);
    await client.has('hello');
    expect(proxy.server(origin.port).inFlight).toBe(1);
    return { client, server };
  }

  it.each([
    ['the client resets', (client: RawPeer) => client.socket.resetAndDestroy()],
    ['the server resets', (_: RawPeer, server: RawPeer) => server.socket.resetAndDestroy()],
    [
      'both end',
      (client: RawPeer, server: RawPeer) => {
        client.socket.end();
        server.socket.end();
      },
    ],
  ])('end when %s', async (_, finish) => {
    const { client, server } = await tunnel();
    finish(client, server);
    await settled();
    expect(proxy.listener().responses1xx).toBe(1);
  });

  it('end when nothing moves', async () => {
    const { client } = await tunnel({ idleTimeoutMs: 100 });
    expect(await client.closed()).toBe('ECONNRESET');
    await settled();
  });

  it('end with the balancer', async () => {
    const { client } = await tunnel();
    expect(await proxy.plane.drain(0)).toBe(1);
    expect(await client.closed()).toBe('ECONNRESET');
    await settled();
  });
});

describe('a balancer that stops', () => {
  it('cuts what is not through, in every phase, and counts it as over', async () => {
    const full = await fullQueue();
    begin({ connectTimeoutMs: 60_000 }, {}, [full.port]);
    const connecting = await rawClient(proxy.port);
    connecting.send(GET);
    const waiting = await arrived();
    const second = await rawClient(proxy.port);
    second.send(GET);
    const third = await rawClient(proxy.port);
    third.send(GET);
    const responding = await origin.connection();
    responding.send('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart');
    await Promise.race([second.has('part'), third.has('part')]);
    expect(await proxy.plane.drain(0)).toBe(4);
    for (const client of [connecting, waiting.client, second, third]) await client.closed();
    await settled();
    await full.close();
  });
});
