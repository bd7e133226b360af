import { expect, test } from 'vitest';
import { forgetMicros, restMicros } from '../limits.ts';
import type { AgentPorts } from '../ports.ts';
import { makeRoom } from './make-room.ts';

/** A clock that stands until it is told to go on, and what came of making room with it. */
function room(forget: (() => Promise<void>) | null) {
  let now = 0;
  let timers: { at: number; then: () => void }[] = [];
  const clock = {
    now: () => now,
    timer(at: number, then: () => void) {
      const timer = { at, then };
      timers.push(timer);
      return {
        cancel() {
          timers = timers.filter((one) => one !== timer);
        },
      };
    },
  };
  const made: number[] = [];
  const census = forget === null ? undefined : { forget };
  makeRoom({ clock, census } as unknown as AgentPorts, [], () => made.push(now));
  return {
    made,
    get waits() {
      return timers.length;
    },
    /** Lets what was promised come, then goes on to that time. */
    async goTo(at: number) {
      await new Promise((resolve) => setImmediate(resolve));
      for (;;) {
        const [next] = timers.filter((timer) => timer.at <= at).sort((a, b) => a.at - b.at);
        if (next === undefined) break;
        timers = timers.filter((timer) => timer !== next);
        now = Math.max(now, next.at);
        next.then();
      }
      now = at;
    },
  };
}

test.each([
  ['a kernel that is done at once', () => Promise.resolve()],
  ['one that refuses', () => Promise.reject(new Error('no'))],
  ['no census', null],
])('the agent rests before it goes on: %s', async (_, forget) => {
  const { made, goTo } = room(forget);
  await goTo(restMicros - 1);
  expect(made).toEqual([]);
  await goTo(restMicros);
  expect(made).toEqual([restMicros]);
});

test('who takes longer than the rest is not rested for once more', async () => {
  const done = Promise.withResolvers<void>();
  const { made, goTo } = room(() => done.promise);
  await goTo(restMicros + 5_000);
  done.resolve();
  await goTo(restMicros + 5_000);
  expect(made).toEqual([restMicros + 5_000]);
});

test('a slow kernel is not waited for, and what it says later changes nothing', async () => {
  const done = Promise.withResolvers<void>();
  const it = room(() => done.promise);
  await it.goTo(forgetMicros);
  expect(it.made).toEqual([forgetMicros]);
  done.resolve();
  await it.goTo(2 * forgetMicros);
  expect(it.made).toEqual([forgetMicros]);
  expect(it.waits).toBe(0);
});
