/** The last minutes of traffic, so that a page that was just opened has something to draw. */
import { HISTOGRAM_BOUNDS_MS, type HistogramTotals, type Traffic } from '../../../proxy/index.ts';
import type { TrafficPoint } from './snapshot.ts';

/** A point is made so often, ms. */
export const historyStepMs = 2_000;
/** A quarter of an hour. */
export const historyPointsMax = 450;

/** What the balancer had counted at a moment, ms since 1970. */
export interface TrafficSample {
  readonly at: number;
  readonly traffic: Traffic;
}

/** The last points; older ones are forgotten. */
export class TrafficHistory {
  readonly #points: TrafficPoint[] = [];
  #before: TrafficSample | null = null;

  /** The first sample makes no point, and none that no time has passed before. */
  add(sample: TrafficSample): void {
    const before = this.#before;
    this.#before = sample;
    if (before === null || sample.at <= before.at) return;
    this.#points.push(pointBetween(before, sample));
    if (this.#points.length > historyPointsMax) this.#points.shift();
  }

  /** Oldest first. */
  get points(): readonly TrafficPoint[] {
    return this.#points;
  }
}

/** What happened between two samples of one balancer, the second later than the first. Pure. */
export function pointBetween(before: TrafficSample, now: TrafficSample): TrafficPoint {
  const seconds = (now.at - before.at) / 1000;
  const rate = (of: Exclude<keyof Traffic, 'durations' | 'open'>) =>
    Math.max(0, now.traffic[of] - before.traffic[of]) / seconds;
  const buckets = now.traffic.durations.buckets.map((count, bucket) =>
    Math.max(0, count - (before.traffic.durations.buckets[bucket] ?? 0)),
  );
  return {
    at: now.at,
    requests: rounded(rate('requests')),
    errors4xx: rounded(rate('responses4xx')),
    errors5xx: rounded(rate('responses5xx')),
    accepted: rounded(rate('accepted')),
    open: now.traffic.open,
    p50Ms: quantileWithin(buckets, 0.5),
    p99Ms: quantileWithin(buckets, 0.99),
  };
}

/**
 * The time that the share `quantile` (0 to 1) did not exceed, as if a bucket's times were spread evenly in
 * it, as Prometheus has it; of the last bucket its lower end. Null when nothing was counted.
 */
export function quantileWithin(
  buckets: HistogramTotals['buckets'],
  quantile: number,
): number | null {
  const count = buckets.reduce((sum, one) => sum + one, 0);
  if (count === 0) return null;
  const rank = quantile * count;
  let below = 0;
  let lower = 0;
  for (const [bucket, upper] of HISTOGRAM_BOUNDS_MS.entries()) {
    const inside = buckets[bucket] ?? 0;
    if (inside > 0 && below + inside >= rank) {
      return rounded(lower + (upper - lower) * Math.max(0, (rank - below) / inside));
    }
    below += inside;
    lower = upper;
  }
  return lower;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
