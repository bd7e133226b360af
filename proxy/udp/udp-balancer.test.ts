import { readdirSync } from 'node:fs';
import { BroadcastChannel } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ProxyConfig } from '../../src/config/proxy-config.ts';
import { Balancer } from '../balancer.ts';
import { SILENT_LOG, udpConfig, upstreamConfig } from '../data-plane.fixture.ts';
import { freePort, listenOn, reload } from '../reload/reload.fixture.ts';
import { UdpPeer } from './udp-peers.fixture.ts';

/** Enough flows that both workers have some, but for one run in a million million. */
const CLIENTS = 40;

let origin: UdpPeer;
let clients: UdpPeer[] = [];
let balancer: Balancer;
let config: ProxyConfig;

beforeEach(async () => {
  origin = await UdpPeer.listen();
  origin.socket.on('message', (bytes, from) => {
    origin.socket.send(bytes, from.port, from.address);
  });
});

afterEach(async () => {
  await balancer.stop();
  await Promise.all([origin, ...clients].map((peer) => peer.close()));
  clients = [];
});

async function start(entry?: URL): Promise<void> {
  config = {
    ...udpConfig(upstreamConfig([origin.port])),
    workers: 2,
    drainTimeoutMs: 5000,
  };
  balancer = new Balancer(config, { log: SILENT_LOG }, entry);
  await balancer.started;
  const { port } = balancer.status().listeners[0]!.binds[0]!;
  clients = await Promise.all(Array.from({ length: CLIENTS }, () => UdpPeer.client(port)));
}

function totals() {
  return balancer.status().listeners[0]!.totals;
}

/** Every client asks once and is answered. */
async function askAll(text: string): Promise<void> {
  for (const client of clients) client.send(text);
  const answers = await Promise.all(clients.map((client) => client.next()));
  expect(new Set(answers.map((answer) => answer.text))).toEqual(new Set([text]));
}

describe('UDP over two workers', () => {
  it('keeps a flow on its worker: one session each, however often it asks', async () => {
    await start();
    for (const text of ['one', 'two', 'three']) await askAll(text);
    expect(totals()).toMatchObject({ accepted: CLIENTS, open: CLIENTS, datagramsIn: 3 * CLIENTS });
    expect(balancer.status().upstreams[0]!.servers[0]!.totals.inFlight).toBe(CLIENTS);
    expect(balancer.status().listeners[0]!.protocol).toBe('udp');
  });

  it('is had again by who gives the address up and wants it back, while flows go on', async () => {
    await start();
    const [listener] = config.listeners;
    const there = { ...config, listeners: [listenOn(listener!, 'there', await freePort())] };
    const gone = { ...config, listeners: [] };
    await reload(balancer, there);
    const { port } = there.listeners[0]!.binds[0]!;
    const [first, ...others] = await Promise.all(clients.map(() => UdpPeer.client(port)));
    clients.push(first!, ...others);
    const ask = async (text: string, peers: readonly UdpPeer[]) => {
      for (const peer of peers) peer.send(text);
      for (const peer of peers) expect((await peer.next()).text).toBe(text);
    };
    await ask('before', [first!]);
    for (let turn = 0; turn < 3; turn++) {
      await reload(balancer, gone);
      await ask('without', [first!]);
      // Nobody is there for them; what they send is not answered later.
      for (const peer of others) peer.send('lost');
      await reload(balancer, there);
      await ask('again', [first!]);
    }
    await ask('new', others);
    expect(balancer.status().workers.map(({ deaths }) => deaths)).toEqual([0, 0]);
  });

  it('goes on after a worker has died, and what it held is given back', async () => {
    await start(new URL('../crashing-worker.fixture.ts', import.meta.url));
    await askAll('before');
    const channel = new BroadcastChannel('crash');
    channel.postMessage(0);
    const deaths = () => balancer.status().workers.map((worker) => worker.deaths);
    await vi.waitFor(() => expect(deaths()).toEqual([1, 0]), { timeout: 5000 });
    channel.close();
    // What comes meanwhile waits in the socket, which is the main thread's.
    await askAll('after');
    const { accepted, closed, open } = totals();
    expect(open).toBe(CLIENTS);
    expect(accepted).toBe(closed + open);
    expect(closed).toBeGreaterThan(0);
  });

  it('takes nobody with it when a worker dies under a flood, and leaves no descriptor open', {
    timeout: 30_000,
  }, async () => {
    await start(new URL('../crashing-worker.fixture.ts', import.meta.url));
    await askAll('before');
    const descriptors = () => readdirSync('/proc/self/fd').length;
    const before = descriptors();
    const flood = setInterval(() => {
      for (const client of clients) client.send('flood');
    }, 1);
    const channel = new BroadcastChannel('crash');
    for (const index of [0, 1, 0, 1]) {
      const { deaths } = balancer.status().workers[index]!;
      channel.postMessage(index);
      const replaced = { deaths: deaths + 1, state: 'running' };
      const worker = () => expect(balancer.status().workers[index]).toMatchObject(replaced);
      await vi.waitFor(worker, { timeout: 5000 });
    }
    channel.close();
    clearInterval(flood);
    // Each client has its one session again, so there are as many sockets as there were.
    await vi.waitFor(() => expect(totals().open).toBe(CLIENTS));
    expect(descriptors()).toBeLessThan(before + CLIENTS / 2);
  });

  it('stops when its sessions have fallen silent, and gives the port back', async () => {
    await start();
    await askAll('last');
    const { port } = balancer.status().listeners[0]!.binds[0]!;
    expect(await balancer.stop()).toEqual({ cut: 0 });
    const next = await UdpPeer.listen(port);
    await next.close();
  });

  it('does not share a port with somebody else', async () => {
    await start();
    const bind = { host: '127.0.0.1', port: origin.port };
    const config = udpConfig(upstreamConfig([1]), { binds: [bind] });
    expect(() => new Balancer(config, { log: SILENT_LOG })).toThrow('the port is in use');
  });
});
