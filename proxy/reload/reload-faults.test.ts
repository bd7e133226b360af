/** Reloads of a balancer whose worker dies meanwhile, or that is told to stop. */
import { BroadcastChannel } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ListenerConfig, ProxyConfig } from '../../src/config/proxy-config.ts';
import { Balancer } from '../balancer.ts';
import { proxyConfig, SILENT_LOG, serverConfig, upstreamConfig } from '../data-plane.fixture.ts';
import { type RawPeer, rawClient } from '../raw-peers.fixture.ts';
import {
  ask,
  descriptors,
  freePort,
  listenOn,
  NamedOrigin,
  refusal,
  reload,
  request,
} from './reload.fixture.ts';

let one: NamedOrigin;
let two: NamedOrigin;
let port: number;
let config: ProxyConfig;
let fresh: ListenerConfig;
let balancer: Balancer;
const clients: RawPeer[] = [];

beforeEach(async () => {
  one = await NamedOrigin.listen('one');
  two = await NamedOrigin.listen('two');
  port = await freePort();
  const plain = proxyConfig(upstreamConfig([one.port]));
  const listeners = [listenOn(plain.listeners[0]!, 'front', port)];
  config = { ...plain, workers: 2, listeners };
  fresh = listenOn(plain.listeners[0]!, 'fresh', await freePort());
});

afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.destroy();
  await balancer.stop();
  one.close();
  two.close();
});

async function start(entry?: URL): Promise<void> {
  balancer = new Balancer(config, { log: SILENT_LOG }, entry);
  await balancer.started;
}

async function connect(to = port): Promise<RawPeer> {
  const client = await rawClient(to);
  clients.push(client);
  return client;
}

/** The upstream with another server. */
function servedBy(origin: NamedOrigin): ProxyConfig {
  const upstream = { ...config.upstreams[0]!, servers: [serverConfig(origin.port)] };
  return { ...config, upstreams: [upstream] };
}

function status() {
  return balancer.status();
}

describe('a worker that dies', () => {
  const channel = new BroadcastChannel('crash');
  const entry = new URL('../crashing-worker.fixture.ts', import.meta.url);

  it('between prepare and apply is replaced, and follows', async () => {
    await start(entry);
    const before = descriptors();
    const after = servedBy(two);
    const prepared = await balancer.prepareReload({
      ...after,
      listeners: [...after.listeners, fresh],
    });
    channel.postMessage(1);
    await vi.waitFor(() => expect(status().workers[1]!.deaths).toBe(1));
    await prepared.apply();
    await vi.waitFor(() => expect(status().workers[1]!.state).toBe('running'), 15_000);
    for (const to of [port, fresh.binds[0]!.port]) {
      const all = await Promise.all(Array.from({ length: 12 }, () => connect(to)));
      for (const client of all) expect(await ask(client)).toContain('from two');
    }
    for (const { socket } of clients.splice(0)) socket.destroy();
    await reload(balancer, after);
    await vi.waitFor(() => expect(descriptors()).toBeLessThanOrEqual(before + 4), 15_000);
  });

  it('and has a successor that is told of what is prepared, which then follows', async () => {
    await start(entry);
    const prepared = await balancer.prepareReload(servedBy(two));
    channel.postMessage(0);
    await vi.waitFor(() => {
      expect(status().workers[0]).toMatchObject({ deaths: 1, state: 'running' });
    }, 15_000);
    await prepared.apply();
    const all = await Promise.all(Array.from({ length: 12 }, () => connect()));
    for (const client of all) expect(await ask(client)).toContain('from two');
    channel.close();
  });
});

describe('a balancer that stops', () => {
  it('while a reload is prepared forgets it', async () => {
    await start();
    const prepared = await balancer.prepareReload({
      ...config,
      listeners: [...config.listeners, fresh],
    });
    const stopped = balancer.stop();
    expect(await refusal(prepared.apply())).toHaveLength(1);
    expect(await stopped).toEqual({ cut: 0 });
    expect(await refusal(balancer.prepareReload(config))).toEqual(['the balancer is stopping']);
  });

  it('while a reload is applied ends in order', async () => {
    await start();
    const client = await connect();
    client.send(request());
    const prepared = await balancer.prepareReload(servedBy(two));
    const applied = prepared.apply();
    const stopped = balancer.stop();
    await applied;
    await client.has('from ');
    client.socket.end();
    expect(await stopped).toEqual({ cut: 0 });
  });
});
