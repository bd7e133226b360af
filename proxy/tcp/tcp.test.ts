import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TcpLimits, UpstreamConfig } from '../../src/config/proxy-config.ts';
import {
  proxyConfig,
  startPlane,
  TCP_LIMITS,
  type TestPlane,
  upstreamConfig,
} from '../data-plane.fixture.ts';
import { RawOrigin, type RawPeer, rawClient } from '../raw-peers.fixture.ts';

let origin: RawOrigin;
let proxy: TestPlane;

beforeEach(async () => {
  origin = await RawOrigin.listen();
});

afterEach(async () => {
  await proxy.close();
  origin.close();
});

function start(
  upstream: Partial<UpstreamConfig> = {},
  ports = [origin.port],
  limits: Partial<TcpLimits> = {},
): void {
  const tcp = { limits: { ...TCP_LIMITS, ...limits } };
  proxy = startPlane(proxyConfig(upstreamConfig(ports, upstream), { protocol: 'tcp', tcp }));
}

async function session(): Promise<{ client: RawPeer; server: RawPeer }> {
  const client = await rawClient(proxy.port);
  return { client, server: await origin.connection() };
}

describe('a TCP session', () => {
  it('passes bytes both ways, whoever speaks first', async () => {
    start();
    const { client, server } = await session();
    server.send('220 hello\n');
    await client.has('hello');
    client.send('quit\n');
    await server.has('quit');
    expect(proxy.server(origin.port)).toMatchObject({ requests: 1, inFlight: 1, bytesOut: 5 });
    expect(proxy.listener()).toMatchObject({ open: 1, bytesIn: 5, bytesOut: 10 });
  });

  it('passes what was sent before the server had accepted', async () => {
    start();
    const client = await rawClient(proxy.port);
    client.send('early');
    const server = await origin.connection();
    await server.has('early');
  });

  it.each(['client', 'server'] as const)('half-closed by the %s goes on', async (first) => {
    start();
    const { client, server } = await session();
    const [ending, other] = first === 'client' ? [client, server] : [server, client];
    ending.send('last words');
    ending.socket.end();
    expect(await other.end()).toBe('last words');
    other.send('and an answer');
    await ending.has('answer');
    other.socket.end();
    expect(await ending.end()).toBe('and an answer');
    await vi.waitFor(() => expect(proxy.listener()).toMatchObject({ open: 0, closed: 1 }));
    expect(proxy.server(origin.port)).toMatchObject({ inFlight: 0, resets: 0 });
  });

  it.each(['client', 'server'] as const)(
    'reset by the %s is reset on both sides',
    async (first) => {
      start();
      const { client, server } = await session();
      server.send('hello');
      await client.has('hello');
      const [resetting, other] = first === 'client' ? [client, server] : [server, client];
      resetting.socket.resetAndDestroy();
      expect(await other.closed()).toBe('ECONNRESET');
      const resets = first === 'server' ? 1 : 0;
      expect(proxy.server(origin.port)).toMatchObject({ inFlight: 0, resets });
      expect(proxy.listener().open).toBe(0);
    },
  );

  it('that nothing moves on is reset', async () => {
    start({ idleTimeoutMs: 60 });
    const { client, server } = await session();
    expect(await client.closed()).toBe('ECONNRESET');
    expect(await server.closed()).toBe('ECONNRESET');
    expect(proxy.server(origin.port)).toMatchObject({ idleTimeouts: 1 });
  });

  it("is reset by the listener's own idle time, whatever the upstream's", async () => {
    start({ idleTimeoutMs: 60_000 }, [origin.port], { idleTimeoutMs: 60 });
    const { client, server } = await session();
    expect(await client.closed()).toBe('ECONNRESET');
    expect(await server.closed()).toBe('ECONNRESET');
    expect(proxy.server(origin.port)).toMatchObject({ idleTimeouts: 1, inFlight: 0 });
  });

  it('is reset when its time is over, however busy it is', async () => {
    start({}, [origin.port], { sessionMaxMs: 150 });
    const { client, server } = await session();
    const busy = setInterval(() => client.send('x'), 10);
    expect(await client.closed()).toBe('ECONNRESET');
    clearInterval(busy);
    expect(await server.closed()).toBe('ECONNRESET');
    expect(proxy.server(origin.port)).toMatchObject({ idleTimeouts: 0, inFlight: 0 });
    expect(proxy.listener()).toMatchObject({ expired: 1, open: 0, closed: 1 });
  });

  it('goes to the next server when one refuses', async () => {
    const live = await RawOrigin.listen();
    const port = await unusedPort();
    start({}, [port, live.port]);
    const client = await rawClient(proxy.port);
    client.send('hi');
    await (await live.connection()).has('hi');
    expect(proxy.server(port)).toMatchObject({ connectFailures: 1, inFlight: 0 });
    expect(proxy.server(live.port)).toMatchObject({ retries: 1, inFlight: 1 });
    live.close();
  });

  it('without any server is reset', async () => {
    const port = await unusedPort();
    start({}, [port]);
    // The reset may come before the client knows that it is connected.
    const client = await rawClient(proxy.port).catch((error) => error);
    expect(client.code ?? (await client.closed())).toBe('ECONNRESET');
    expect(proxy.listener().open).toBe(0);
  });

  it('slows a fast sender down to the pace of a slow reader', async () => {
    start();
    const { client, server } = await session();
    server.socket.pause();
    const piece = Buffer.alloc(1 << 20);
    while (client.socket.writableLength < 16 * piece.length) client.socket.write(piece);
    const written = client.socket.bytesWritten;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(client.socket.writableLength).toBeGreaterThan(0);
    let received = 0;
    server.socket.removeAllListeners('data');
    server.socket.on('data', (bytes) => {
      received += bytes.length;
    });
    server.socket.resume();
    client.socket.end();
    await server.end();
    expect(received).toBe(written);
  });

  it('is not ended by a drain, only by its deadline', async () => {
    start();
    const { client, server } = await session();
    const drained = proxy.plane.drain(200);
    client.send('still');
    await server.has('still');
    expect(await drained).toBe(1);
    expect(await client.closed()).toBe('ECONNRESET');
  });
});

async function unusedPort(): Promise<number> {
  const dead = await RawOrigin.listen();
  const { port } = dead;
  dead.close();
  await vi.waitFor(() => expect(dead.server.listening).toBe(false));
  return port;
}
