import fc from 'fast-check';
import { expect, test } from 'vitest';
import { afterExit, NO_CRASHES } from './restart-policy.ts';

test('the pause doubles with each short life and starts over after a long one', () => {
  let state = NO_CRASHES;
  const pauses: number[] = [];
  for (const lived of [10, 10, 10, 10, 60_000, 10]) {
    const next = afterExit(state, lived);
    pauses.push(next.delayMs);
    state = next.state;
  }
  expect(pauses).toEqual([100, 200, 400, 800, 100, 200]);
});

test('the pause stays within its bounds whatever the history', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(100_000), { minLength: 1, maxLength: 200 }), (lives) => {
      let state = NO_CRASHES;
      for (const lived of lives) {
        const next = afterExit(state, lived);
        expect(next.delayMs).toBeGreaterThanOrEqual(100);
        expect(next.delayMs).toBeLessThanOrEqual(5_000);
        state = next.state;
      }
    }),
  );
});
