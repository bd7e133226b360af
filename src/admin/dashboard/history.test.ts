import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HISTOGRAM_BOUNDS_MS, type Traffic } from '../../../proxy/index.ts';
import { historyPointsMax, pointBetween, quantileWithin, TrafficHistory } from './history.ts';

const none = HISTOGRAM_BOUNDS_MS.map(() => 0).concat(0);

function traffic(numbers: Partial<Traffic> = {}, buckets: readonly number[] = none): Traffic {
  const count = buckets.reduce((sum, one) => sum + one, 0);
  const counted = { accepted: 0, open: 0, requests: 0, responses4xx: 0, responses5xx: 0 };
  return { ...counted, ...numbers, durations: { count, sumMs: 0, buckets } };
}

const withOne = (bucket: number, count = 1) =>
  none.map((zero, index) => (index === bucket ? count : zero));

test('a point has what came in a second since the one before', () => {
  const before = { at: 10_000, traffic: traffic({ requests: 100, responses5xx: 3 }) };
  const now = {
    at: 12_000,
    traffic: traffic(
      { requests: 300, responses5xx: 4, responses4xx: 1, accepted: 7, open: 9 },
      withOne(1, 50),
    ),
  };
  expect(pointBetween(before, now)).toEqual({
    at: 12_000,
    requests: 100,
    errors4xx: 0.5,
    errors5xx: 0.5,
    accepted: 3.5,
    open: 9,
    // The second bucket is 0.25 to 0.5 ms.
    p50Ms: 0.38,
    p99Ms: 0.5,
  });
});

test('counters that were begun anew make no negative rates', () => {
  const before = { at: 0, traffic: traffic({ requests: 100 }, withOne(0, 5)) };
  const point = pointBetween(before, { at: 1000, traffic: traffic({ requests: 1 }) });
  expect(point).toMatchObject({ requests: 0, p50Ms: null, p99Ms: null });
});

test('it keeps a quarter of an hour, and no point of no time', () => {
  const history = new TrafficHistory();
  history.add({ at: 0, traffic: traffic() });
  expect(history.points).toEqual([]);
  history.add({ at: 0, traffic: traffic() });
  expect(history.points).toEqual([]);
  for (let n = 1; n <= historyPointsMax + 50; n++) {
    history.add({ at: n * 2000, traffic: traffic({ requests: n }) });
  }
  expect(history.points).toHaveLength(historyPointsMax);
  expect(history.points[0]!.at).toBe(51 * 2000);
  expect(history.points.at(-1)!.at).toBe((historyPointsMax + 50) * 2000);
});

test('what took longer than the last bound is said to have taken that', () => {
  expect(quantileWithin(withOne(none.length - 1), 0.5)).toBe(30_000);
});

test('a quantile lies in the bucket that has its rank, and grows with the share', () => {
  const buckets = fc.array(fc.nat({ max: 1000 }), {
    minLength: none.length,
    maxLength: none.length,
  });
  fc.assert(
    fc.property(buckets, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (counts, share) => {
      const total = counts.reduce((sum, one) => sum + one, 0);
      const found = quantileWithin(counts, share);
      if (total === 0) return found === null;
      let below = 0;
      const bucket = counts.findIndex((count) => {
        below += count;
        return count > 0 && below >= share * total;
      });
      const lower = HISTOGRAM_BOUNDS_MS[bucket - 1] ?? 0;
      const upper = HISTOGRAM_BOUNDS_MS[bucket] ?? lower;
      const higher = quantileWithin(counts, Math.min(1, share + 0.005))!;
      return found! >= lower - 0.005 && found! <= upper + 0.005 && higher >= found!;
    }),
  );
});
