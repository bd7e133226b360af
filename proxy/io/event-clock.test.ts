import { expect, test } from 'vitest';
import { EventClock } from './event-clock.ts';

/** Until the clock has moved. */
function pass(): void {
  for (const from = performance.now(); performance.now() <= from; );
}

test('within a call of the engine there is one time, and a new one in the next', () => {
  const clock = new EventClock();
  clock.begin();
  const first = clock.now();
  pass();
  expect(clock.now()).toBe(first);
  clock.begin();
  expect(clock.now()).toBeGreaterThan(first);
});

test('outside of its calls the time goes on', () => {
  const clock = new EventClock();
  clock.begin();
  const within = clock.now();
  clock.end();
  pass();
  const after = clock.now();
  expect(after).toBeGreaterThan(within);
  pass();
  expect(clock.now()).toBeGreaterThan(after);
});
