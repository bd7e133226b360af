import { expect, test } from 'vitest';
import { busyPercent, parseTicks } from './processor-load.ts';

test('busy is everything but idle and waiting for disks', () => {
  const before = parseTicks('cpu  100 0 50 800 50 0 0 0 0 0\ncpu0 1 2 3\n');
  const after = parseTicks('cpu  280 5 60 803 52 0 0 0 0 0\ncpu0 1 2 3\n');
  expect(before).toEqual({ busy: 150, all: 1000 });
  expect(busyPercent(before, after)).toBe(98);
  expect(busyPercent(after, after)).toBe(0);
});
