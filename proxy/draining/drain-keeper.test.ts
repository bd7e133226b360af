import { afterEach, expect, test, vi } from 'vitest';
import { SILENT_LOG } from '../data-plane.fixture.ts';
import { DrainKeeper } from './drain-keeper.ts';
import { only } from './draining.fixture.ts';
import type { DrainList, KindCounts } from './drains.ts';
import { CUT_AHEAD_MS, OVERDUE_MS } from './limits.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** A keeper of two workers that count what the test says, by a clock that the test moves. */
function keeperOfTwo(running = [0, 1]) {
  vi.useFakeTimers();
  const lists: DrainList[] = [];
  const lines: string[] = [];
  const log = { ...SILENT_LOG, info: (_: object, text: string) => lines.push(text) };
  const keeper = new DrainKeeper({
    log: { ...log, warn: log.info },
    now: () => Date.now(),
    tell: (list) => {
      lists.push(list);
      return running;
    },
  });
  const counts = (worker: number, kinds: Partial<KindCounts>, oldestMs = 0, cut = 0) => {
    const connections = [{ address: '192.0.2.1', kinds: only(kinds), oldestMs, cut }];
    keeper.heard(worker, lists.at(-1)!.version, connections);
  };
  return { keeper, lists, lines, counts };
}

const order = (leftMs: number) => [{ addresses: ['192.0.2.1'], leftMs }];

test('what all workers have is one sum, once all have counted', () => {
  const { keeper, counts } = keeperOfTwo();
  let told = 0;
  keeper.onChange(() => told++);
  keeper.order(order(60_000));
  expect(keeper.connections()).toBeUndefined();
  counts(0, { idle: 3, tcp: 1 }, 500);
  expect(keeper.connections()).toBeUndefined();
  expect(keeper.status()[0]).toMatchObject({
    kinds: null,
    oldestMs: null,
    leftMs: 60_000 - CUT_AHEAD_MS,
  });
  counts(1, { idle: 2, http2: 1 }, 9000);
  expect(keeper.connections()).toEqual([
    { address: '192.0.2.1', kinds: only({ idle: 5, tcp: 1, http2: 1 }), oldestMs: 9000 },
  ]);
  vi.advanceTimersByTime(250);
  expect(told).toBe(1);
  vi.advanceTimersByTime(750);
  expect(told).toBe(1);
  // The oldest grows older, and that is told of now and then.
  vi.advanceTimersByTime(500);
  expect(told).toBe(2);
  expect(keeper.connections()![0]!.oldestMs).toBe(10_500);
  for (let i = 0; i < 100; i++) counts(0, { idle: i });
  vi.advanceTimersByTime(250);
  expect(told).toBe(3);
  keeper.stop();
});

test('a worker that is gone has no connections, and is not waited for', () => {
  const { keeper, counts } = keeperOfTwo();
  keeper.order(order(60_000));
  counts(0, { tcp: 4 });
  keeper.released(1);
  expect(keeper.connections()![0]!.kinds).toEqual(only({ tcp: 4 }));
  keeper.released(0);
  expect(keeper.connections()![0]!.kinds).toEqual(only({}));
  keeper.stop();
});

test('what a worker has counted by an older order counts for nothing', () => {
  const { keeper, lists } = keeperOfTwo([0]);
  keeper.order(order(60_000));
  keeper.order(order(50_000));
  keeper.heard(0, lists[0]!.version, []);
  expect(keeper.connections()).toBeUndefined();
  keeper.heard(0, lists[1]!.version, []);
  expect(keeper.connections()).toBeDefined();
  keeper.stop();
});

test('the polite time is the last part of a long drain and half of a short one, also when told again', () => {
  const { keeper, lists } = keeperOfTwo();
  const polite = () => lists.at(-1)!.drains[0]!.politeMs;
  keeper.order(order(600_000));
  expect(polite()).toBe(30_000);
  keeper.order(order(20_000));
  expect(polite()).toBe(30_000);
  expect(keeper.status()[0]!.polite).toBe(true);
  keeper.order([]);
  keeper.order(order(20_000));
  expect(polite()).toBe((20_000 - CUT_AHEAD_MS) / 2);
  expect(keeper.status()[0]!.polite).toBe(false);
  keeper.stop();
});

test('what is taken back is over at once, and said', () => {
  const { keeper, counts, lists, lines } = keeperOfTwo();
  let told = 0;
  keeper.order(order(60_000));
  counts(0, { http1: 2 });
  keeper.onChange(() => told++);
  keeper.order([]);
  expect(told).toBe(1);
  expect(keeper.connections()).toBeUndefined();
  expect(keeper.status()).toEqual([]);
  expect(lists.at(-1)!.drains).toEqual([]);
  expect(keeper.forWorker()).toEqual({});
  expect(lines).toEqual([
    '192.0.2.1 drains: its connections go on for up to 60 s, new ones go to the other host',
    '192.0.2.1 drains no more: 2 connections go on',
  ]);
});

test('an order that nobody takes back is forgotten some time after its end', () => {
  const { keeper, lists, lines } = keeperOfTwo();
  keeper.order(order(1000));
  vi.advanceTimersByTime(900 + OVERDUE_MS - 300);
  expect(keeper.status()).toHaveLength(1);
  expect(keeper.status()[0]!.leftMs).toBe(0);
  vi.advanceTimersByTime(600);
  expect(keeper.status()).toEqual([]);
  expect(lists.at(-1)!.drains).toEqual([]);
  expect(lines.at(-1)).toContain('has not taken an order to drain back');
  expect(vi.getTimerCount()).toBe(0);
});
