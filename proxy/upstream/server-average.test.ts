import { expect, it } from 'vitest';
import { SharedViews } from '../shared/shared-state.ts';
import { ServerAverage } from './server-average.ts';
import { stateOf } from './upstream.fixture.ts';

function setUp() {
  const views = new SharedViews(stateOf());
  return [new ServerAverage(views, 3), new ServerAverage(views, 3), new ServerAverage(views, 4)];
}

it('begins with the first time and follows the rest, for all workers', () => {
  const [one, other, stranger] = setUp() as [ServerAverage, ServerAverage, ServerAverage];
  expect(one.value).toBe(0);
  one.answered(200, 80);
  expect(other.value).toBe(80);
  other.answered(404, 160);
  expect(one.value).toBe(90);
  for (let answer = 0; answer < 60; answer++) one.answered(0, 20);
  expect(one.value).toBeCloseTo(20, 1);
  expect(stranger.value).toBe(0);
});

it('takes failures for slow answers, however fast they are', () => {
  const [one] = setUp() as [ServerAverage];
  one.answered(200, 8);
  one.answered(503, 1);
  expect(one.value).toBe(8 + (1000 - 8) / 8);
  one.failed();
  expect(one.value).toBeGreaterThan(200);
  for (let answer = 0; answer < 60; answer++) one.answered(200, 4000);
  // A server that takes seconds is not made faster by failing.
  one.failed();
  expect(one.value).toBeCloseTo(4000 * 1.125, -1);
  for (let failure = 0; failure < 200; failure++) one.failed();
  expect(one.value).toBeCloseTo(60_000, 0);
});
