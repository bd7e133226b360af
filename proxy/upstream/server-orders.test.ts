import { beforeEach, expect, test } from 'vitest';
import { VirtualClock } from '../health/virtual-clock.fixture.ts';
import type { Logger } from '../ports.ts';
import { Verdict } from '../shared/layout.ts';
import { LiveServers } from './live-servers.ts';
import { ServerRegistry } from './registry.ts';
import { ServerOrders } from './server-orders.ts';
import { ServerWishes } from './server-wishes.ts';
import { serversOf, stateOf, upstreamOf } from './upstream.fixture.ts';

const said: string[] = [];
const log: Logger = {
  debug() {},
  info: (_, message) => said.push(message),
  warn() {},
  error: (_, message) => said.push(`ERROR ${message}`),
  child: () => log,
};
let registry: ServerRegistry;
let orders: ServerOrders;
let servers: LiveServers;

beforeEach(() => {
  said.length = 0;
  registry = new ServerRegistry(stateOf());
  const wishes = new ServerWishes();
  const [a, b, c] = serversOf({}, {}, { host: '2001:db8::21' });
  const upstreams = [upstreamOf([a!, b!]), upstreamOf([a!, c!], { name: 'web' })];
  servers = new LiveServers(upstreams, {
    ...{ registry, wishes, log, clock: new VirtualClock() },
    configure() {},
    tell() {},
    versionInUse: () => Number.POSITIVE_INFINITY,
  });
  orders = new ServerOrders(servers, { registry, wishes, log });
});

const drain = (server: string, upstream: string | null = null, draining = true) =>
  orders.carryOut({ server, upstream, change: { draining } }).servers;

test('an address is meant in every upstream that has it, or in one', () => {
  expect(drain('198.51.100.21:80').map(({ upstream }) => upstream)).toEqual(['api', 'web']);
  expect(drain('198.51.100.21:80', 'web', false)).toEqual([
    {
      upstream: 'web',
      server: '198.51.100.21:80',
      draining: false,
      weight: 1,
      weightInFile: 1,
      inFlight: 0,
      fit: 2,
      panic: false,
      sticky: false,
    },
  ]);
  expect(registry.draining('api|198.51.100.21:80')).toBe(true);
  expect(said).toEqual([
    "server 198.51.100.21:80 of upstream api: drains, the file's weight, as an operator wants it",
    "server 198.51.100.21:80 of upstream web: drains, the file's weight, as an operator wants it",
    "server 198.51.100.21:80 of upstream web: gets new work, the file's weight, as an operator wants it",
  ]);
});

test.each(['2001:db8::21', '[2001:db8::21]:80'])('%s is the IPv6 server', (server) => {
  expect(drain(server)).toMatchObject([{ upstream: 'web', server: '[2001:db8::21]:80' }]);
});

test('a drain and a weight are two things', () => {
  drain('198.51.100.22');
  const weight = (value: number | null) =>
    orders.carryOut({ server: '198.51.100.22', upstream: null, change: { weight: value } }).servers;
  expect(weight(4)).toMatchObject([{ draining: true, weight: 4, weightInFile: 1 }]);
  expect(orders.wishes).toEqual([['api|198.51.100.22:80', { draining: true, weight: 4 }]]);
  expect(drain('198.51.100.22', null, false)).toMatchObject([{ draining: false, weight: 4 }]);
  weight(null);
  expect(orders.wishes).toEqual([]);
});

test('who is left for new work is told: neither drained nor down nor without weight', () => {
  const kindsFit = (order: () => readonly { fit: number }[]) => order().map((one) => one.fit);
  expect(kindsFit(() => drain('198.51.100.21', 'api'))).toEqual([1]);
  expect(kindsFit(() => drain('198.51.100.22', 'api'))).toEqual([0]);
  expect(kindsFit(() => drain('198.51.100.21', 'api', false))).toEqual([1]);
  registry.setVerdict('api|198.51.100.21:80', Verdict.down);
  expect(kindsFit(() => drain('198.51.100.22', 'api', false))).toEqual([1]);
  const change = { weight: 0 };
  expect(
    kindsFit(() => orders.carryOut({ server: '198.51.100.22', upstream: null, change }).servers),
  ).toEqual([0]);
});

test('what is not there is refused with what is', () => {
  const there = '198.51.100.21:80, 198.51.100.22:80, [2001:db8::21]:80';
  expect(() => drain('198.51.100.21:81')).toThrow(`no server 198.51.100.21:81; there is: ${there}`);
  expect(() => drain('198.51.100.22', 'web')).toThrow(
    'no server 198.51.100.22 in upstream web; there is: 198.51.100.21:80, [2001:db8::21]:80',
  );
  expect(() => drain('198.51.100.22', 'shop')).toThrow('no upstream shop; there is: api, web');
  expect([said, orders.wishes]).toEqual([[], []]);
});

test('what is ordered of a server that goes is shown, and can be taken back', () => {
  drain('198.51.100.22');
  const [first] = serversOf({});
  servers.update(({ name, servers: now }) => (name === 'api' ? [first!] : now));
  const gone = { upstream: 'api', server: '198.51.100.22:80' };
  expect(orders.absent).toEqual([{ ...gone, draining: true, weight: null }]);
  expect(() => drain('198.51.100.22')).toThrow('no server 198.51.100.22');
  const undrained = { server: '198.51.100.22', upstream: 'api', change: { draining: false } };
  expect(orders.carryOut(undrained)).toEqual({ servers: [], forgotten: [gone] });
  expect([orders.absent, orders.wishes]).toEqual([[], []]);
});

test('an order that leaves nobody is an error in the log', () => {
  drain('198.51.100.21:80', 'api');
  said.length = 0;
  drain('198.51.100.22', 'api');
  expect(said[1]).toBe('ERROR upstream api has no server left, as an operator wants it');
});
