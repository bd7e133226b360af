import type { ListenerConfig } from '../src/config/proxy-config.ts';
import { type HistogramTotals, histogramTotals } from './shared/histogram.ts';
import { routeRows } from './shared/route-cells.ts';
import type { SharedViews } from './shared/shared-state.ts';
import type { Slots } from './shared/slot-table.ts';
import { listenerTotals } from './shared/totals.ts';

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

/**
 * What tells it again and again: a small part of the whole status, and it moves nothing that others
 * measure between two looks, as the status does.
 */
export function trafficReader(
  views: SharedViews,
  listeners: readonly ListenerConfig[],
  slots: Slots,
): () => Traffic {
  const bases = routeRows(listeners).flatMap((_, row) =>
    Array.from({ length: views.shape.workers }, (_, worker) =>
      views.indexOf('routeTimes', worker, row),
    ),
  );
  return () => {
    const totals = listeners.map(({ name }) => listenerTotals(views, slots[name]!));
    const sum = (of: Exclude<keyof Traffic, 'durations'>) =>
      totals.reduce((all, one) => all + one[of], 0);
    return {
      accepted: sum('accepted'),
      open: sum('open'),
      requests: sum('requests'),
      responses4xx: sum('responses4xx'),
      responses5xx: sum('responses5xx'),
      durations: histogramTotals(views.routeTimes, bases),
    };
  };
}
