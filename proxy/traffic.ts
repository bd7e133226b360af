import { HISTOGRAM_BOUNDS_MS, type HistogramTotals, histogramTotals } from './shared/histogram.ts';
import type { SharedViews } from './shared/shared-state.ts';
import { listenerTotals } from './shared/totals.ts';
import type { CountingRows } from './shared/traffic-rows.ts';

/** What came in, all listeners together: counted since the start, but for `open`. */
export interface Traffic {
  /** Connections. */
  readonly accepted: number;
  /** Connections now. */
  readonly open: number;
  readonly requests: number;
  readonly responses4xx: number;
  readonly responses5xx: number;
  /** From the head of a request to the end of its response. */
  readonly durations: HistogramTotals;
}

const NOTHING: Traffic = {
  accepted: 0,
  open: 0,
  requests: 0,
  responses4xx: 0,
  responses5xx: 0,
  durations: { count: 0, sumMs: 0, buckets: HISTOGRAM_BOUNDS_MS.concat(0).fill(0) },
};

/**
 * What tells it again and again: a small part of the whole status, and it moves nothing that others
 * measure between two looks, as the status does. Listeners that are gone count on in the sums.
 */
export class TrafficReader {
  readonly #views: SharedViews;
  readonly #rows: () => CountingRows;
  /** Of rows that were given back. */
  #past = NOTHING;

  /** `rows`: those that count now. */
  constructor(views: SharedViews, rows: () => CountingRows) {
    this.#views = views;
    this.#rows = rows;
  }

  read(): Traffic {
    return sumOf(this.#past, this.#sumOf(this.#rows()));
  }

  /** These rows are about to be emptied. */
  pass(rows: CountingRows): void {
    this.#past = sumOf(this.#past, this.#sumOf(rows));
  }

  #sumOf({ listeners, routes }: CountingRows): Traffic {
    const views = this.#views;
    const totals = listeners.map((row) => listenerTotals(views, row));
    const sum = (of: Exclude<keyof Traffic, 'durations'>) =>
      totals.reduce((all, one) => all + one[of], 0);
    const bases = routes.flatMap((row) =>
      Array.from({ length: views.shape.workers }, (_, worker) =>
        views.indexOf('routeTimes', worker, row),
      ),
    );
    return {
      accepted: sum('accepted'),
      open: sum('open'),
      requests: sum('requests'),
      responses4xx: sum('responses4xx'),
      responses5xx: sum('responses5xx'),
      durations: histogramTotals(views.routeTimes, bases),
    };
  }
}

function sumOf(one: Traffic, other: Traffic): Traffic {
  const [a, b] = [one.durations, other.durations];
  return {
    accepted: one.accepted + other.accepted,
    open: one.open + other.open,
    requests: one.requests + other.requests,
    responses4xx: one.responses4xx + other.responses4xx,
    responses5xx: one.responses5xx + other.responses5xx,
    durations: {
      count: a.count + b.count,
      sumMs: a.sumMs + b.sumMs,
      buckets: a.buckets.map((count, bucket) => count + b.buckets[bucket]!),
    },
  };
}
