import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Logger } from '../log/logger.ts';
import { decodeCheckRequest, encodeCheckRequest } from './check-request.ts';
import { DRAINING_ADDRESSES_MAX } from './drain-orders.ts';
import { decodeReadiness, encodeReadiness, READINESS_LINE_BYTES_MAX } from './readiness.ts';
import { ReadinessClient } from './readiness-client.ts';
import { type BalancerSign, listenForBalancer } from './readiness-server.ts';

const log = pino({ level: 'silent' });
let dir: string;
let path: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tandem-'));
  path = join(dir, 'agent.sock');
});
afterEach(() => rmSync(dir, { recursive: true }));

/** Collects signs and lets a test await the next one that fits. */
function signs() {
  const seen: BalancerSign[] = [];
  const waiters: (() => void)[] = [];
  return {
    push(sign: BalancerSign) {
      seen.push(sign);
      for (const wake of waiters.splice(0)) wake();
    },
    async until(fits: (sign: BalancerSign) => boolean): Promise<BalancerSign> {
      for (;;) {
        const found = seen.find(fits);
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => waiters.push(resolve));
      }
    },
    clear: () => seen.splice(0),
  };
}

const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/);
const upstream = fc
  .tuple(name, fc.nat(999), fc.nat(999), fc.nat(999))
  .map(([name, up, unknown, down]) => ({ name, up, unknown, total: up + unknown + down }));
const reasons = fc.array(fc.string(), { maxLength: 5 });
const counts = {
  http1: fc.nat(),
  idle: fc.nat(),
  http2: fc.nat(),
  websocket: fc.nat(),
  tcp: fc.nat(),
};
const connections = fc.record({
  address: fc.oneof(fc.ipV4(), fc.ipV6()),
  kinds: fc.record(counts),
  oldestMs: fc.nat(),
});
const anyReadiness = fc.oneof(
  fc.record({ ready: fc.boolean(), reasons, connections: fc.array(connections, { maxLength: 5 }) }),
  fc.record({ ready: fc.boolean(), reasons }),
  fc.record({ ready: fc.boolean(), reasons, serving: fc.boolean() }),
  fc.record({ ready: fc.boolean(), reasons, round: fc.nat() }),
  fc.record({ ready: fc.boolean(), reasons, upstreams: fc.array(upstream, { maxLength: 5 }) }),
);

test('whatever is encoded is decoded, and noise is refused without a throw', () => {
  fc.assert(
    fc.property(anyReadiness, (readiness) => {
      expect(decodeReadiness(encodeReadiness(readiness).trimEnd())).toEqual(readiness);
    }),
  );
  fc.assert(fc.property(fc.string(), (noise) => void decodeReadiness(noise)));
  fc.assert(fc.property(fc.json(), (noise) => void decodeReadiness(noise)));
  expect(decodeReadiness('{"type":"readiness","ready":"yes","reasons":[]}')).toBeNull();
  expect(decodeReadiness('null')).toBeNull();
});

test('numbers that are no counts of servers are refused', () => {
  const line = (health: unknown) =>
    JSON.stringify({ type: 'readiness', ready: true, reasons: [], upstreams: [health] });
  expect(decodeReadiness(line({ name: 'api', up: 1, unknown: 1, total: 2 }))).not.toBeNull();
  for (const wrong of [
    { name: 'api', up: 2, unknown: 1, total: 2 },
    { name: 'api', up: -1, unknown: 0, total: 2 },
    { name: 'api', up: 0.5, unknown: 0, total: 2 },
    { name: 'x'.repeat(64), up: 0, unknown: 0, total: 2 },
    { up: 0, unknown: 0, total: 2 },
    null,
  ]) {
    expect(decodeReadiness(line(wrong))).toBeNull();
  }
});

test('what is no count of connections on an address is refused', () => {
  const none = { http1: 0, idle: 0, http2: 0, websocket: 0, tcp: 0 };
  const line = (connections: unknown) =>
    JSON.stringify({ type: 'readiness', ready: true, reasons: [], connections });
  const sound = { address: '192.0.2.1', kinds: none, oldestMs: 5 };
  const newer = { ...sound, kinds: { ...none, http3: 4 } };
  expect(decodeReadiness(line([newer]))?.connections).toEqual([sound]);
  for (const wrong of [
    { ...sound, address: 'example.com' },
    { ...sound, address: '0'.repeat(100) },
    { ...sound, kinds: { ...none, tcp: -1 } },
    { ...sound, kinds: { http1: 0 } },
    { ...sound, kinds: null },
    { ...sound, oldestMs: 0.5 },
    null,
  ]) {
    expect(decodeReadiness(line([wrong]))).toBeNull();
  }
  expect(decodeReadiness(line({}))).toBeNull();
  const many = Array.from({ length: DRAINING_ADDRESSES_MAX + 1 }, () => sound);
  expect(decodeReadiness(line(many))).toBeNull();
});

test('the longest message there can be fits in a line', () => {
  const upstreams = Array.from({ length: 2000 }, (_, index) => ({
    name: `${index}`.padEnd(63, 'x'),
    up: 1024,
    unknown: 1024,
    total: 2048,
  }));
  const long = Array.from({ length: 200 }, () => 'x'.repeat(10_000));
  const most = 2 ** 32;
  const connections = Array.from({ length: 2000 }, () => ({
    address: '2001:0db8:1111:2222:3333:4444:5555:6666',
    kinds: { http1: most, idle: most, http2: most, websocket: most, tcp: most },
    oldestMs: Number.MAX_SAFE_INTEGER,
  }));
  const line = encodeReadiness({ ready: false, reasons: long, upstreams, connections });
  expect(Buffer.byteLength(line)).toBeLessThan(READINESS_LINE_BYTES_MAX);
  expect(decodeReadiness(line)?.connections).toHaveLength(DRAINING_ADDRESSES_MAX);
  expect(decodeReadiness(line)?.upstreams).toHaveLength(1024);
});

test('the agent hears readiness, its changes, and the end of the connection as death', async () => {
  const heard = signs();
  const server = await listenForBalancer(path, log, heard.push);
  const client = new ReadinessClient(path, log);
  await heard.until((sign) => sign.alive && !sign.ready);
  client.update({ ready: true, reasons: [] });
  await heard.until((sign) => sign.ready);
  client.close();
  const death = await heard.until((sign) => !sign.alive);
  expect(death.ready).toBe(false);
  server.close();
});

test('the balancer comes back to an agent that was restarted, with its last word', async () => {
  const heard = signs();
  const first = await listenForBalancer(path, log, heard.push);
  const client = new ReadinessClient(path, log);
  client.update({ ready: true, reasons: [] });
  await heard.until((sign) => sign.ready);
  first.close();
  heard.clear();
  const second = await listenForBalancer(path, log, heard.push);
  await heard.until((sign) => sign.ready);
  client.close();
  second.close();
});

test('a stranger on the socket changes nothing, and is shown out when it speaks', async () => {
  const heard = signs();
  const server = await listenForBalancer(path, log, heard.push);
  const client = new ReadinessClient(path, log);
  client.update({ ready: true, reasons: [] });
  await heard.until((sign) => sign.ready);
  heard.clear();
  const stranger = net.connect(path);
  await once(stranger, 'connect');
  stranger.write('hello\n');
  await once(stranger, 'close');
  client.update({ ready: true, reasons: [], upstreams: [] });
  await heard.until((sign) => sign.upstreams !== undefined);
  expect(heard.clear().every((sign) => sign.alive && sign.ready)).toBe(true);
  client.close();
  server.close();
});

test('wrong lines without end are logged a few times, with their number', async () => {
  const warnings: string[] = [];
  const noting = { ...log, warn: (_fields: object, text: string) => warnings.push(text) };
  const heartbeatMs = 200;
  const server = await listenForBalancer(path, noting as unknown as Logger, () => {}, heartbeatMs);
  const from = performance.now();
  for (let i = 0; i < 40; i++) {
    const stranger = net.connect(path);
    stranger.on('error', () => {}).write('{"type":"readiness"}\n');
    await once(stranger, 'close');
  }
  await expect.poll(() => warnings.at(-1)).toMatch(/somebody said \d+ wrong things on agent\.sock/);
  const heartbeats = Math.ceil((performance.now() - from) / heartbeatMs) + 1;
  expect(warnings.length).toBeLessThanOrEqual(2 * heartbeats);
  server.close();
});

test('a balancer that takes the place of another starts from nothing', async () => {
  const heard = signs();
  const server = await listenForBalancer(path, log, heard.push);
  const first = new ReadinessClient(path, log);
  first.update({ ready: true, reasons: [] });
  await heard.until((sign) => sign.ready);
  heard.clear();
  const second = new ReadinessClient(path, log);
  const said = [await heard.until(() => true)];
  first.close();
  second.close();
  expect(said[0]).toMatchObject({ alive: false, ready: false });
  server.close();
});

test('a connected balancer that has stopped talking is dead until it talks again', async () => {
  const heard = signs();
  const server = await listenForBalancer(path, log, heard.push, 5);
  const socket = net.connect(path);
  socket.write(encodeReadiness({ ready: true, reasons: [] }));
  await heard.until((sign) => sign.ready);
  const silence = await heard.until((sign) => !sign.alive);
  expect(silence.reasons.join()).toMatch(/says nothing/);
  heard.clear();
  socket.write(encodeReadiness({ ready: true, reasons: [] }));
  await heard.until((sign) => sign.ready);
  socket.destroy();
  server.close();
});

test('the agent has origins checked, and hears of the round when it is over', async () => {
  const heard = signs();
  const server = await listenForBalancer(path, log, heard.push);
  expect(server.checkOrigins(1)).toBe(false);
  const client = new ReadinessClient(path, log);
  client.onCheckRequest((round) => client.finished(round));
  client.update({ ready: true, reasons: [] });
  await heard.until((sign) => sign.ready);
  expect(server.checkOrigins(7)).toBe(true);
  await heard.until((sign) => sign.round === 7);
  client.close();
  server.close();
});

test('a request for checks is read back, and noise is none', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 40 }), (round) => {
      expect(decodeCheckRequest(encodeCheckRequest({ round }).trimEnd())).toEqual({ round });
    }),
  );
  fc.assert(fc.property(fc.string(), (noise) => void decodeCheckRequest(noise)));
  fc.assert(fc.property(fc.json(), (noise) => void decodeCheckRequest(noise)));
  expect(decodeCheckRequest('{"type":"check","round":0}')).toBeNull();
  expect(decodeCheckRequest('{"type":"other","round":1}')).toBeNull();
});
