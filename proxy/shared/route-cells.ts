import { CACHE_RESULTS, type CacheResult } from '../cache/rules/cache-status.ts';
import { ERROR_CODES, type ProxyErrorCode } from '../errors.ts';
import { HistogramCells, type HistogramTotals, histogramTotals } from './histogram.ts';
import { RouteCounter, type RouteCounterName, responseSlot } from './layout.ts';
import type { SharedViews } from './shared-state.ts';
import type { WorkerCells } from './worker-cells.ts';

/** A row of the route regions. */
export interface RouteRow {
  readonly listener: string;
  readonly route: string;
}

/** Counters and times of one route as one worker writes them. */
export class RouteCells {
  readonly #counters: Float64Array;
  readonly #counterBase: number;
  readonly #errors: Float64Array;
  readonly #errorBase: number;
  readonly #times: HistogramCells;

  constructor({ views, workerIndex }: WorkerCells, row: number) {
    this.#counters = views.routeCounters;
    this.#counterBase = views.indexOf('routeCounters', workerIndex, row);
    this.#errors = views.routeErrors;
    this.#errorBase = views.indexOf('routeErrors', workerIndex, row);
    this.#times = new HistogramCells(
      views.routeTimes,
      views.indexOf('routeTimes', workerIndex, row),
    );
  }

  /** The cache of the route has done this with a request. */
  cached(result: CacheResult): void {
    this.count(RouteCounter.cacheHit + CACHE_RESULTS.indexOf(result));
  }

  /** Adds one to one of `RouteCounter`. */
  count(counter: number): void {
    this.#counters[this.#counterBase + counter]! += 1;
  }

  /** A request is over, and took so long. */
  over(
    status: number,
    code: ProxyErrorCode | null,
    traffic: { readonly receivedBytes: number; readonly sentBytes: number },
    milliseconds: number,
  ): void {
    const base = this.#counterBase;
    this.#counters[base + responseSlot(RouteCounter.responses1xx, status)]! += 1;
    this.#counters[base + RouteCounter.bytesIn]! += traffic.receivedBytes;
    this.#counters[base + RouteCounter.bytesOut]! += traffic.sentBytes;
    if (code !== null) this.#errors[this.#errorBase + ERROR_CODES.indexOf(code)]! += 1;
    this.#times.observe(milliseconds);
  }
}

/** What one route has done, all workers together. */
export interface RouteTotals {
  readonly counters: Readonly<Record<RouteCounterName, number>>;
  /** Codes that have occurred. */
  readonly errors: Readonly<Partial<Record<ProxyErrorCode, number>>>;
  /** From the head of a request to the end of its response. */
  readonly durations: HistogramTotals;
}

/** Sums a row over the workers. */
export function routeTotals(views: SharedViews, row: number): RouteTotals {
  const workers = Array.from({ length: views.shape.workers }, (_, worker) => worker);
  const sum = (region: 'routeCounters' | 'routeErrors', slot: number) =>
    workers.reduce(
      (all, worker) => all + views[region][views.indexOf(region, worker, row) + slot]!,
      0,
    );
  const counters = Object.entries(RouteCounter).map(([name, slot]) => [
    name,
    sum('routeCounters', slot),
  ]);
  const errors = ERROR_CODES.map((code, slot) => [code, sum('routeErrors', slot)] as const);
  const bases = workers.map((worker) => views.indexOf('routeTimes', worker, row));
  return {
    counters: Object.fromEntries(counters) as RouteTotals['counters'],
    errors: Object.fromEntries(errors.filter(([, count]) => count > 0)),
    durations: histogramTotals(views.routeTimes, bases),
  };
}
