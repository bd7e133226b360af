import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pairedSpread, ratioSpread, spread } from './statistics.ts';

test('the median of an odd number of rounds is the middle one, whatever their order', () => {
  expect(spread([9, 1, 5])).toEqual({ median: 5, min: 1, max: 9 });
});

test('the median of an even number lies between the two in the middle', () => {
  expect(spread([4, 1, 10, 2])).toEqual({ median: 3, min: 1, max: 10 });
});

test('as many values lie above the median as below, and none outside the bounds', () => {
  const values = fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1 });
  fc.assert(
    fc.property(values, (list) => {
      const { median, min, max } = spread(list);
      expect(list.filter((value) => value < median).length * 2).toBeLessThanOrEqual(list.length);
      expect(list.filter((value) => value > median).length * 2).toBeLessThanOrEqual(list.length);
      expect(list.every((value) => value >= min && value <= max)).toBe(true);
      expect(list).toContain(min);
      expect(list).toContain(max);
    }),
  );
});

test('nothing has no median', () => {
  expect(() => spread([])).toThrow(RangeError);
});

test('a disturbance that lasts for a round cancels out of the ratio, not of the medians', () => {
  const subject = [12, 48, 12.6];
  const other = [10, 40, 10];
  expect(ratioSpread(subject, other)).toEqual({ median: 1.2, min: 1.2, max: 1.26 });
});

test('rounds that do not pair up have no ratio', () => {
  expect(() => ratioSpread([1, 2], [1])).toThrow(RangeError);
});

test('rounds that do not count on one side have no part in a ratio', () => {
  expect(pairedSpread([1, Number.NaN, 3, 8], [2, 2, 2, Number.NaN])).toEqual({
    median: 1,
    min: 0.5,
    max: 1.5,
  });
  expect(pairedSpread([Number.NaN], [1])).toBeNull();
  expect(pairedSpread(undefined, [1])).toBeNull();
});
