import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DrainOrder } from '../../keepalive/index.ts';
import {
  DRAINING_ADDRESSES_MAX,
  decodeDrainOrders,
  encodeDrainOrders,
  ORDER_LINE_BYTES_MAX,
} from './drain-orders.ts';
import { encodeReadiness } from './readiness.ts';
import { ReadinessClient } from './readiness-client.ts';
import { listenForBalancer } from './readiness-server.ts';

const log = pino({ level: 'silent' });
let dir: string;
let path: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tandem-'));
  path = join(dir, 'agent.sock');
});
afterEach(() => rmSync(dir, { recursive: true }));

const address = fc.oneof(fc.ipV4(), fc.ipV6());
const order = fc.record({
  addresses: fc.array(address, { minLength: 1, maxLength: 5 }),
  leftMs: fc.nat(86_400_000),
});

test('orders are read back, and noise is none', () => {
  fc.assert(
    fc.property(fc.array(order, { maxLength: 5 }), (orders) => {
      expect(decodeDrainOrders(encodeDrainOrders(orders).trimEnd())).toEqual(orders);
    }),
  );
  fc.assert(fc.property(fc.string(), (noise) => void decodeDrainOrders(noise)));
  fc.assert(fc.property(fc.json(), (noise) => void decodeDrainOrders(noise)));
  const near = fc.record({ type: fc.constant('drain'), drains: fc.jsonValue() });
  fc.assert(fc.property(near, (value) => void decodeDrainOrders(JSON.stringify(value))));
});

test('what is no order is refused as a whole', () => {
  const line = (drains: unknown) => JSON.stringify({ type: 'drain', drains });
  expect(decodeDrainOrders(line([]))).toEqual([]);
  for (const wrong of [
    null,
    [null],
    [{ addresses: [], leftMs: 1 }],
    [{ addresses: ['somewhere'], leftMs: 1 }],
    [{ addresses: [7], leftMs: 1 }],
    [{ addresses: ['192.0.2.1'], leftMs: -1 }],
    [{ addresses: ['192.0.2.1'], leftMs: 1.5 }],
    [{ addresses: ['192.0.2.1'], leftMs: 1e12 }],
    [{ addresses: ['192.0.2.1'] }],
    [{ addresses: Array(DRAINING_ADDRESSES_MAX + 1).fill('192.0.2.1'), leftMs: 1 }],
    Array(2).fill({ addresses: Array(DRAINING_ADDRESSES_MAX).fill('192.0.2.1'), leftMs: 1 }),
    Array(257).fill({ addresses: ['192.0.2.1'], leftMs: 1 }),
  ]) {
    expect(decodeDrainOrders(line(wrong))).toBeNull();
  }
});

test('the longest order there can be fits in a line', () => {
  const addresses = Array(10).fill('2001:0db8:1111:2222:3333:4444:5555:6666');
  const orders = Array(300).fill({ addresses, leftMs: Number.MAX_SAFE_INTEGER });
  const line = encodeDrainOrders(orders);
  expect(Buffer.byteLength(line)).toBeLessThan(ORDER_LINE_BYTES_MAX);
  const read = decodeDrainOrders(line.trimEnd())!;
  expect(read.flatMap((each) => each.addresses)).toHaveLength(DRAINING_ADDRESSES_MAX);
});

/** Collects what a client is ordered. */
function clientOf(): { client: ReadinessClient; orders: (readonly DrainOrder[])[] } {
  const orders: (readonly DrainOrder[])[] = [];
  const client = new ReadinessClient(path, log);
  client.onDrainOrders((drains) => orders.push(drains));
  return { client, orders };
}

test('an order goes to the balancer at once, and again to each that connects, with what is left', async () => {
  const server = await listenForBalancer(path, log, () => {});
  const first = clientOf();
  await expect.poll(() => first.orders).toEqual([[]]);
  server.drain([{ addresses: ['192.0.2.1', '2001:db8::1'], leftMs: 60_000 }]);
  await expect.poll(() => first.orders).toHaveLength(2);
  expect(first.orders[1]![0]!.addresses).toEqual(['192.0.2.1', '2001:db8::1']);
  first.client.close();
  const second = clientOf();
  await expect.poll(() => second.orders).toHaveLength(1);
  const { leftMs } = second.orders[0]![0]!;
  expect(leftMs).toBeLessThan(60_000);
  expect(leftMs).toBeGreaterThan(0);
  server.drain([]);
  await expect.poll(() => second.orders[1]).toEqual([]);
  second.client.close();
  server.close();
});

test('an agent that was restarted takes back what the one before has ordered', async () => {
  const first = await listenForBalancer(path, log, () => {});
  const { client, orders } = clientOf();
  await expect.poll(() => orders).toHaveLength(1);
  first.drain([{ addresses: ['192.0.2.1'], leftMs: 60_000 }]);
  await expect.poll(() => orders).toHaveLength(2);
  first.close();
  const second = await listenForBalancer(path, log, () => {});
  await expect.poll(() => orders.at(-1)).toEqual([]);
  client.close();
  second.close();
});

test('a balancer that did not read hears the last order when it does', async () => {
  const server = await listenForBalancer(path, log, () => {});
  const socket = net.connect(path);
  await once(socket, 'connect');
  socket.write(encodeReadiness({ ready: true, reasons: [] }));
  await once(socket, 'data');
  socket.pause();
  const addresses = Array(DRAINING_ADDRESSES_MAX).fill('2001:db8:1111:2222:3333:4444:5555:6666');
  for (let i = 0; i < 50; i++) server.drain([{ addresses, leftMs: 1000 }]);
  server.drain([{ addresses: ['192.0.2.9'], leftMs: 60_000 }]);
  let heard = '';
  socket.setEncoding('utf8').on('data', (text) => {
    heard += text;
  });
  socket.resume();
  await expect.poll(() => heard.trimEnd().split('\n').at(-1)).toContain('192.0.2.9');
  socket.destroy();
  server.close();
});
