import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BroadcastChannel } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { NamedServersConfig, UpstreamConfig } from '../../src/config/proxy-config.ts';
import { Balancer } from '../balancer.ts';
import { proxyConfig, RESOLVER, SILENT_LOG, upstreamConfig } from '../data-plane.fixture.ts';
import { checkOf } from '../upstream/upstream.fixture.ts';
import { DnsServer } from './dns-server.fixture.ts';

/** Answers without a TTL are used so long, so that tests need not wait. */
const TTL_MS = 50;
const NAME = 'origin.example.com';
const PATIENCE = { timeout: 8000 };
const CRASHING = new URL('../crashing-worker.fixture.ts', import.meta.url);

/** An origin on an address of the loopback's own, which answers with that address. */
class Origin {
  readonly hosts = new Set<string | undefined>();
  readonly #server: Server;

  private constructor(address: string) {
    this.#server = createServer((request, response) => {
      this.hosts.add(request.headers.host);
      // Slow enough that a change finds requests under way.
      setTimeout(() => response.end(address), 2);
    });
    // The balancer's side is to close idle connections, or this one's does under its hands.
    this.#server.keepAliveTimeout = 60_000;
  }

  static async start(address: string, port: number): Promise<Origin> {
    const origin = new Origin(address);
    origin.#server.listen(port, address);
    await once(origin.#server, 'listening');
    return origin;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

let dns: DnsServer;
let origins: Origin[];
let port: number;
let balancer: Balancer | null;

beforeEach(async () => {
  balancer = null;
  dns = await DnsServer.start();
  const first = await Origin.start('127.0.0.21', 0);
  port = first.port;
  const others = ['127.0.0.22', '127.0.0.23'].map((address) => Origin.start(address, port));
  origins = [first, ...(await Promise.all(others))];
});

afterEach(async () => {
  await balancer?.stop();
  for (const origin of origins) origin.close();
  dns.close();
});

function named(changes: Partial<NamedServersConfig> = {}): NamedServersConfig {
  const template = { host: NAME, port, weight: 1, backup: false };
  return { place: 0, kind: 'address', one: false, template, ...changes };
}

function start(upstream: Partial<UpstreamConfig> = {}, entry?: URL): Balancer {
  const config = proxyConfig(upstreamConfig([], { names: [named()], ...upstream }));
  const resolver = {
    ...RESOLVER,
    servers: [{ host: '127.0.0.1', port: dns.port }],
    timeoutMs: 100,
    ttlMinMs: TTL_MS,
    family: 'ipv4' as const,
  };
  balancer = new Balancer({ ...config, workers: 2, resolver }, { log: SILENT_LOG }, entry);
  return balancer;
}

const ready = (running: Balancer) =>
  vi.waitFor(() => expect(running.readiness().ready).toBe(true), PATIENCE);

const addressesOf = (running: Balancer) =>
  running.status().upstreams[0]!.servers.map(({ server }) => server.split(':')[0]);

const nameOf = (running: Balancer) => running.status().names[0]!;

/** One request; the status and the address of the origin that answered. */
async function ask(running: Balancer, agent?: Agent): Promise<{ status: number; from: string }> {
  const listener = running.status().listeners[0]!.binds[0]!.port;
  const request = get({ host: '127.0.0.1', port: listener, agent });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let from = '';
  for await (const chunk of response) from += String(chunk);
  return { status: response.statusCode!, from };
}

/** Requests over kept connections until told to stop: who answered, and what went wrong. */
function load(running: Balancer, clients: number) {
  let stopped = false;
  const failed: string[] = [];
  const from = new Map<string, number>();
  const client = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!stopped) {
      const answer = await ask(running, agent).catch((error: Error) => {
        return { status: 0, from: error.message };
      });
      if (answer.status === 200) from.set(answer.from, (from.get(answer.from) ?? 0) + 1);
      else failed.push(`${answer.status} ${answer.from}`);
    }
    agent.destroy();
  };
  const all = Promise.all(Array.from({ length: clients }, client));
  return {
    from,
    async stop(): Promise<string[]> {
      stopped = true;
      await all;
      return failed;
    },
  };
}

describe('a name in the config', () => {
  it('is all its addresses, and its changes cost no request', async () => {
    dns.set(NAME, ['127.0.0.21', '127.0.0.22'], 0);
    const running = start();
    await ready(running);
    const clients = load(running, 8);
    const answered = (address: string) =>
      vi.waitFor(() => expect(clients.from.get(address)).toBeGreaterThan(0), PATIENCE);
    await Promise.all([answered('127.0.0.21'), answered('127.0.0.22')]);
    for (let round = 0; round < 6; round++) {
      const addresses = [['127.0.0.23'], ['127.0.0.22', '127.0.0.21'], ['127.0.0.22']][round % 3]!;
      dns.set(NAME, addresses, 0);
      await vi.waitFor(() => expect(addressesOf(running)).toEqual([...addresses].sort()), PATIENCE);
      // From the moment that both workers know, only those are asked.
      clients.from.clear();
      for (const address of addresses) await answered(address);
    }
    expect(await clients.stop()).toEqual([]);
    expect(nameOf(running)).toMatchObject({ state: 'resolved', upstreams: ['web'], problem: null });
    await vi.waitFor(() => {
      const [server] = running.status().upstreams[0]!.servers;
      expect(server).toMatchObject({ name: NAME, totals: { inFlight: 0, unbalancedEnds: 0 } });
    });
  });

  it('is asked for by its own name in health checks, and judged before it gets traffic', async () => {
    dns.set(NAME, ['127.0.0.21', '127.0.0.29'], 0);
    const running = start({ healthCheck: checkOf({ rise: 1, fall: 1 }) });
    await ready(running);
    expect([...origins[0]!.hosts]).toEqual([`${NAME}:${port}`]);
    const verdicts = running.status().upstreams[0]!.servers.map(({ verdict }) => verdict);
    expect(verdicts).toEqual(['up', 'down']);
    expect(running.upstreams()).toEqual([{ name: 'web', up: 1, unknown: 0, total: 2 }]);
    expect((await ask(running)).from).toBe('127.0.0.21');
  });

  it('that nobody knows delays nothing but its own servers, and works when it appears', async () => {
    const running = start();
    expect(running.upstreams()).toEqual([{ name: 'web', up: 0, unknown: 1, total: 1 }]);
    await ready(running);
    expect(running.readiness().warnings).toEqual([
      `upstream web: no servers from ${NAME}, which does not resolve: ` +
        'there is no such name (NXDOMAIN)',
    ]);
    expect(running.upstreams()).toEqual([{ name: 'web', up: 0, unknown: 0, total: 1 }]);
    expect((await ask(running)).status).toBe(503);
    dns.set(NAME, ['127.0.0.22'], 0);
    await vi.waitFor(async () => expect((await ask(running)).status).toBe(200), PATIENCE);
    expect(running.readiness().warnings).toBeUndefined();
    expect(running.upstreams()).toEqual([{ name: 'web', up: 1, unknown: 0, total: 1 }]);
  });

  it('is ready to be found when the name server is dead at the start', async () => {
    dns.mode = 'silent';
    dns.set(NAME, ['127.0.0.22'], 0);
    const fixed = { host: '127.0.0.23', port, weight: 1, backup: false };
    const running = start({ servers: [fixed] });
    await ready(running);
    expect(nameOf(running)).toMatchObject({ state: 'unresolved', problem: 'timeout' });
    expect((await ask(running)).from).toBe('127.0.0.23');
    dns.mode = 'serve';
    await vi.waitFor(() => {
      expect(addressesOf(running)).toEqual(['127.0.0.22', '127.0.0.23']);
    }, PATIENCE);
    expect(nameOf(running).problem).toBeNull();
  });

  it('keeps its addresses while the name server is dead', async () => {
    dns.set(NAME, ['127.0.0.21'], 0);
    const running = start();
    await ready(running);
    dns.mode = 'silent';
    await vi.waitFor(() => expect(nameOf(running).failures).toBeGreaterThan(0), PATIENCE);
    const { state, problem, resolvedAt } = nameOf(running);
    expect({ state, problem }).toEqual({ state: 'stale', problem: 'timeout' });
    expect(Date.now() - resolvedAt!).toBeGreaterThanOrEqual(TTL_MS);
    expect((await ask(running)).from).toBe('127.0.0.21');
    dns.mode = 'serve';
    await vi.waitFor(() => expect(nameOf(running).state).toBe('resolved'), PATIENCE);
  });

  it('may stand beside addresses, in another order than they come', async () => {
    dns.set(NAME, ['127.0.0.22', '127.0.0.21'], 0);
    const fixed = { host: '127.0.0.23', port, weight: 1, backup: true };
    const running = start({ servers: [fixed], names: [named()] });
    await ready(running);
    expect(addressesOf(running)).toEqual(['127.0.0.21', '127.0.0.22', '127.0.0.23']);
    expect(running.status().upstreams[0]!.servers.map(({ name }) => name)).toEqual([
      NAME,
      NAME,
      null,
    ]);
    dns.set(NAME, [], 0);
    // What is said not to exist is held for a while; then the backup has the work.
    await vi.waitFor(() => expect(addressesOf(running)).toEqual(['127.0.0.23']), PATIENCE);
    expect((await ask(running)).from).toBe('127.0.0.23');
  });
});

it('SRV records say port, share and who is a backup', async () => {
  const service = '_http._tcp.example.com';
  dns.setSrv(service, [
    { target: 'a.example.com', port, priority: 1, weight: 3 },
    { target: 'b.example.com', port, priority: 1, weight: 1 },
    { target: 'c.example.com', port, priority: 2 },
  ]);
  dns.set('a.example.com', ['127.0.0.21'], 0);
  dns.set('b.example.com', ['127.0.0.22'], 0);
  dns.set('c.example.com', ['127.0.0.23'], 0);
  const template = { host: service, port: 0, weight: 1, backup: false };
  const running = start({ names: [named({ kind: 'srv', template })] });
  await ready(running);
  const servers = () =>
    running.status().upstreams[0]!.servers.map(({ name, weight, backup }) => ({
      name,
      weight,
      backup,
    }));
  expect(servers()).toEqual([
    { name: 'a.example.com', weight: 3, backup: false },
    { name: 'b.example.com', weight: 1, backup: false },
    { name: 'c.example.com', weight: 1, backup: true },
  ]);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const tally = new Map<string, number>();
  for (let request = 0; request < 16; request++) {
    const { from } = await ask(running, agent);
    tally.set(from, (tally.get(from) ?? 0) + 1);
  }
  expect(Object.fromEntries(tally)).toEqual({ '127.0.0.21': 12, '127.0.0.22': 4 });
  dns.setSrv(service, [{ target: 'c.example.com', port, priority: 2 }]);
  await vi.waitFor(() => expect(servers().length).toBe(1), PATIENCE);
  expect(servers()).toEqual([{ name: 'c.example.com', weight: 1, backup: false }]);
  expect((await ask(running, agent)).from).toBe('127.0.0.23');
  agent.destroy();
});

it('a worker that takes the place of a dead one begins with the servers of now', async () => {
  dns.set(NAME, ['127.0.0.21'], 0);
  const running = start({}, CRASHING);
  await ready(running);
  const channel = new BroadcastChannel('crash');
  const states = () => running.status().workers.map(({ state }) => state);
  channel.postMessage(0);
  await vi.waitFor(() => expect(states()[0]).toBe('waiting'), PATIENCE);
  dns.set(NAME, ['127.0.0.22'], 0);
  await vi.waitFor(() => expect(addressesOf(running)).toEqual(['127.0.0.22']), PATIENCE);
  await vi.waitFor(() => expect(states()).toEqual(['running', 'running']), PATIENCE);
  channel.postMessage(1);
  await vi.waitFor(() => expect(states()[1]).toBe('waiting'), PATIENCE);
  // Only the worker of the other slot can answer now, the one that never heard of the change.
  expect((await ask(running)).from).toBe('127.0.0.22');
  channel.close();
});
