import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FREE_RETRIES, RetryBudget } from './retry-budget.ts';

/** How many of so many retries are allowed at a time. */
function taken(budget: RetryBudget, tries: number, now: number): number {
  let count = 0;
  for (; count < tries && budget.allows(now); count++) budget.take(now);
  return count;
}

it('allows a few retries whatever the requests, and a share of them beside', () => {
  const budget = new RetryBudget(20);
  expect(taken(budget, 100, 0)).toBe(FREE_RETRIES);
  for (let request = 0; request < 100; request++) budget.request(500);
  expect(taken(budget, 100, 600)).toBe(20);
});

it('forgets what is ten seconds old', () => {
  const budget = new RetryBudget(50);
  for (let request = 0; request < 100; request++) budget.request(0);
  expect(taken(budget, 1000, 9_999)).toBe(50 + FREE_RETRIES);
  // The requests have left the window, the retries have not.
  expect(taken(budget, 1000, 10_000)).toBe(0);
  expect(taken(budget, 1000, 19_999)).toBe(FREE_RETRIES);
});

it('never lets more retries through in any window than the share of its requests and a few', () => {
  const step = fc.record({ after: fc.integer({ min: 0, max: 4000 }), retry: fc.boolean() });
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 200 }),
      fc.array(step, { maxLength: 300 }),
      (percent, steps) => {
        const budget = new RetryBudget(percent);
        const requests: number[] = [];
        const retries: number[] = [];
        let now = 0;
        for (const { after, retry } of steps) {
          now += after;
          if (!retry) {
            budget.request(now);
            requests.push(now);
          } else if (budget.allows(now)) {
            budget.take(now);
            retries.push(now);
            // A slot may reach a second further back than the other end of the window.
            const recent = retries.filter((time) => time > now - 9000).length;
            const served = requests.filter((time) => time > now - 10_000).length;
            expect(recent).toBeLessThanOrEqual((served * percent) / 100 + FREE_RETRIES);
          }
        }
      },
    ),
  );
});
