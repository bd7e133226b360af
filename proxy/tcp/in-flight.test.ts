/** Every TCP session gives its server back exactly once, however it ends. */
import type { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { UpstreamConfig } from '../../src/config/proxy-config.ts';
import { proxyConfig, startPlane, type TestPlane, upstreamConfig } from '../data-plane.fixture.ts';
import { fullQueue } from '../health/full-queue.fixture.ts';
import { closedPort } from '../health/origin.fixture.ts';
import type { Connection } from '../io/engine.ts';
import { observedEngine } from '../io/test-engine.fixture.ts';
import { EARLY_READS_MAX } from '../limits.ts';
import { RawOrigin, type RawPeer, rawClient } from '../raw-peers.fixture.ts';
import { settled } from '../upstream/settled.fixture.ts';

/** More than the kernel's buffers and our backlog together take. */
const FLOOD_BYTES = 32 * 1024 * 1024;

let origin: RawOrigin;
let proxy: TestPlane;
let ports: readonly number[];
/** Our ends of the clients' connections. */
let accepted: Connection[];

function begin(
  upstream: Partial<UpstreamConfig> = {},
  of: readonly number[] = [origin.port],
): void {
  ports = of;
  const observed = observedEngine();
  accepted = observed.accepted;
  const config = proxyConfig(upstreamConfig(ports, upstream), { protocol: 'tcp' });
  proxy = startPlane(config, observed.engine);
}

/** A session with a byte through in both directions. */
async function session(): Promise<{ client: RawPeer; server: RawPeer }> {
  const client = await rawClient(proxy.port);
  const server = await origin.connection();
  client.send('a');
  await server.has('a');
  server.send('b');
  await client.has('b');
  expect(proxy.server(origin.port).inFlight).toBe(1);
  expect(proxy.listener().open).toBe(1);
  return { client, server };
}

/** Sends until some of it waits in the balancer for a client that does not read; returns how much. */
async function fill(client: RawPeer, server: RawPeer): Promise<number> {
  client.socket.pause();
  let bytes = 0;
  // Small pieces, so that the last one waits for the kernel and yet is no reason to stop reading.
  while (accepted[0]!.unsentBytes === 0) {
    server.socket.write(Buffer.alloc(16_384));
    bytes += 16_384;
    await turn();
    await turn();
  }
  return bytes;
}

/** How a connection ends that may be reset before the client has noticed that it was accepted. */
function fateOfClient(): Promise<string | null> {
  return rawClient(proxy.port).then(
    (client) => client.closed(),
    (error: NodeJS.ErrnoException) => error.code ?? '',
  );
}

beforeEach(async () => {
  origin = await RawOrigin.listen();
});

afterEach(async () => {
  await proxy.close();
  origin.close();
});

describe('established sessions', () => {
  it.each<[string, (client: RawPeer, server: RawPeer) => unknown]>([
    ['the client resets', (client) => client.socket.resetAndDestroy()],
    ['the server resets', (_, server) => server.socket.resetAndDestroy()],
    [
      'the client ends first',
      async (client, server) => {
        client.socket.end();
        await server.end();
        server.socket.end('last');
        expect(await client.end()).toBe('blast');
      },
    ],
    [
      'the server ends first',
      async (client, server) => {
        server.socket.end();
        await client.end();
        client.socket.end('last');
        expect(await server.end()).toBe('alast');
      },
    ],
    [
      'the client resets after it half-closed',
      async (client, server) => {
        client.socket.end();
        await server.end();
        client.socket.resetAndDestroy();
      },
    ],
  ])('end when %s', async (_, finish) => {
    begin({ idleTimeoutMs: 500 });
    const { client, server } = await session();
    await finish(client, server);
    await settled(proxy, ports);
  });

  it('end when nothing moves', async () => {
    begin({ idleTimeoutMs: 100 });
    const { client, server } = await session();
    expect(await client.closed()).toBe('ECONNRESET');
    expect(await server.closed()).toBe('ECONNRESET');
    await settled(proxy, ports);
    expect(proxy.server(origin.port).idleTimeouts).toBe(1);
  });

  it('end when the client takes nothing any more', async () => {
    begin({ idleTimeoutMs: 200 });
    const { client, server } = await session();
    client.socket.pause();
    server.socket.write(Buffer.alloc(FLOOD_BYTES));
    await settled(proxy, ports);
    client.socket.destroy();
  });

  it('end when the client does not take the last bytes after both have ended', async () => {
    begin({ idleTimeoutMs: 200 });
    const { client, server } = await session();
    client.socket.end();
    await server.end();
    await fill(client, server);
    server.socket.end();
    await settled(proxy, ports);
    client.socket.destroy();
  });

  it.each([true, false])(
    'go on while the client takes a little now and then (both ended: %s)',
    async (both) => {
      begin({ idleTimeoutMs: 400 });
      const { client, server } = await session();
      if (both) {
        client.socket.end();
        await server.end();
      }
      const filled = await fill(client, server);
      server.socket.end();
      // Far less than what would make room for what waits in the balancer.
      const reading = setInterval(() => {
        client.socket.once('data', () => client.socket.pause()).resume();
      }, 40);
      await new Promise((resolve) => setTimeout(resolve, 1200));
      clearInterval(reading);
      client.socket.resume();
      const received = await client.end();
      expect(received.length).toBe(filled + 'b'.length);
      client.socket.end();
      await settled(proxy, ports);
      expect(proxy.server(origin.port).idleTimeouts).toBe(0);
    },
  );

  it('end with the balancer', async () => {
    begin();
    const { client, server } = await session();
    expect(await proxy.plane.drain(0)).toBe(1);
    await Promise.all([client.closed(), server.closed()]);
    await settled(proxy, ports);
  });
});

describe('sessions that come to nothing', () => {
  it('go on to another server when one refuses', async () => {
    const refusing = await closedPort();
    begin({}, [refusing, origin.port]);
    const { client, server } = await session();
    expect(proxy.server(refusing)).toMatchObject({ inFlight: 0, connectFailures: 1 });
    client.socket.end();
    server.socket.end();
    await settled(proxy, ports);
  });

  it('end with a reset when all refuse', async () => {
    begin({}, [await closedPort(), await closedPort()]);
    expect(await fateOfClient()).toBe('ECONNRESET');
    await settled(proxy, ports);
    for (const port of ports) expect(proxy.server(port).connectFailures).toBe(1);
  });

  it('end with a reset when no server is available', async () => {
    begin({ servers: upstreamConfig([origin.port]).servers.map((one) => ({ ...one, weight: 0 })) });
    expect(await fateOfClient()).toBe('ECONNRESET');
    await settled(proxy, ports);
    expect(proxy.server(origin.port).requests).toBe(0);
  });

  it('end when the server does not accept in time', async () => {
    const full = await fullQueue();
    begin({ connectTimeoutMs: 100 }, [full.port]);
    const client = await rawClient(proxy.port);
    expect(await client.closed()).toBe('ECONNRESET');
    await settled(proxy, ports);
    expect(proxy.server(full.port)).toMatchObject({ connectTimeouts: 1, connectFailures: 0 });
    await full.close();
  });

  it.each<[string, (socket: Socket) => unknown]>([
    ['resets', (socket) => socket.resetAndDestroy()],
    ['closes', (socket) => socket.destroy()],
    ['sends something and resets', (socket) => socket.write('a', () => socket.resetAndDestroy())],
  ])('end when the client %s while we connect, at the expense of no one', async (_, leave) => {
    const full = await fullQueue();
    begin({ connectTimeoutMs: 60_000 }, [full.port]);
    const client = await rawClient(proxy.port);
    await expect.poll(() => proxy.server(full.port).inFlight).toBe(1);
    leave(client.socket);
    await settled(proxy, ports);
    expect(proxy.server(full.port)).toMatchObject({ connectTimeouts: 0, connectFailures: 0 });
    await full.close();
  });

  it('are none when a client says all it has to say, and ends, while we connect', async () => {
    const full = await fullQueue();
    begin({ connectTimeoutMs: 500 }, [full.port, origin.port]);
    const client = await rawClient(proxy.port);
    await expect.poll(() => proxy.server(full.port).inFlight).toBe(1);
    const text = 'early '.repeat(EARLY_READS_MAX * 20_000);
    client.socket.end(text);
    const server = await origin.connection();
    expect((await server.end()) === text).toBe(true);
    server.socket.end('late');
    expect(await client.end()).toBe('late');
    await settled(proxy, ports);
    expect(proxy.listener()).toMatchObject({ bytesIn: text.length, bytesOut: 4 });
    await full.close();
  });

  it('are none when a client only listens', async () => {
    begin();
    const client = await rawClient(proxy.port);
    client.socket.end();
    const server = await origin.connection();
    await server.end();
    server.socket.end('time');
    expect(await client.end()).toBe('time');
    await settled(proxy, ports);
  });

  it('end with the balancer while connecting', async () => {
    const full = await fullQueue();
    begin({ connectTimeoutMs: 60_000 }, [full.port]);
    const client = await rawClient(proxy.port);
    await expect.poll(() => proxy.server(full.port).inFlight).toBe(1);
    expect(await proxy.plane.drain(0)).toBe(1);
    await client.closed();
    await settled(proxy, ports);
    await full.close();
  });
});
