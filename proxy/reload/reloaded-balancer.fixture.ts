/** A balancer that a test reloads, its origins and its clients: anew for each test. */
import { afterEach, beforeEach } from 'vitest';
import type { ProxyConfig } from '../../src/config/proxy-config.ts';
import { Balancer } from '../balancer.ts';
import { proxyConfig, SILENT_LOG, serverConfig, upstreamConfig } from '../data-plane.fixture.ts';
import { type RawPeer, rawClient } from '../raw-peers.fixture.ts';
import { freePort, listenOn, NamedOrigin } from './reload.fixture.ts';

export let one: NamedOrigin;
export let two: NamedOrigin;
/** Of the listener `front`, whose requests go to `one`. */
export let port: number;
export let config: ProxyConfig;
/** After {@link start}. */
export let balancer: Balancer;
/** Ended after the test. */
export const clients: RawPeer[] = [];

/** For every test of a file: origins and a config before it, and nothing left of all after it. */
export function anewForEachTest(): void {
  beforeEach(async () => {
    one = await NamedOrigin.listen('one');
    two = await NamedOrigin.listen('two');
    port = await freePort();
    const plain = proxyConfig(upstreamConfig([one.port]));
    const listeners = [listenOn(plain.listeners[0]!, 'front', port)];
    config = { ...plain, workers: 2, listeners };
  });

  afterEach(async () => {
    for (const { socket } of clients.splice(0)) socket.destroy();
    await balancer.stop();
    one.close();
    two.close();
  });
}

/** Starts the balancer with the config, changed like that. */
export async function start(changes: Partial<ProxyConfig> = {}, entry?: URL): Promise<void> {
  config = { ...config, ...changes };
  balancer = new Balancer(config, { log: SILENT_LOG }, entry);
  await balancer.started;
}

/** A client of that port; ended after the test. */
export async function connect(to = port): Promise<RawPeer> {
  const client = await rawClient(to);
  clients.push(client);
  return client;
}

/** The config, its upstream with other servers. */
export function servedBy(...origins: NamedOrigin[]): ProxyConfig {
  const servers = origins.map((origin) => serverConfig(origin.port));
  return { ...config, upstreams: [{ ...config.upstreams[0]!, servers }] };
}

/** Of the balancer, as it is now. */
export function status() {
  return balancer.status();
}
