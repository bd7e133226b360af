import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AgentStatus, HandoverResult } from '../../keepalive/index.ts';
import type { Logger } from '../log/logger.ts';
import { HoldFile } from '../runtime/hold-file.ts';
import { OperatorOrders } from './operator-orders.ts';

let dir: string;
let now = 1_000_000;
const warned: string[] = [];
const log = {
  info() {},
  warn: (_: object, text: string) => warned.push(text),
} as unknown as Logger;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tandem-orders-'));
  warned.length = 0;
});
afterEach(() => rmSync(dir, { recursive: true }));

/** An agent that gives whatever it is asked for once `agreed` resolves, and notes what it is told. */
function fakeAgent(agreed: Promise<void> = Promise.resolve()) {
  const told: unknown[] = [];
  let own = false;
  return {
    told,
    async handover(routers: readonly string[] | null): Promise<readonly HandoverResult[]> {
      told.push({ routers });
      await agreed;
      return [{ routers: routers ?? ['web', 'api'], outcome: 'given', reason: null, to: 'b' }];
    },
    hold(on: boolean, by = 'operator') {
      told.push({ on, by });
      own = on;
    },
    status: () =>
      ({
        hold: { own, peer: false },
        routers: [
          { name: 'web', yielded: true },
          { name: 'api', yielded: false },
        ],
      }) as unknown as AgentStatus,
  };
}

function made(agent = fakeAgent()) {
  const file = new HoldFile(dir);
  const operator = new OperatorOrders({ agent, file, log, wallTime: () => now });
  const order = async (path: '/handover' | '/hold', query = '') => {
    const reply = await operator.orders()[path]!(new URLSearchParams(query), undefined as never);
    return { status: reply.status, ...(JSON.parse(reply.body) as object) };
  };
  return { agent, file, operator, order };
}

test('addresses are handed over: all, or those of the routers that are named', async () => {
  const { agent, order } = made();
  const given = { outcome: 'given', reason: null, to: 'b' };
  expect(await order('/handover')).toEqual({
    status: 200,
    results: [{ routers: ['web', 'api'], ...given }],
  });
  expect(await order('/handover', 'routers=api,api')).toEqual({
    status: 200,
    results: [{ routers: ['api'], ...given }],
  });
  expect(agent.told).toEqual([{ routers: null }, { routers: ['api'] }]);
});

test.each([
  ['/handover', 'routers=', 'no virtual router ; there is: web, api'],
  ['/handover', 'routers=web,www', 'no virtual router www; there is: web, api'],
  ['/handover', 'router=web', 'allowed: routers=NAME,NAME'],
  ['/handover', 'routers=web&routers=api', 'allowed: routers=NAME,NAME'],
  ['/hold', '', 'needed: on=1 or on=0'],
  ['/hold', 'on=yes', 'needed: on=1 or on=0'],
  ['/hold', 'on=1&on=0', 'needed: on=1 or on=0'],
] as const)('%s?%s is refused', async (path, query, error) => {
  const { agent, order } = made();
  expect(await order(path, query)).toEqual({ status: 400, error });
  expect(agent.told).toEqual([]);
});

test('one handover is agreed on at a time', async () => {
  const agreed = Promise.withResolvers<void>();
  const { order } = made(fakeAgent(agreed.promise));
  const first = order('/handover');
  expect(await order('/handover')).toMatchObject({ status: 409 });
  agreed.resolve();
  expect(await first).toMatchObject({ status: 200 });
  expect(await order('/handover')).toMatchObject({ status: 200 });
});

test('a hold lasts until it is released, and what was given up is named then', async () => {
  const { order, file, operator, agent } = made();
  now = 5_000;
  expect(await order('/hold', 'on=1')).toMatchObject({
    status: 200,
    hold: { own: true, peer: false, forMs: 0 },
    released: [],
    unkept: null,
  });
  now = 8_000;
  expect(await order('/hold', 'on=1')).toMatchObject({ hold: { forMs: 3_000 } });
  expect(file.read()).toEqual({ type: 'held', since: 5_000 });
  expect(await order('/hold', 'on=0')).toMatchObject({
    hold: { own: false, forMs: null },
    released: ['web'],
  });
  expect(file.read()).toEqual({ type: 'none' });
  expect(operator.report({ own: false, peer: true })).toEqual({
    own: false,
    peer: true,
    forMs: null,
  });
  expect(agent.told).toEqual([
    { on: true, by: 'operator' },
    { on: true, by: 'operator' },
    { on: false, by: 'operator' },
  ]);
});

test('the next agent is held, too', async () => {
  now = 5_000;
  await made().order('/hold', 'on=1');
  now = 65_000;
  const { agent, operator } = made();
  operator.resume();
  expect(agent.told).toEqual([{ on: true, by: 'restart' }]);
  expect(operator.report({ own: true, peer: false })).toMatchObject({ forMs: 60_000 });
});

test('without a file, or with a broken one, it is not; the broken one is told', () => {
  const { agent, operator, file } = made();
  operator.resume();
  expect(warned).toEqual([]);
  writeFileSync(file.path, 'held!');
  operator.resume();
  expect(warned).toEqual([
    expect.stringMatching(/keepalive\.hold\.json is ignored .*tandem hold$/),
  ]);
  expect(agent.told).toEqual([]);
});

test('a hold that cannot be kept is one until the agent ends, and is said to be', async () => {
  const { order, agent } = made();
  rmSync(dir, { recursive: true });
  expect(await order('/hold', 'on=1')).toMatchObject({ hold: { own: true }, unkept: 'ENOENT' });
  expect(agent.told).toEqual([{ on: true, by: 'operator' }]);
  expect(warned).toHaveLength(1);
  dir = mkdtempSync(join(tmpdir(), 'tandem-orders-'));
});
