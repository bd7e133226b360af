import { describe, expect, it } from 'vitest';
import {
  WORKER_RESTART_DELAY_MAX_MS,
  WORKER_RESTART_DELAY_MIN_MS,
  WORKER_STABLE_MS,
} from './limits.ts';
import { afterDeath, NEVER_DIED } from './worker-restart.ts';

describe('the pause before a dead worker is replaced', () => {
  it('doubles with every early death up to its bound', () => {
    let state = NEVER_DIED;
    const delays: number[] = [];
    for (let death = 0; death < 12; death++) {
      const next = afterDeath(state, 10);
      state = next.state;
      delays.push(next.delayMs);
    }
    expect(delays.slice(0, 3)).toEqual([1, 2, 4].map((n) => n * WORKER_RESTART_DELAY_MIN_MS));
    expect(delays.at(-1)).toBe(WORKER_RESTART_DELAY_MAX_MS);
  });

  it('is the first one again after a long life', () => {
    const { state, delayMs } = afterDeath({ deaths: 9 }, WORKER_STABLE_MS);
    expect(delayMs).toBe(WORKER_RESTART_DELAY_MIN_MS);
    expect(state.deaths).toBe(1);
  });
});
