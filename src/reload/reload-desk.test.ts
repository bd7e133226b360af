import { pino } from 'pino';
import { beforeEach, expect, test } from 'vitest';
import { SETTLE_MAX_MS } from './limits.ts';
import {
  type PreparedHalf,
  ReloadDesk,
  type ReloadDeskOptions,
  ReloadRefusal,
} from './reload-desk.ts';
import type { DeskReport, Offer, Unanswered } from './reload-half.ts';
import { SimClock } from './sim-node.case.ts';

const offer: Offer = {
  ...{ digest: 'new', running: 'old', node: null, file: '/f', plan: [], warnings: [] },
  wants: { agent: true, balancer: true },
};
let clock: SimClock;
let events: string[];
let prepared: PreparedHalf;

beforeEach(() => {
  clock = new SimClock();
  events = [];
  prepared = {
    offer,
    async apply() {
      events.push('apply');
    },
    async abandon() {
      events.push('abandon');
    },
  };
});

function desk(more: Partial<ReloadDeskOptions> = {}): ReloadDesk {
  return new ReloadDesk({
    half: 'agent',
    prepare: async () => prepared,
    running: () => 'old',
    preparedMaxMs: 1_000,
    after: clock.after,
    log: pino({ level: 'silent' }),
    ...more,
  });
}

test('one at a time, by its token', async () => {
  const it = desk();
  expect(await it.prepare('one-token')).toEqual({ type: 'prepared', offer });
  expect(await it.prepare('two-token')).toMatchObject({ type: 'busy' });
  expect(await it.apply('two-token')).toMatchObject({ type: 'refused' });
  await it.abandon('two-token');
  expect(it.report()).toMatchObject({ state: 'prepared', token: 'one-token' });
  expect(await it.apply('one-token')).toEqual({ type: 'applied' });
  expect(await it.apply('one-token')).toEqual({ type: 'applied' });
  expect(events).toEqual(['apply']);
  expect(it.report()).toEqual({ state: 'idle', token: null, applied: 'one-token', running: 'old' });
});

test('abandoned while it is prepared: nothing is kept', async () => {
  const ready = Promise.withResolvers<PreparedHalf>();
  const it = desk({ prepare: () => ready.promise });
  const answer = it.prepare('one-token');
  await it.abandon('one-token');
  ready.resolve(prepared);
  expect(await answer).toMatchObject({ type: 'busy' });
  expect(events).toEqual(['abandon']);
  expect(it.report().state).toBe('idle');
});

test('a word that never comes: abandoned after its time, and another may begin', async () => {
  const it = desk();
  await it.prepare('one-token');
  await clock.run(999);
  expect(it.report().state).toBe('prepared');
  await clock.run(1_001);
  expect(events).toEqual(['abandon']);
  expect(await it.apply('one-token')).toMatchObject({ type: 'refused' });
  expect(await it.prepare('two-token')).toMatchObject({ type: 'prepared' });
});

test('the one that applies last does as the other has done', async () => {
  const seen: DeskReport = { state: 'idle', token: null, applied: 'one-token', running: 'new' };
  const it = desk({ leader: async () => seen });
  await it.prepare('one-token');
  await clock.run(1_001);
  expect(events).toEqual(['apply']);
});

test('and does not wait for ever for one that does not come back', async () => {
  const gone: Unanswered = { type: 'absent', why: 'not running' };
  const it = desk({ leader: async () => gone });
  await it.prepare('one-token');
  await clock.run(1_000 + SETTLE_MAX_MS);
  expect(it.report().state).toBe('prepared');
  await clock.run(2_001 + SETTLE_MAX_MS);
  expect(events).toEqual(['abandon']);
});

test('what refuses says why, and what fails is a defect that ends nothing', async () => {
  const reasons = ['f:1:2: a mistake', 'port 80 is in use'];
  const refusing = desk({ prepare: () => Promise.reject(new ReloadRefusal(reasons)) });
  expect(await refusing.prepare('one-token')).toEqual({ type: 'refused', reasons });
  const failing = desk({ prepare: () => Promise.reject(new TypeError('x')) });
  expect(await failing.prepare('one-token')).toMatchObject({
    type: 'refused',
    reasons: ['a defect in Tandem, please report it: x'],
  });
  expect(failing.report().state).toBe('idle');
});

test('a half that stops takes no reload and keeps none', async () => {
  const it = desk();
  await it.prepare('one-token');
  it.close();
  await clock.run(10);
  expect(events).toEqual(['abandon']);
  expect(await it.prepare('two-token')).toMatchObject({ type: 'busy' });
});
