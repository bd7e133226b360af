import { expect, test } from 'vitest';
import type { AgentPart, RouterPart, ServerRow, Snapshot } from '../snapshot.ts';
import { type Order, orderOf, outcomeOf, pathOfOrder, questionOf } from './orders.ts';

const server: ServerRow = {
  upstream: 'api',
  server: '198.51.100.21:80',
  state: 'up',
  tone: 'good',
  since: '3m',
  weight: 1,
  inFlight: 3,
  requests: 1,
  failed: 0,
  remarks: [],
  draining: false,
  others: 1,
};
const router: RouterPart = {
  name: 'web',
  addresses: ['198.51.100.100/24'],
  where: 'VRID 51 on eth0',
  roles: [],
  remarks: [],
  active: true,
  yielded: true,
  successor: 'edge-b',
  limits: ['a planned switch breaks every connection without a lease'],
  transitions: [],
  knownFrom: 0,
};
const agent: AgentPart = {
  ...{ node: 'edge-a', summary: '', held: false, holds: [] },
  peer: { name: 'edge-b', connected: true, paths: [], remarks: [] },
  routers: [router],
};

function snapshot(servers: readonly ServerRow[] = [server]): Snapshot {
  const upstream = { name: 'api', policy: 'p', summary: '', tone: 'good', servers } as const;
  return {
    ...{ at: 0, host: 'edge-a', version: '1', tone: 'good', problems: [], point: null },
    balancer: { summary: '', open: 7, listeners: [], upstreams: [upstream], absent: [] },
    agent,
  };
}

const drain: Order = { type: 'drain', upstream: 'api', server: '198.51.100.21:80' };

test('before a drain it is said what goes on, and what is left', () => {
  const question = questionOf(drain, snapshot())!;
  expect(question.lines.join(' ')).toContain('3 requests and sessions in flight are finished');
  expect(question.lines.join(' ')).toContain('1 other server of api takes its work');
  expect(question.lines.join(' ')).toContain('edge-b has a list of its own');
  const alone = questionOf(drain, { ...snapshot(), agent: null })!;
  expect(alone.lines.join(' ')).not.toContain('list of its own');
  expect(question.warnings).toEqual([]);
  const last = questionOf(drain, snapshot([{ ...server, others: 0 }]))!;
  expect(last.warnings.join()).toContain('HTTP clients get 503');
});

test('before a handover it is said who takes over, how many go on, and what would break', () => {
  const question = questionOf({ type: 'handover', router: 'web' }, snapshot())!;
  expect(question.lines[0]).toContain('edge-b becomes Active for 198.51.100.100/24');
  expect(question.lines[1]).toContain('edge-a has 7 connections open');
  expect(question.warnings).toEqual(router.limits);
  expect(questionOf({ type: 'release' }, snapshot())!.lines.join()).toContain('take back: web');
});

test('nothing is asked about what is not there any more', () => {
  expect(questionOf(drain, snapshot([]))).toBeNull();
  expect(questionOf({ type: 'handover', router: 'x' }, snapshot())).toBeNull();
  expect(questionOf({ type: 'hold' }, { ...snapshot(), agent: 'silent' })).toBeNull();
});

test('orders are sent in the words of the control sockets, whatever names contain', () => {
  expect(pathOfOrder(drain)).toBe('/servers?server=198.51.100.21%3A80&upstream=api&drain=1');
  expect(pathOfOrder({ ...drain, type: 'undrain', upstream: 'a&drain=1' })).toBe(
    '/servers?server=198.51.100.21%3A80&upstream=a%26drain%3D1&drain=0',
  );
  expect(pathOfOrder({ type: 'handover', router: 'web' })).toBe('/handover?routers=web');
  expect(pathOfOrder({ type: 'release' })).toBe('/hold?on=0');
});

test.each([
  [drain, 200, '{"servers":[],"unkept":null}', true, 'gets no new work'],
  [drain, 200, '{"servers":[],"unkept":"disk full"}', true, 'not kept over a restart: disk full'],
  [drain, 404, '{"error":"no server x"}', false, 'Refused (404): no server x'],
  [drain, 401, 'the token is wrong\n', false, 'Refused (401): the token is wrong'],
  [drain, 502, '', false, 'no reason was given'],
  [
    { type: 'handover', router: 'web' },
    200,
    '{"results":[{"routers":["web"],"outcome":"given","reason":null,"to":"edge-b"}]}',
    true,
    'web: given to edge-b',
  ],
  [
    { type: 'handover', router: 'web' },
    200,
    '{"results":[{"routers":["web"],"outcome":"refused","reason":"held","to":"edge-b"}]}',
    false,
    'web: not given: held',
  ],
] as const)('%j, answered %i %s', (order, status, body, done, text) => {
  const outcome = outcomeOf(order as Order, status, body);
  expect(outcome.done).toBe(done);
  expect(outcome.text).toContain(text);
});

test('a button carries a whole order, or none', () => {
  expect(orderOf({ order: 'drain', upstream: 'api', server: 'a:1' })).toEqual({
    ...{ type: 'drain', upstream: 'api', server: 'a:1' },
  });
  expect(orderOf({ order: 'drain', upstream: 'api' })).toBeNull();
  expect(orderOf({ order: 'reboot' })).toBeNull();
  expect(orderOf({})).toBeNull();
});
