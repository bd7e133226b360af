import {
  HISTOGRAM_SLOTS,
  HistogramCells,
  type HistogramTotals,
  histogramTotals,
} from './histogram.ts';
import type { SharedViews } from './shared-state.ts';
import type { WorkerCells } from './worker-cells.ts';

/** The histograms of a server, by where they are in its row. */
export const SERVER_TIMES = {
  /** To a connection; kept ones are not counted. */
  connect: 0,
  /** From the request being sent to the head of the response. */
  header: 1,
  /** From the request being sent to the end of the response. */
  response: 2,
} as const;
export type ServerTimesName = keyof typeof SERVER_TIMES;

export type ServerTimesTotals = Readonly<Record<ServerTimesName, HistogramTotals>>;

/** The times of one server as one worker writes them. */
export type ServerTimes = Readonly<Record<ServerTimesName, HistogramCells>>;

/** Those of the server with that slot. */
export function serverTimesOf({ views, workerIndex }: WorkerCells, slot: number): ServerTimes {
  const base = views.indexOf('serverTimes', workerIndex, slot);
  return eachTime((offset) => new HistogramCells(views.serverTimes, base + offset));
}

/** Sums them over the workers. */
export function serverTimesTotals(views: SharedViews, slot: number): ServerTimesTotals {
  return eachTime((offset) => {
    const bases = Array.from(
      { length: views.shape.workers },
      (_, worker) => views.indexOf('serverTimes', worker, slot) + offset,
    );
    return histogramTotals(views.serverTimes, bases);
  });
}

/** `made` is given where the histogram begins within those of its server. */
function eachTime<T>(made: (offset: number) => T): Readonly<Record<ServerTimesName, T>> {
  const at = (index: number) => made(index * HISTOGRAM_SLOTS);
  return {
    connect: at(SERVER_TIMES.connect),
    header: at(SERVER_TIMES.header),
    response: at(SERVER_TIMES.response),
  };
}
