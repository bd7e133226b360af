/**
 * Histograms of times in shared memory: fixed buckets, one slot each, then the sum. The bounds are
 * Prometheus' kind: upper ends, inclusive, what is longer counts in the last bucket.
 */

/** Upper ends of the buckets, milliseconds. */
export const HISTOGRAM_BOUNDS_MS: readonly number[] = [
  0.25, 0.5, 1, 2, 3, 5, 7.5, 10, 15, 25, 50, 75, 100, 150, 250, 500, 750, 1000, 2500, 5000, 10_000,
  30_000,
];

const LAST = HISTOGRAM_BOUNDS_MS.length;
const SUM = LAST + 1;

/** Slots that one histogram takes: whole cache lines. */
export const HISTOGRAM_SLOTS = 24;

/** What has been counted, all workers together. */
export interface HistogramTotals {
  readonly count: number;
  readonly sumMs: number;
  /** One more than there are bounds. */
  readonly buckets: readonly number[];
}

/** One histogram as its worker writes it. */
export class HistogramCells {
  readonly #cells: Float64Array;
  readonly #base: number;

  /** Its slots begin at `base`. */
  constructor(cells: Float64Array, base: number) {
    this.#cells = cells;
    this.#base = base;
  }

  /** Counts a time, milliseconds. */
  observe(milliseconds: number): void {
    let bucket = 0;
    while (bucket < LAST && milliseconds > HISTOGRAM_BOUNDS_MS[bucket]!) bucket++;
    this.#cells[this.#base + bucket]! += 1;
    this.#cells[this.#base + SUM]! += milliseconds;
  }
}

/** Sums the blocks of all workers; `bases` are where its slots begin in each. */
export function histogramTotals(cells: Float64Array, bases: readonly number[]): HistogramTotals {
  const buckets = new Array<number>(LAST + 1).fill(0);
  let sumMs = 0;
  for (const base of bases) {
    for (let bucket = 0; bucket <= LAST; bucket++) buckets[bucket]! += cells[base + bucket]!;
    sumMs += cells[base + SUM]!;
  }
  return { count: buckets.reduce((sum, count) => sum + count, 0), sumMs, buckets };
}

/**
 * The time that the share `quantile` (0 to 1) of what was counted did not exceed: the upper end of its
 * bucket, Infinity in the last; null when nothing was counted.
 */
export function quantileMs({ count, buckets }: HistogramTotals, quantile: number): number | null {
  if (count === 0) return null;
  let below = 0;
  for (const [bucket, bound] of HISTOGRAM_BOUNDS_MS.entries()) {
    below += buckets[bucket] ?? 0;
    if (below >= quantile * count) return bound;
  }
  return Number.POSITIVE_INFINITY;
}
