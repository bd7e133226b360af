import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import { startBalancer } from '../../proxy/index.ts';
import { checkSource } from '../config/check.ts';
import { compileConfig } from '../config/compile.ts';
import type { ProxyConfig } from '../config/proxy-config.ts';
import { sourceFromBytes } from '../config/source.ts';
import { feedAgent, trackedUpstreams } from './balancer-feed.ts';
import type { Readiness } from './readiness.ts';
import { ReadinessClient } from './readiness-client.ts';
import { type BalancerSign, listenForBalancer } from './readiness-server.ts';

const closedPort = 9;

/** A client that only passes on what it is told. */
const clientThat = (update: (readiness: Readiness) => unknown) => ({
  update,
  onCheckRequest: () => {},
  onDrainOrders: () => {},
  finished: () => {},
});

function compiled(port: number) {
  const text = `
nodes: { a: { priority: 200 }, b: {} }
virtual_routers:
  web:
    vrid: 1
    interface: eth0
    addresses: [198.51.100.100/24]
    track: { upstreams: { api: { min_up: 50%, weight: -150 } } }
upstreams:
  api:
    servers: [{ address: "127.0.0.1:${port}" }, { address: "127.0.0.1:${closedPort}" }]
    health_check: { tcp: {}, interval: 100ms, timeout: 90ms, rise: 1, fall: 1 }
  other: { servers: [{ address: "127.0.0.1:${port}" }] }
listeners:
  one: { bind: ["127.0.0.1:1"], protocol: tcp, upstream: api }
  two: { bind: ["127.0.0.1:2"], protocol: tcp, upstream: other }
proxy: { workers: 1 }
`;
  const { config, problems } = checkSource(sourceFromBytes('test.yaml', Buffer.from(text)));
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  const { agent, proxy } = compileConfig(config!, { node: 'a', digest: 'd', cores: 1 });
  const listeners = proxy!.listeners.map((listener) => ({
    ...listener,
    binds: listener.binds.map((bind) => ({ ...bind, port: 0 })),
  }));
  return { agent: agent!, proxy: { ...proxy!, listeners } as ProxyConfig };
}

test('the agent hears of tracked upstreams only, and of every change in one piece', async () => {
  const origin = net.createServer((socket) => socket.end());
  origin.listen(0, '127.0.0.1');
  await once(origin, 'listening');
  const { agent, proxy } = compiled((origin.address() as net.AddressInfo).port);
  const balancer = await startBalancer(proxy, { log: pino({ level: 'silent' }) });
  const told: Readiness[] = [];
  feedAgent(
    clientThat((readiness) => told.push(readiness)),
    balancer,
    trackedUpstreams(agent),
  );
  try {
    const api = (up: number, unknown = 0) => [{ name: 'api', up, unknown, total: 2 }];
    await vi.waitFor(() =>
      expect(told.at(-1)).toEqual({
        ready: true,
        reasons: [],
        serving: true,
        upstreams: api(1),
      }),
    );
    origin.close();
    await vi.waitFor(() => expect(told.at(-1)).toMatchObject({ upstreams: api(0) }));
  } finally {
    await balancer.stop();
    origin.close();
  }
});

test('the agent orders a drain, and hears what is connected until it takes that back', async () => {
  const origin = net.createServer((socket) => socket.pipe(socket));
  origin.listen(0, '127.0.0.1');
  await once(origin, 'listening');
  const { agent, proxy } = compiled((origin.address() as net.AddressInfo).port);
  const log = pino({ level: 'silent' });
  const dir = mkdtempSync(join(tmpdir(), 'tandem-'));
  const path = join(dir, 'agent.sock');
  let heard: BalancerSign['connections'];
  const feed = await listenForBalancer(path, log, (sign) => {
    heard = sign.connections;
  });
  const balancer = await startBalancer(proxy, { log });
  const client = new ReadinessClient(path, log);
  feedAgent(client, balancer, trackedUpstreams(agent));
  const { port } = balancer.status().listeners[0]!.binds[0]!;
  const clients = [1, 2].map(() => net.connect({ host: '127.0.0.1', port }));
  try {
    for (const socket of clients) socket.write('x');
    await Promise.all(clients.map((socket) => once(socket, 'data')));
    const patience = { timeout: 10_000 };
    feed.drain([{ addresses: ['127.0.0.1'], leftMs: 600_000 }]);
    const tcp = (count: number) => [
      expect.objectContaining({
        address: '127.0.0.1',
        kinds: { http1: 0, idle: 0, http2: 0, websocket: 0, tcp: count },
      }),
    ];
    await expect.poll(() => heard, patience).toEqual(tcp(2));
    clients[0]!.destroy();
    await expect.poll(() => heard, patience).toEqual(tcp(1));
    feed.drain([]);
    await expect.poll(() => heard, patience).toBeUndefined();
  } finally {
    for (const socket of clients) socket.destroy();
    client.close();
    feed.close();
    await balancer.stop();
    origin.close();
    rmSync(dir, { recursive: true });
  }
});

test('servers that change together are told once', async () => {
  let changed = () => {};
  const told: Readiness[] = [];
  feedAgent(
    clientThat((readiness) => told.push(readiness)),
    {
      readiness: () => ({ ready: true, reasons: [], serving: true }),
      onReadiness: () => {},
      checkOrigins: async () => {},
      drainAddresses: () => {},
      connections: () => undefined,
      onConnections: () => {},
      upstreams: () => [{ name: 'api', up: told.length, unknown: 0, total: 9 }],
      onServerHealth: (listener) => {
        changed = listener;
      },
    },
    new Set(['api']),
  );
  expect(told).toHaveLength(1);
  for (let i = 0; i < 500; i++) changed();
  await new Promise((resolve) => setImmediate(resolve));
  expect(told).toHaveLength(2);
  changed();
  await new Promise((resolve) => setImmediate(resolve));
  expect(told).toHaveLength(3);
});
