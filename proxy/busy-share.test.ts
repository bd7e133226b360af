import { expect, test } from 'vitest';
import { BusyShare } from './busy-share.ts';

/** A loop that has been idle and busy for so long, ms, since it started. */
function loop(idle: number, active: number) {
  return (since = { idle: 0, active: 0, utilization: 0 }) => {
    const [restIdle, restActive] = [idle - since.idle, active - since.active];
    const utilization = restActive / (restIdle + restActive);
    return { idle: restIdle, active: restActive, utilization };
  };
}

test('is that since the last look, not since the start', () => {
  const share = new BusyShare();
  expect(share.look(loop(100, 300))).toBe(0.75);
  expect(share.look(loop(1_000, 1_000))).toBe(0.5);
  expect(share.look(loop(10_000, 1_000))).toBe(0);
  expect(share.look(loop(10_200, 9_800))).toBeCloseTo(0.978, 3);
});

test('of two that look at one time the second learns what the first did', () => {
  const share = new BusyShare();
  expect(share.look(loop(3_000, 1_000))).toBe(0.25);
  expect(share.look(loop(3_000, 1_500))).toBe(0.25);
  expect(share.look(loop(3_000, 2_000))).toBe(1);
});
