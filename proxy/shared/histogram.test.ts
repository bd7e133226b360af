import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  HISTOGRAM_BOUNDS_MS,
  HISTOGRAM_SLOTS,
  HistogramCells,
  histogramTotals,
  quantileMs,
} from './histogram.ts';

const times = fc.array(fc.double({ min: 0, max: 100_000, noNaN: true }), { maxLength: 50 });

describe('a histogram', () => {
  it('counts each time in the first bucket that holds it, for all workers together', () => {
    fc.assert(
      fc.property(times, times, (left, right) => {
        const cells = new Float64Array(2 * HISTOGRAM_SLOTS);
        const [first, second] = [
          new HistogramCells(cells, 0),
          new HistogramCells(cells, HISTOGRAM_SLOTS),
        ];
        for (const time of left) first.observe(time);
        for (const time of right) second.observe(time);
        const all = [...left, ...right];
        const { count, sumMs, buckets } = histogramTotals(cells, [0, HISTOGRAM_SLOTS]);
        expect(count).toBe(all.length);
        expect(sumMs).toBeCloseTo(
          all.reduce((sum, time) => sum + time, 0),
          3,
        );
        let below = 0;
        for (const [bucket, bound] of HISTOGRAM_BOUNDS_MS.entries()) {
          below += buckets[bucket]!;
          expect(below).toBe(all.filter((time) => time <= bound).length);
        }
      }),
    );
  });

  it('has its bounds in order, and fits its slots', () => {
    expect([...HISTOGRAM_BOUNDS_MS].sort((a, b) => a - b)).toEqual(HISTOGRAM_BOUNDS_MS);
    expect(HISTOGRAM_BOUNDS_MS.length + 2).toBe(HISTOGRAM_SLOTS);
  });

  it('tells quantiles as the bound of their bucket', () => {
    const cells = new Float64Array(HISTOGRAM_SLOTS);
    const histogram = new HistogramCells(cells, 0);
    expect(quantileMs(histogramTotals(cells, [0]), 0.5)).toBeNull();
    for (let count = 0; count < 99; count++) histogram.observe(1.5);
    histogram.observe(60_000);
    const totals = histogramTotals(cells, [0]);
    expect(quantileMs(totals, 0.5)).toBe(2);
    expect(quantileMs(totals, 0.99)).toBe(2);
    expect(quantileMs(totals, 0.999)).toBe(Number.POSITIVE_INFINITY);
  });
});
