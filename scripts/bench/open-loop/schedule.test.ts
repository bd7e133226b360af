import { expect, test } from 'vitest';
import { arrivals } from './schedule.ts';

test('as many as asked for, in order, within the time', () => {
  const due = arrivals(20_000, 1.5, 7);
  expect(due).toHaveLength(30_000);
  expect(due.every((at, index) => at > (due[index - 1] ?? 0))).toBe(true);
  expect(due.at(-1)).toBeLessThan(1500);
  expect(due.at(-1)).toBeGreaterThan(1490);
});

test('the gaps are those of independent users: as spread as they are long', () => {
  const due = arrivals(10_000, 3, 1);
  const gaps = Array.from(due, (at, index) => at - (due[index - 1] ?? 0));
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
  expect(mean).toBeCloseTo(0.1, 2);
  expect(Math.sqrt(variance) / mean).toBeGreaterThan(0.95);
  expect(Math.sqrt(variance) / mean).toBeLessThan(1.05);
});

test('the same seed gives the same times, another one others', () => {
  expect(arrivals(1000, 1, 3)).toEqual(arrivals(1000, 1, 3));
  expect(arrivals(1000, 1, 3)).not.toEqual(arrivals(1000, 1, 4));
});
