/** Reloads of a running balancer, as its clients and its operator see them. */
import net from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import type { ListenerConfig, ProxyConfig } from '../../src/config/proxy-config.ts';
import { TLS } from '../certificates/tls-config.fixture.ts';
import { proxyConfig, routeConfig, serverConfig, upstreamConfig } from '../data-plane.fixture.ts';
import { FORMER_LOOK_MS } from '../limits.ts';
import { RawOrigin } from '../raw-peers.fixture.ts';
import { checkOf, HTTP_PROBE } from '../upstream/upstream.fixture.ts';
import {
  ask,
  descriptors,
  echoes,
  freePort,
  listenOn,
  load,
  NamedOrigin,
  openWebSocket,
  refusal,
  reload,
  withRoutes,
} from './reload.fixture.ts';
import {
  anewForEachTest,
  balancer,
  clients,
  config,
  connect,
  one,
  port,
  servedBy,
  start,
  status,
  two,
} from './reloaded-balancer.fixture.ts';

anewForEachTest();

/** Two upstreams, `web` of the first origin and `other` of the second. */
function twoUpstreams() {
  return [...config.upstreams, upstreamConfig([two.port], { name: 'other' })];
}

describe('after a reload', () => {
  it('the next request on an open connection takes the new route', async () => {
    await start();
    const client = await connect();
    expect(await ask(client, '/other')).toContain('from one');
    const routes = [
      routeConfig({ order: 1 }),
      routeConfig({ name: '/other', path: '/other', upstream: 'other' }),
    ];
    await reload(balancer, { ...withRoutes(config, ...routes), upstreams: twoUpstreams() });
    expect(await ask(client, '/other')).toContain('from two');
    expect(await ask(client, '/')).toContain('from one');
    expect(status().routes.map(({ route }) => route)).toEqual(['/', '/other']);
    expect(status().routes[1]!.counters.responses2xx).toBe(1);
  });

  it('a request under way ends where it began', async () => {
    await start();
    one.delayMs = 300;
    const client = await connect();
    const answer = ask(client);
    await vi.waitFor(() => expect(one.requests).toBe(1));
    await reload(balancer, servedBy(two));
    expect(await answer).toContain('from one');
    expect(await ask(client)).toContain('from two');
  });

  it('the status is that of the config that is used', async () => {
    await start();
    expect(status().formerConfigs).toBe(0);
    await reload(balancer, { ...servedBy(two), digest: 'second' });
    const { digest, upstreams } = status();
    expect(digest).toBe('second');
    expect(upstreams[0]!.servers.map(({ server }) => server)).toEqual([`127.0.0.1:${two.port}`]);
    await vi.waitFor(() => expect(status().formerConfigs).toBe(0), 5000);
  });

  it('a listener that is new serves, and one that is gone does not', async () => {
    await start();
    const second = await freePort();
    const both = [...config.listeners, listenOn(config.listeners[0]!, 'second', second)];
    await reload(balancer, { ...config, listeners: both });
    const there = await connect(second);
    expect(await ask(there)).toContain('from one');
    expect(await ask(await connect())).toContain('from one');
    expect(status().listeners.map(({ name }) => name)).toEqual(['front', 'second']);
    await reload(balancer, config);
    await expect(connect(second)).rejects.toThrow('ECONNREFUSED');
    expect(await ask(await connect())).toContain('from one');
    // Idle, it is closed: its address is nobody's.
    await there.end();
    expect(status().listeners.map(({ name }) => name)).toEqual(['front']);
  });

  it('an address that another listener gets is never closed, nor its connections', async () => {
    await start();
    const client = await connect();
    expect(await ask(client)).toContain('from one');
    const renamed = listenOn(config.listeners[0]!, 'renamed', port);
    const routes = [routeConfig({ upstream: 'other' })];
    const listeners = [{ ...renamed, routes } as ListenerConfig];
    await reload(balancer, { ...config, upstreams: twoUpstreams(), listeners });
    expect(await ask(client)).toContain('from two');
  });

  it('a WebSocket and a session over TCP go on, though all they came by is gone', async () => {
    const origin = await RawOrigin.listen();
    const tcpPort = await freePort();
    const tcp = listenOn(
      proxyConfig(upstreamConfig([origin.port], { name: 'raw' }), { protocol: 'tcp' })
        .listeners[0]!,
      'tcp',
      tcpPort,
    );
    await start({
      upstreams: [...config.upstreams, upstreamConfig([origin.port], { name: 'raw' })],
      listeners: [...config.listeners, tcp],
    });
    const socket = await openWebSocket(port);
    clients.push(socket);
    const session = await connect(tcpPort);
    const server = await origin.connection();
    session.send('to');
    await server.has('to');
    const other = listenOn(config.listeners[0]!, 'other', await freePort());
    const after = { ...config, listeners: [other] };
    await reload(balancer, { ...after, upstreams: [upstreamConfig([two.port])] });
    await echoes(socket, 'still here');
    server.send('and back');
    await session.has('and back');
    socket.socket.end();
    await socket.closed();
    session.socket.destroy();
    origin.close();
    // Nothing is left of the first config then.
    await vi.waitFor(() => expect(balancer.traffic().open).toBe(0), 10_000);
  });

  it('what is known of servers and limits holds, and new servers are checked at once', async () => {
    const healthCheck = checkOf({
      probe: { ...HTTP_PROBE, path: '/health' },
      intervalMs: 100,
      timeoutMs: 80,
      rise: 1,
      fall: 1,
    });
    const web = upstreamConfig([one.port, two.port], { healthCheck });
    await start({ upstreams: [web] });
    two.health = 503;
    const server = (index: number) => status().upstreams[0]!.servers[index]!;
    await vi.waitFor(() => expect(server(1).verdict).toBe('down'), 15_000);
    const { since } = server(1);
    const drained = `127.0.0.1:${one.port}`;
    balancer.orderServers({ server: drained, upstream: null, change: { draining: true } });
    const told: boolean[] = [];
    balancer.onReadiness(({ ready }) => told.push(ready));
    const third = await NamedOrigin.listen('three');
    const servers = [...web.servers, serverConfig(third.port)];
    await reload(balancer, { ...config, upstreams: [{ ...web, servers, keepAliveMax: 3 }] });
    expect(server(1)).toMatchObject({ verdict: 'down', since });
    expect(server(0)).toMatchObject({ verdict: 'up', draining: true });
    await vi.waitFor(() => expect(server(2).verdict).toBe('up'), 15_000);
    expect(await ask(await connect())).toContain('from three');
    expect(told).toEqual([]);
    // The file says something else of it: that holds.
    const heavier = servers.map((one, index) => (index === 0 ? { ...one, weight: 9 } : one));
    await reload(balancer, { ...config, upstreams: [{ ...web, servers: heavier }] });
    expect(server(0)).toMatchObject({ draining: false, weight: 9 });
    expect(balancer.wishes).toEqual([]);
    third.close();
  });

  it('what is counted counts on, and what is gone is not forgotten in the sums', async () => {
    await start();
    for (let asked = 0; asked < 5; asked++) await ask(await connect());
    await vi.waitFor(() => expect(status().listeners[0]!.totals.responses2xx).toBe(5));
    const other = listenOn(config.listeners[0]!, 'other', await freePort());
    await reload(balancer, { ...config, listeners: [...config.listeners, other] });
    expect(status().listeners[0]!.totals.responses2xx).toBe(5);
    expect(status().upstreams[0]!.servers[0]!.totals.requests).toBe(5);
    await reload(balancer, { ...config, listeners: [other] });
    for (const { socket } of clients.splice(0)) socket.destroy();
    await vi.waitFor(() => expect(balancer.traffic().open).toBe(0), 10_000);
    expect(balancer.traffic()).toMatchObject({ accepted: 5, requests: 5 });
    // In the end its row is somebody else's, and empty.
    const back = async () => {
      await reload(balancer, config);
      const { accepted } = status().listeners[0]!.totals;
      await reload(balancer, { ...config, listeners: [other] });
      expect(accepted).toBe(0);
    };
    await vi.waitFor(back, { timeout: 10_000, interval: 3 * FORMER_LOOK_MS });
    expect(balancer.traffic()).toMatchObject({ accepted: 5, requests: 5 });
  });
});

describe('a reload that is refused', () => {
  it('changes nothing, says why in full, and leaves nothing behind', async () => {
    await start();
    const client = await connect();
    await ask(client);
    const taken = net.createServer().listen(0, '127.0.0.1');
    await vi.waitFor(() => expect(taken.listening).toBe(true));
    const { port: used } = taken.address() as net.AddressInfo;
    const files = { certificate: '/no/such.pem', key: '/no/such.key', names: [], ocsp: null };
    const secure = listenOn(config.listeners[0]!, 'secure', await freePort());
    const listeners = [
      ...config.listeners,
      listenOn(config.listeners[0]!, 'second', used),
      { ...secure, tls: { ...TLS, certificates: [files] } } as ListenerConfig,
    ];
    const before = descriptors();
    const bad = { ...servedBy(two), listeners, workers: 3 };
    for (let attempt = 0; attempt < 3; attempt++) {
      expect(await refusal(balancer.prepareReload(bad))).toEqual([
        expect.stringMatching(/^proxy.workers is 3 and was 2: that takes a restart/),
        `listener second: cannot listen on 127.0.0.1:${used}: the port is in use`,
        'listener secure: /no/such.pem: there is no such file',
      ]);
    }
    expect(descriptors()).toBe(before);
    expect(await ask(client)).toContain('from one');
    expect(status()).toMatchObject({ digest: config.digest, formerConfigs: 0 });
    taken.close();
  });

  it('by a worker changes nothing', async () => {
    await start();
    const before = descriptors();
    const routes = [routeConfig({ upstream: 'gone' })];
    const fresh = listenOn(config.listeners[0]!, 'fresh', await freePort());
    const bad = withRoutes(config, ...routes);
    const reasons = await refusal(
      balancer.prepareReload({ ...bad, listeners: [...bad.listeners, fresh] }),
    );
    expect(reasons).toHaveLength(2);
    expect(reasons[0]).toMatch(/^worker \d: .*gone/);
    await vi.waitFor(() => expect(descriptors()).toBeLessThanOrEqual(before), 10_000);
    expect(await ask(await connect())).toContain('from one');
    expect(status().workers.map(({ deaths }) => deaths)).toEqual([0, 0]);
    await reload(balancer, servedBy(two));
    expect(await ask(await connect())).toContain('from two');
  });

  it('or abandoned leaves the way free for the next one', async () => {
    await start();
    const fresh = listenOn(config.listeners[0]!, 'fresh', await freePort());
    const before = descriptors();
    const prepared = await balancer.prepareReload({
      ...config,
      listeners: [...config.listeners, fresh],
    });
    expect(await refusal(balancer.prepareReload(config))).toEqual(['another reload is under way']);
    await prepared.abandon();
    await vi.waitFor(() => expect(descriptors()).toBeLessThanOrEqual(before), 10_000);
    await expect(connect(fresh.binds[0]!.port)).rejects.toThrow('ECONNREFUSED');
    await reload(balancer, servedBy(two));
    expect(await ask(await connect())).toContain('from two');
  });
});

describe('many reloads', () => {
  it('under load drop no request and no WebSocket, and nothing adds up', async () => {
    await start();
    const socket = await openWebSocket(port);
    clients.push(socket);
    const extra = listenOn(config.listeners[0]!, 'extra', await freePort());
    const shapes: ProxyConfig[] = [
      servedBy(two),
      { ...config, listeners: [...config.listeners, extra] },
      { ...servedBy(one, two), rateLimits: [] },
      { ...withRoutes(config, routeConfig({ name: '/all', path: '/' })) },
    ];
    let over = false;
    const loads = Array.from({ length: 8 }, () => load(port, () => over));
    let flat = 0;
    for (let turn = 0; turn < 50; turn++) {
      await reload(balancer, shapes[turn % shapes.length]!);
      await echoes(socket, `turn ${turn}`);
      if (turn === 9) flat = descriptors();
    }
    await reload(balancer, shapes[1]!);
    over = true;
    const tallies = await Promise.all(loads);
    expect(tallies.flatMap(({ broken }) => broken)).toEqual([]);
    expect(tallies.reduce((sum, { answered }) => sum + answered, 0)).toBeGreaterThan(100);
    expect(tallies.reduce((sum, { ended }) => sum + ended, 0)).toBe(0);
    await echoes(socket, 'to the end');
    await vi.waitFor(() => expect(descriptors()).toBeLessThanOrEqual(flat + 8), 15_000);
    expect(status().workers.map(({ deaths }) => deaths)).toEqual([0, 0]);
    // That in which the WebSocket began.
    await vi.waitFor(() => expect(status().formerConfigs).toBe(1), 5000);
  }, 120_000);
});
