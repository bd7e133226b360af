/** Limits of servers and the queue as clients meet them: real sockets, one worker and two. */
import { afterEach, describe, expect, it } from 'vitest';
import type { ServerConfig, UpstreamConfig } from '../src/config/proxy-config.ts';
import type { Balancer } from './balancer.ts';
import {
  proxyConfig,
  SILENT_LOG,
  serverConfig,
  startPlane,
  type TestPlane,
  upstreamConfig,
} from './data-plane.fixture.ts';
import { startBalancer } from './index.ts';
import { ask, NamedOrigins } from './named-origins.fixture.ts';
import { type RawPeer, rawClient } from './raw-peers.fixture.ts';
import { checkOf } from './upstream/upstream.fixture.ts';

const HELD = Number.POSITIVE_INFINITY;
const closers: (() => Promise<unknown>)[] = [];
let origins: NamedOrigins;

afterEach(async () => {
  origins.close();
  for (const close of closers.splice(0)) await close();
});

/** Origins that hold every answer; each may have one request, unless the server says otherwise. */
async function upstreamOf(
  count: number,
  part: Partial<UpstreamConfig>,
  server: Partial<ServerConfig> = { connectionsMax: 1 },
): Promise<UpstreamConfig> {
  origins = await NamedOrigins.listen(count);
  origins.delays.fill(HELD);
  const servers = origins.ports.map((port) => ({ ...serverConfig(port), ...server }));
  return upstreamConfig([], { servers, ...part });
}

function startOne(upstream: UpstreamConfig, protocol: 'http' | 'tcp' = 'http'): TestPlane {
  const plane = startPlane(proxyConfig(upstream, { protocol }));
  closers.push(() => plane.close());
  return plane;
}

async function startTwo(upstream: UpstreamConfig): Promise<{ balancer: Balancer; port: number }> {
  const config = { ...proxyConfig(upstream, { connectionsMax: 1000 }), workers: 2 };
  const balancer = await startBalancer(config, { log: SILENT_LOG });
  closers.push(() => balancer.stop());
  return { balancer, port: balancer.status().listeners[0]!.binds[0]!.port };
}

const held = () => origins.held.reduce((sum, count) => sum + count, 0);
const waiting = (plane: TestPlane) => plane.registry.upstreamTotals('web').waiting;

async function request(port: number, path: string): Promise<RawPeer> {
  const client = await rawClient(port);
  client.send(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  return client;
}

describe('max_connections', () => {
  it('gives the next request to a server with room, and 503 when there is none', async () => {
    const { port, server } = startOne(await upstreamOf(2, { policy: 'first' }));
    const answers = [ask(port), ask(port)];
    await expect.poll(() => origins.held).toEqual([1, 1]);
    const { status, headers } = await ask(port);
    expect(status).toBe(503);
    expect(headers.server).toBeUndefined();
    origins.release(1);
    const second = ask(port);
    await expect.poll(() => server(origins.ports[1]!).requests).toBe(2);
    origins.release(0);
    origins.release(1);
    await Promise.all([...answers, second]);
  });

  it('resets a TCP session for which there is no room', async () => {
    const { port } = startOne(await upstreamOf(1, {}), 'tcp');
    const first = await request(port, '/');
    await expect.poll(() => held()).toBe(1);
    const second = rawClient(port).then(
      (client) => client.closed(),
      (error: NodeJS.ErrnoException) => error.code,
    );
    expect(await second).toBe('ECONNRESET');
    first.socket.destroy();
  });

  it('never uses a server that is down by the config', async () => {
    const upstream = await upstreamOf(2, {}, {});
    origins.delays.fill(0);
    const servers = upstream.servers.map((server, index) => ({ ...server, down: index === 0 }));
    const { port } = startOne({ ...upstream, servers });
    for (let count = 0; count < 4; count++) expect((await ask(port)).origin).toBe(1);
  });

  it('holds with two workers under load, and every request is answered', async () => {
    const queue = { max: 1000, timeoutMs: 60_000 };
    const upstream = await upstreamOf(2, { queue }, { connectionsMax: 3 });
    origins.delays.fill(3);
    const { balancer, port } = await startTwo(upstream);
    const statuses = new Map<number, number>();
    const client = async () => {
      for (let count = 0; count < 10; count++) {
        const { status } = await ask(port);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: 40 }, client));
    expect(statuses).toEqual(new Map([[200, 400]]));
    expect(origins.heldMax).toEqual([3, 3]);
    const { totals, servers } = balancer.status().upstreams[0]!;
    expect(totals).toMatchObject({ waiting: 0, queueTimeouts: 0, queueRefused: 0 });
    expect(totals.queued).toBeGreaterThan(100);
    expect(servers.map(({ connectionsMax }) => connectionsMax)).toEqual([3, 3]);
  });
});

describe('the queue', () => {
  const queue = { max: 3, timeoutMs: 60_000 };

  it('serves in the order of coming, and refuses beyond its bound', async () => {
    const plane = startOne(await upstreamOf(1, { queue }));
    const clients = [await request(plane.port, '/0')];
    await expect.poll(() => held()).toBe(1);
    for (let index = 1; index <= 3; index++) {
      clients.push(await request(plane.port, `/${index}`));
      await expect.poll(() => waiting(plane)).toBe(index);
    }
    expect((await ask(plane.port)).status).toBe(503);
    expect(plane.registry.upstreamTotals('web').queueRefused).toBe(1);
    for (const client of clients) {
      await expect.poll(() => held()).toBe(1);
      origins.release(0);
      expect(await client.has('\r\n\r\n0')).toContain('200 OK');
      client.socket.destroy();
    }
    expect(origins.order).toEqual(['/0', '/1', '/2', '/3']);
    expect(origins.heldMax).toEqual([1]);
    expect(waiting(plane)).toBe(0);
  });

  it('gives up after its timeout', async () => {
    const plane = startOne(await upstreamOf(1, { queue: { max: 3, timeoutMs: 50 } }));
    const first = await request(plane.port, '/0');
    await expect.poll(() => held()).toBe(1);
    const startedAt = performance.now();
    expect((await ask(plane.port)).status).toBe(503);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(49);
    expect(plane.registry.upstreamTotals('web')).toMatchObject({ queued: 1, queueTimeouts: 1 });
    first.socket.destroy();
  });

  it('lets a client go that goes away, and one that goes away while it is served', async () => {
    const plane = startOne(await upstreamOf(1, { queue }));
    const first = await request(plane.port, '/0');
    await expect.poll(() => held()).toBe(1);
    const second = await request(plane.port, '/1');
    const third = await request(plane.port, '/2');
    await expect.poll(() => waiting(plane)).toBe(2);
    second.socket.resetAndDestroy();
    await expect.poll(() => waiting(plane)).toBe(1);
    first.socket.resetAndDestroy();
    await expect.poll(() => origins.order).toEqual(['/0', '/2']);
    origins.release(0);
    origins.release(0);
    await third.has('200 OK');
    third.socket.destroy();
  });

  it('sends a body that came while the request waited', async () => {
    const plane = startOne(await upstreamOf(1, { queue }));
    const first = await request(plane.port, '/0');
    await expect.poll(() => held()).toBe(1);
    const second = await rawClient(plane.port);
    second.send('POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n01234');
    await expect.poll(() => waiting(plane)).toBe(1);
    second.send('56789');
    origins.release(0);
    await expect.poll(() => origins.order).toEqual(['/0', '/1']);
    await expect.poll(() => held()).toBe(1);
    origins.release(0);
    await second.has('200 OK');
    for (const { socket } of [first, second]) socket.destroy();
  });

  it('gives a place that another worker frees to who waits in this one', async () => {
    const upstream = await upstreamOf(1, { queue: { max: 100, timeoutMs: 60_000 } });
    const { balancer, port } = await startTwo(upstream);
    const count = 24;
    const clients = await Promise.all(
      Array.from({ length: count }, (_, index) => request(port, `/${index}`)),
    );
    const totals = () => balancer.status().upstreams[0]!.totals;
    await expect.poll(() => totals().waiting).toBe(count - 1);
    for (let served = 1; served <= count; served++) {
      await expect.poll(() => origins.order.length, { interval: 1 }).toBe(served);
      origins.release(0);
      if (served === count) break;
      await expect.poll(() => origins.order.length, { interval: 1 }).toBe(served + 1);
    }
    await Promise.all(clients.map((client) => client.has('200 OK')));
    expect(origins.heldMax).toEqual([1]);
    expect(totals()).toMatchObject({ waiting: 0, queued: count - 1 });
    for (const { socket } of clients) socket.destroy();
  });
});

describe('least_connections with two workers', () => {
  it('is exact: what one worker has in hand counts for the other', async () => {
    const part = { policy: 'least_connections' } as const;
    const { balancer, port } = await startTwo(await upstreamOf(3, part, {}));
    const clients: RawPeer[] = [];
    for (let count = 1; count <= 30; count++) {
      clients.push(await request(port, '/'));
      await expect.poll(() => held(), { interval: 1 }).toBe(count);
      const [most, , least] = [...origins.held].sort((left, right) => right - left);
      expect(most! - least!).toBeLessThanOrEqual(1);
    }
    expect(origins.held).toEqual([10, 10, 10]);
    const { servers } = balancer.status().upstreams[0]!;
    expect(servers.map(({ totals }) => totals.inFlight)).toEqual([10, 10, 10]);
    for (const { socket } of clients) socket.destroy();
  });
});

describe('slow start', () => {
  it('turns the weight of a server up that is back, for all workers', async () => {
    const healthCheck = checkOf({ intervalMs: 100, timeoutMs: 90, rise: 1, fall: 1 });
    const upstream = await upstreamOf(2, { slowStartMs: 600_000, healthCheck }, {});
    origins.delays.fill(0);
    const { balancer, port } = await startTwo(upstream);
    const warmth = () => balancer.status().upstreams[0]!.servers.map((one) => one.warmth);
    const verdicts = () => balancer.status().upstreams[0]!.servers.map((one) => one.verdict);
    await expect.poll(verdicts, { timeout: 10_000 }).toEqual(['up', 'up']);
    expect(warmth()).toEqual([1, 1]);
    origins.delays[0] = 300;
    await expect.poll(verdicts, { timeout: 10_000 }).toEqual(['down', 'up']);
    origins.delays[0] = 0;
    await expect.poll(verdicts, { timeout: 10_000 }).toEqual(['up', 'up']);
    expect(warmth()).toEqual([1 / 20, 1]);
    let cold = 0;
    for (let count = 0; count < 42; count++) if ((await ask(port)).origin === 0) cold++;
    // One in 21 of each worker's requests, of which there are at most two such runs begun and ended.
    expect(cold).toBeGreaterThanOrEqual(1);
    expect(cold).toBeLessThanOrEqual(4);
  });
});
