import { expect, it } from 'vitest';
import { emptyLateness, latenessBoundsMicros, recordLateness } from './statistics.ts';

it('lateness falls into the bucket whose bound it does not exceed', () => {
  const lateness = emptyLateness();
  for (const micros of [-5, 0, 100, 101, 1_000_000, 1_000_001]) recordLateness(lateness, micros);
  const last = latenessBoundsMicros.length;
  expect(lateness.buckets[0]).toBe(3);
  expect(lateness.buckets[1]).toBe(1);
  expect(lateness.buckets[last - 1]).toBe(1);
  expect(lateness.buckets[last]).toBe(1);
  expect(lateness).toMatchObject({ count: 6, sumMicros: 2_000_202, maxMicros: 1_000_001 });
});

it('bounds grow, so that each value has one bucket', () => {
  const sorted = [...latenessBoundsMicros].sort((a, b) => a - b);
  expect(latenessBoundsMicros).toEqual(sorted);
  expect(new Set(sorted).size).toBe(sorted.length);
});
