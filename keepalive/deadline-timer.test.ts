import { expect, it } from 'vitest';
import { DeadlineTimer } from './deadline-timer.ts';
import type { Clock } from './ports.ts';
import { SimClock } from './simulator/sim-clock.ts';

function setUp() {
  const world = new SimClock();
  const fired: number[] = [];
  let armed = 0;
  const clock: Clock = {
    now: () => world.now,
    timer: (at, callback) => {
      armed += 1;
      return world.at(at, callback);
    },
  };
  const timer = new DeadlineTimer(clock, () => fired.push(world.now));
  return { world, timer, fired, armed: () => armed };
}

it('fires once, at the earliest of the deadlines it was given', async () => {
  const { world, timer, fired } = setUp();
  timer.set(500);
  timer.set(300);
  await world.runUntil(1_000);
  expect(fired).toEqual([300]);
});

it('keeps the armed timer when the deadline moves later: firing early is harmless', async () => {
  const { world, timer, fired, armed } = setUp();
  timer.set(300);
  for (let at = 400; at < 900; at += 100) timer.set(at);
  expect(armed()).toBe(1);
  await world.runUntil(350);
  timer.set(800);
  await world.runUntil(1_000);
  expect(fired).toEqual([300, 800]);
});

it('does not fire after it was cancelled, or told that there is no deadline', async () => {
  const { world, timer, fired } = setUp();
  timer.set(300);
  timer.cancel();
  timer.set(400);
  timer.set(null);
  await world.runUntil(1_000);
  expect(fired).toEqual([]);
  timer.set(1_200);
  await world.runUntil(2_000);
  expect(fired).toEqual([1_200]);
});
