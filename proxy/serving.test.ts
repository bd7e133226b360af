import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SERVING_AGAIN_MS, SERVING_LOST_MS } from './limits.ts';
import { type ServingState, servingDeadline, servingFrom, stepServing } from './serving.ts';

/** Lives through (running, for so many ms), and returns the state at the end. */
function live(spells: readonly (readonly [boolean, number])[]): ServingState {
  let now = 0;
  let state = servingFrom(now);
  for (const [running, forMs] of spells) {
    state = stepServing(state, running, now);
    now += forMs;
    state = stepServing(state, running, now);
  }
  return state;
}

it('a worker that is replaced in time is no loss', () => {
  const once = [true, 1000] as const;
  expect(live([once, [false, SERVING_LOST_MS - 1], [true, 1]]).serving).toBe(true);
  expect(live([once, [false, SERVING_LOST_MS]]).serving).toBe(false);
});

it('one that runs for a moment between two deaths does not serve', () => {
  const crash = [
    [false, SERVING_LOST_MS],
    [true, SERVING_AGAIN_MS - 1],
  ] as const;
  expect(live([...crash, ...crash, ...crash]).serving).toBe(false);
  expect(live([...crash, [true, SERVING_AGAIN_MS]]).serving).toBe(true);
});

it('the deadline is when the verdict changes, and never before', () => {
  const spells = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 10_000 })));
  fc.assert(
    fc.property(spells, (list) => {
      const state = live(list);
      const deadline = servingDeadline(state);
      if (deadline === null) {
        expect(stepServing(state, state.running, 1e9).serving).toBe(state.serving);
        return;
      }
      expect(stepServing(state, state.running, deadline - 1).serving).toBe(state.serving);
      expect(stepServing(state, state.running, deadline).serving).toBe(state.running);
    }),
  );
});
