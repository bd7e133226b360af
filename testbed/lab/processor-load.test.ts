import { expect, test } from 'vitest';
import {
  busyPercent,
  parseTicks,
  processorTicks,
  stolenShare,
  usedSeconds,
} from './processor-load.ts';

const BEFORE = parseTicks('cpu  100 0 50 800 50 0 0 0 0 0\ncpu0 1 2 3\n');

test('busy is everything but idle and waiting for disks', () => {
  const after = parseTicks('cpu  280 5 60 803 52 0 0 0 0 0\ncpu0 1 2 3\n');
  expect(BEFORE).toEqual({ busy: 150, stolen: 0, all: 1000 });
  expect(busyPercent(BEFORE, after)).toBe(98);
  expect(busyPercent(after, after)).toBe(0);
});

test('what the hypervisor gave to others is told apart', () => {
  const after = parseTicks('cpu  180 0 50 890 50 0 10 20 0 0\n');
  expect(stolenShare(BEFORE, after)).toBe(0.1);
  expect(stolenShare(after, after)).toBe(0);
  expect(usedSeconds(BEFORE, after)).toBeCloseTo(0.9);
});

test('this machine counts on', () => {
  const before = processorTicks();
  expect(before.all).toBeGreaterThan(before.busy);
  expect(processorTicks().all).toBeGreaterThanOrEqual(before.all);
});
