import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import net from 'node:net';
import { BroadcastChannel } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ProxyConfig, RouteConfig } from '../../src/config/proxy-config.ts';
import { Balancer } from '../balancer.ts';
import {
  proxyConfig,
  routeConfig,
  SILENT_LOG,
  startPlane,
  type TestPlane,
  upstreamConfig,
} from '../data-plane.fixture.ts';
import { startBalancer } from '../index.ts';
import { RawPeer, rawClient } from '../raw-peers.fixture.ts';
import { concurrencyLimit, rateLimit } from './limits.fixture.ts';
import { type Offered, offer } from './offered-load.fixture.ts';

const OFFERED = 500;
const RATE = 100;
const BURST = 50;
const FOR_MS = 10_000;

let origin: Server;
let originPort = 0;

beforeEach(async () => {
  origin = createServer((_, response) => response.end('ok'));
  origin.listen(0, '127.0.0.1');
  await once(origin, 'listening');
  originPort = (origin.address() as AddressInfo).port;
});

afterEach(() => {
  origin.closeAllConnections();
  origin.close();
});

function withLimits(changes: Partial<ProxyConfig>, listener: object = {}): ProxyConfig {
  const rates = changes.rateLimits?.map(({ name }) => name) ?? [];
  const concurrency = changes.concurrencyLimits?.map(({ name }) => name) ?? [];
  const limits: RouteConfig['limits'] = { place: 'front.routes[0]', rates, concurrency };
  const routes = [routeConfig({ limits })];
  return { ...proxyConfig(upstreamConfig([originPort]), { routes, ...listener }), ...changes };
}

/** By the definition, how many of these may pass, if each was decided when `at` says. */
function byDefinition(offered: readonly Offered[], at: (request: Offered) => number): number {
  let excess = 0;
  let last = Number.NaN;
  let through = 0;
  for (const now of offered.map(at).sort((one, other) => one - other)) {
    const next = Number.isNaN(last) ? 0 : Math.max(0, excess - (RATE * (now - last)) / 1000 + 1);
    if (next > BURST) continue;
    [excess, last] = [next, now];
    through++;
  }
  return through;
}

describe('a rate limit on real sockets', () => {
  it.each([1, 2])('is within a hundredth of its definition, workers: %i', async (workers) => {
    const allowance = {
      kind: 'rate',
      count: RATE,
      windowMs: 1000,
      burst: BURST,
      delayAfter: BURST,
    } as const;
    const config = withLimits({ workers, rateLimits: [rateLimit({ allowance })] });
    const balancer: Balancer = await startBalancer(config, { log: SILENT_LOG });
    const { port } = balancer.status().listeners[0]!.binds[0]!;
    const offered = await offer(port, OFFERED, FOR_MS);
    const { totals } = balancer.status().limits[0]!;
    await balancer.stop();
    const through = offered.filter(({ status }) => status === 200).length;
    expect(totals).toMatchObject({ allowed: through, refused: offered.length - through });
    expect(offered.every(({ status }) => status === 200 || status === 429)).toBe(true);
    // Each was decided between being sent and being answered.
    const early = byDefinition(offered, ({ sentAt }) => sentAt);
    const late = byDefinition(offered, ({ answeredAt }) => answeredAt);
    expect(through).toBeGreaterThanOrEqual(Math.min(early, late) * 0.99);
    expect(through).toBeLessThanOrEqual(Math.max(early, late) * 1.01);
  });
});

describe('limits of a worker that dies', () => {
  it('have what it held again, and still know what was used up', async () => {
    const allowance = { kind: 'quota', count: 3, windowMs: 3_600_000 } as const;
    const config = withLimits({
      rateLimits: [rateLimit({ allowance })],
      concurrencyLimits: [concurrencyLimit({ max: 1 })],
    });
    let hang = true;
    origin.removeAllListeners('request');
    origin.on('request', (_, response) => {
      if (!hang) response.end('ok');
    });
    const entry = new URL('../crashing-worker.fixture.ts', import.meta.url);
    const balancer = new Balancer(config, { log: SILENT_LOG }, entry);
    await balancer.started;
    const { port } = balancer.status().listeners[0]!.binds[0]!;
    const arrived = once(origin, 'request');
    const held = await rawClient(port);
    held.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await arrived;
    const ask = async () => {
      const client = await rawClient(port);
      client.send('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      const answer = await client.end();
      client.socket.destroy();
      return answer.slice(9, 12) + (/at a time|rate limit/.exec(answer)?.[0] ?? '');
    };
    expect(await ask()).toBe('429at a time');
    const channel = new BroadcastChannel('crash');
    channel.postMessage(0);
    await vi.waitFor(() => expect(balancer.status().workers[0]!.deaths).toBe(1));
    held.socket.destroy();
    hang = false;
    expect(await ask()).toBe('200');
    expect(await ask()).toBe('200');
    expect(await ask()).toBe('429rate limit');
    channel.close();
    await balancer.stop();
  });
});

describe('limits on a connection', () => {
  let plane: TestPlane | undefined;

  afterEach(async () => {
    await plane?.close();
    plane = undefined;
  });

  const once1 = { kind: 'quota', count: 1, windowMs: 3_600_000 } as const;
  const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
  const POST = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n';

  it('answer 429 with Retry-After, and the connection goes on', async () => {
    plane = startPlane(withLimits({ rateLimits: [rateLimit({ allowance: once1 })] }));
    const client = await rawClient(plane.port);
    client.send(GET);
    await client.has('ok');
    client.take();
    client.send(GET);
    const refused = await client.has('limit is reached\n');
    expect(refused).toMatch(/^HTTP\/1\.1 429 Too Many Requests\r\n/);
    expect(/Retry-After: (\d+)\r\n/.exec(refused)?.[1]).toMatch(/^3(600|5\d\d)$/);
    expect(refused).not.toContain('Connection: close');
    client.take();
    client.send(GET);
    await client.has('429');
    expect(plane.server(originPort).requests).toBe(1);
    client.socket.destroy();
  });

  it('end the connection when a body was still to come', async () => {
    plane = startPlane(withLimits({ rateLimits: [rateLimit({ allowance: once1, status: 503 })] }));
    const first = await rawClient(plane.port);
    first.send(GET);
    await first.has('ok');
    first.socket.destroy();
    const client = await rawClient(plane.port);
    client.send(POST);
    const refused = await client.end();
    expect(refused).toMatch(/^HTTP\/1\.1 503 /);
    expect(refused).toContain('Connection: close\r\n');
    client.socket.destroy();
  });

  it('park what a rate delays, body and all, and forward it later', async () => {
    const allowance = { kind: 'rate', count: 10, windowMs: 1000, burst: 2, delayAfter: 0 } as const;
    plane = startPlane(withLimits({ rateLimits: [rateLimit({ allowance })] }));
    const [first, second] = await Promise.all([rawClient(plane.port), rawClient(plane.port)]);
    first.send(GET);
    await first.has('ok');
    const sentAt = performance.now();
    second.send(`${POST}body`);
    await second.has('ok');
    // A tenth of a second after the first, of which some has passed.
    expect(performance.now() - sentAt).toBeGreaterThan(20);
    first.socket.destroy();
    second.socket.destroy();
  });

  it('give back what a client held that went away while it was parked', async () => {
    const allowance = { kind: 'rate', count: 1, windowMs: 1000, burst: 9, delayAfter: 0 } as const;
    plane = startPlane(
      withLimits({
        rateLimits: [rateLimit({ allowance })],
        concurrencyLimits: [concurrencyLimit({ max: 1 })],
      }),
    );
    const [first, parked] = await Promise.all([rawClient(plane.port), rawClient(plane.port)]);
    first.send(GET);
    await first.has('ok');
    parked.send(GET);
    // It is parked when another is refused for it.
    for (;;) {
      first.take();
      first.send(GET);
      if ((await first.has('\r\n\r\n')).includes('429')) break;
    }
    parked.socket.destroy();
    const answers: string[] = [];
    while (!answers.at(-1)?.includes('200')) {
      first.take();
      first.send(GET);
      answers.push(await first.until((received) => /\r\n\r\n.+$/s.test(received)));
    }
    first.socket.destroy();
  });

  it('hold a WebSocket as one request until it has ended', async () => {
    origin.on('upgrade', (_request, socket) => {
      socket.on('end', () => socket.end()).resume();
      socket.write('HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    });
    plane = startPlane(withLimits({ concurrencyLimits: [concurrencyLimit({ max: 1 })] }));
    const [tunnel, other] = await Promise.all([rawClient(plane.port), rawClient(plane.port)]);
    tunnel.send(GET.replace('\r\n\r\n', '\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'));
    await tunnel.has('101 ');
    other.send(GET);
    expect(await other.has('at a time\n')).toContain('429');
    tunnel.socket.destroy();
    for (let answer = ''; !answer.includes('200 OK'); ) {
      other.take();
      other.send(GET);
      answer = await other.until((received) => /\r\n\r\n.+$/s.test(received));
    }
    other.socket.destroy();
  });

  it('reset one connection too many of a source, and take one when another has closed', async () => {
    const connectionsPerSource = { max: 2, ipv4Prefix: 32, ipv6Prefix: 64, keysMax: 10 };
    plane = startPlane(withLimits({}, { connectionsPerSource }));
    const open = [await rawClient(plane.port), await rawClient(plane.port)];
    for (const client of open) {
      client.send(GET);
      await client.has('ok');
    }
    const refused = new RawPeer(net.connect(plane.port, '127.0.0.1'));
    expect(await refused.closed()).toBe('ECONNRESET');
    expect(plane.listener()).toMatchObject({ open: 2, refused: 1, accepted: 3 });
    open[0]!.socket.destroy();
    for (;;) {
      const again = new RawPeer(net.connect(plane.port, '127.0.0.1'));
      again.send(GET);
      const answered = await again.has('ok').then(
        () => true,
        () => false,
      );
      again.socket.destroy();
      if (answered) break;
    }
    open[1]!.socket.destroy();
  });

  it('count TCP connections of a source, too', async () => {
    const connectionsPerSource = { max: 1, ipv4Prefix: 32, ipv6Prefix: 64, keysMax: 10 };
    const listener = { protocol: 'tcp', connectionsPerSource } as const;
    plane = startPlane(proxyConfig(upstreamConfig([originPort]), listener));
    const client = await rawClient(plane.port);
    client.send(GET);
    await client.has('ok');
    const refused = new RawPeer(net.connect(plane.port, '127.0.0.1'));
    expect(await refused.closed()).toBe('ECONNRESET');
    client.socket.destroy();
  });
});
