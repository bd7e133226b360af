/** A draining address over several workers: one order, one sum. */
import { once } from 'node:events';
import http2 from 'node:http2';
import { BroadcastChannel } from 'node:worker_threads';
import { afterAll, afterEach, expect, test } from 'vitest';
import { Balancer } from '../balancer.ts';
import { HTTP2, proxyConfig, SILENT_LOG, upstreamConfig } from '../data-plane.fixture.ts';
import type { RawPeer } from '../raw-peers.fixture.ts';
import { clientAt, LEAVING, onAllAddresses, only, STAYING } from './draining.fixture.ts';
import { HeldOrigin } from './held-origin.fixture.ts';

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const CRASHING = new URL('../crashing-worker.fixture.ts', import.meta.url);
const channel = new BroadcastChannel('crash');
afterAll(() => channel.close());

async function startTwo(
  entry?: URL,
): Promise<{ balancer: Balancer; port: number; origin: HeldOrigin }> {
  const origin = await HeldOrigin.listen();
  closers.push(() => origin.close());
  const listener = { http2: HTTP2, connectionsMax: 1000 };
  const config = onAllAddresses(proxyConfig(upstreamConfig([origin.port]), listener));
  const balancer = new Balancer({ ...config, workers: 2 }, { log: SILENT_LOG }, entry);
  await balancer.started;
  closers.push(() => balancer.stop());
  return { balancer, port: balancer.status().listeners[0]!.binds[0]!.port, origin };
}

/** So many clients of an address, each kept after an answer. */
async function idle(port: number, count: number, host = LEAVING): Promise<RawPeer[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const peer = await clientAt(host, port);
      closers.push(() => peer.socket.destroy());
      peer.send(GET);
      await peer.has('ok');
      peer.take();
      return peer;
    }),
  );
}

const PATIENCE = { timeout: 10_000 };

test('both workers count, ask to leave, and cut what is left', async () => {
  const { balancer, port, origin } = await startTwo();
  const peers = await idle(port, 40);
  await idle(port, 5, STAYING);
  const session = http2.connect(`http://${LEAVING}:${port}`);
  closers.push(() => session.destroy());
  await once(session, 'remoteSettings');
  const stuck = await clientAt(LEAVING, port);
  closers.push(() => stuck.socket.destroy());
  stuck.send('GET /held HTTP/1.1\r\nHost: x\r\n\r\n');
  await expect.poll(() => origin.held).toBe(1);
  expect(balancer.connections()).toBeUndefined();
  let changes = 0;
  balancer.onConnections(() => changes++);
  balancer.drainAddresses([{ addresses: [LEAVING, '2001:db8::1'], leftMs: 600_000 }]);
  const kinds = () => balancer.connections()?.map((each) => each.kinds);
  const all = [only({ idle: 40, http2: 1, http1: 1 }), only({})];
  await expect.poll(kinds, PATIENCE).toEqual(all);
  await expect.poll(() => changes, PATIENCE).toBeGreaterThan(0);
  expect(balancer.connections()!.map(({ address }) => address)).toEqual([LEAVING, '2001:db8::1']);
  expect(balancer.connections()![0]!.oldestMs).toBeGreaterThan(0);
  for (const peer of peers.slice(0, 10)) peer.socket.destroy();
  await expect.poll(() => kinds()?.[0]?.idle, PATIENCE).toBe(30);
  // The same order with less time: the polite part is what it was, 30 s, and has nearly passed.
  balancer.drainAddresses([{ addresses: [LEAVING], leftMs: 2500 }]);
  await once(session, 'close');
  await Promise.all(peers.slice(10).map((peer) => peer.end()));
  expect(await stuck.closed()).toBe('ECONNRESET');
  for (const peer of peers) peer.socket.destroy();
  await expect.poll(kinds, PATIENCE).toEqual([only({})]);
  expect(balancer.status().draining).toMatchObject([{ address: LEAVING, leftMs: 0, cut: 1 }]);
  expect(balancer.status().listeners[0]!.totals.open).toBe(5);
  balancer.drainAddresses([]);
  expect(balancer.status().draining).toEqual([]);
  expect(balancer.connections()).toBeUndefined();
});

test('who was not told yet goes on when the order is taken back', async () => {
  const { balancer, port } = await startTwo();
  const peers = await idle(port, 20);
  balancer.drainAddresses([{ addresses: [LEAVING], leftMs: 600_000 }]);
  balancer.drainAddresses([{ addresses: [LEAVING], leftMs: 20_000 }]);
  await expect.poll(() => balancer.connections()?.[0]?.kinds, PATIENCE).toEqual(only({ idle: 20 }));
  expect(balancer.status().draining[0]!.polite).toBe(true);
  peers[0]!.send(GET);
  expect(await peers[0]!.end()).toMatch(/connection: close/i);
  balancer.drainAddresses([]);
  // The workers have it when they have counted for another address.
  balancer.drainAddresses([{ addresses: ['192.0.2.1'], leftMs: 600_000 }]);
  await expect.poll(() => balancer.connections()?.[0]?.kinds, PATIENCE).toEqual(only({}));
  for (const peer of peers.slice(1)) peer.send(GET);
  const answers = await Promise.all(peers.slice(1).map((peer) => peer.has('ok')));
  for (const answer of answers) expect(answer).not.toMatch(/connection: close/i);
});

test('a worker that dies takes its connections with it, and the next one counts on', async () => {
  const { balancer, port } = await startTwo(CRASHING);
  await idle(port, 20);
  balancer.drainAddresses([{ addresses: [LEAVING], leftMs: 600_000 }]);
  const count = () => balancer.connections()?.[0]?.kinds.idle;
  await expect.poll(count, PATIENCE).toBe(20);
  channel.postMessage(0);
  await expect.poll(() => balancer.status().workers[0]!.deaths, PATIENCE).toBe(1);
  const { open } = balancer.status().listeners[0]!.totals;
  expect(open).toBeLessThan(20);
  expect(count()).toBe(open);
  await expect.poll(() => balancer.status().workers[0]!.state, PATIENCE).toBe('running');
  const more = 20;
  await idle(port, more);
  await expect.poll(count, PATIENCE).toBe(open + more);
  balancer.drainAddresses([]);
});
