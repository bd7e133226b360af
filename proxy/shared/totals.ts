/** What the main thread does with the shared memory: sums for metrics, tidying after a worker. */
import {
  ListenerCounter,
  type ListenerCounterName,
  OutcomeCounter,
  REGIONS,
  type Region,
  type RegionName,
  ServerCounter,
  type ServerCounterName,
  UpstreamCounter,
  type UpstreamCounterName,
} from './layout.ts';
import { UPSTREAMS_MAX } from './limits.ts';
import type { SharedViews } from './shared-state.ts';

export type ServerTotals = Readonly<Record<ServerCounterName | 'inFlight', number>>;
export type ServerOutcomes = Readonly<Record<keyof typeof OutcomeCounter, number>>;
export type UpstreamTotals = Readonly<Record<UpstreamCounterName | 'waiting', number>>;
export type ListenerTotals = Readonly<Record<ListenerCounterName | 'open', number>>;

/** Counters of one server, all workers together. */
export function serverTotals(views: SharedViews, slot: number): ServerTotals {
  return {
    ...sumCounters(views, 'serverCounters', slot, ServerCounter),
    inFlight: sumGauge(views, 'serverInFlight', slot),
  };
}

/** How the requests of one server ended, all workers together; counted only for a breaker. */
export function serverOutcomes(views: SharedViews, slot: number): ServerOutcomes {
  return sumCounters(views, 'serverOutcomes', slot, OutcomeCounter);
}

/** Counters of one upstream, all workers together. */
export function upstreamTotals(views: SharedViews, slot: number): UpstreamTotals {
  return {
    ...sumCounters(views, 'upstreamCounters', slot, UpstreamCounter),
    waiting: sumGauge(views, 'upstreamWaiting', slot),
  };
}

/** Counters of one listener, all workers together. */
export function listenerTotals(views: SharedViews, slot: number): ListenerTotals {
  return {
    ...sumCounters(views, 'listenerCounters', slot, ListenerCounter),
    open: sumGauge(views, 'listenerOpen', slot),
  };
}

function sumCounters<Name extends string>(
  views: SharedViews,
  region: 'serverCounters' | 'serverOutcomes' | 'listenerCounters' | 'upstreamCounters',
  slot: number,
  names: Readonly<Record<Name, number>>,
): Record<Name, number> {
  const sums: Record<string, number> = {};
  for (const [name, offset] of Object.entries<number>(names)) {
    let sum = 0;
    for (let worker = 0; worker < views.shape.workers; worker++) {
      sum += views[region][views.indexOf(region, worker, slot) + offset]!;
    }
    sums[name] = sum;
  }
  return sums as Record<Name, number>;
}

/** A gauge of one row, all workers together. */
export function sumGauge(
  views: SharedViews,
  region: 'serverInFlight' | 'listenerOpen' | 'upstreamWaiting',
  slot: number,
): number {
  let sum = 0;
  for (let worker = 0; worker < views.shape.workers; worker++) {
    sum += Atomics.load(views[region], views.indexOf(region, worker, slot));
  }
  return sum;
}

/**
 * Takes back what a dead worker had in hand: nothing is in flight or open on it any more. Its
 * counters stay, its successor counts on. Call it after the worker's `exit`, before its successor
 * starts, or a count would have two writers.
 */
export function releaseWorker(views: SharedViews, worker: number): void {
  const { serversMax, listenersMax } = views.shape;
  const inFlight = views.indexOf('serverInFlight', worker, 0);
  for (let slot = 0; slot < serversMax; slot++) {
    Atomics.store(views.serverInFlight, inFlight + slot, 0);
  }
  releasePlaces(views, worker);
  const waiting = views.indexOf('upstreamWaiting', worker, 0);
  views.upstreamWaiting.fill(0, waiting, waiting + UPSTREAMS_MAX);
  for (let slot = 0; slot < listenersMax; slot++) {
    const index = views.indexOf('listenerOpen', worker, slot);
    const open = Atomics.exchange(views.listenerOpen, index, 0);
    // The kernel closed them with the worker: accepted stays equal to closed plus open.
    const closed = views.indexOf('listenerCounters', worker, slot) + ListenerCounter.closed;
    views.listenerCounters[closed]! += open;
  }
}

/** Its places at servers with a limit are everybody's again. */
function releasePlaces(views: SharedViews, worker: number): void {
  for (let slot = 0; slot < views.shape.serversMax; slot++) {
    const own = Atomics.exchange(
      views.serverPlacesOwn,
      views.indexOf('serverPlacesOwn', worker, slot),
      0,
    );
    if (own === 0) continue;
    Atomics.sub(views.serverPlaces, views.indexOf('serverPlaces', 0, slot), own);
  }
}

/**
 * Zeroes all that any region has of a server, except what is in flight, before the row's next owner
 * gets it. Only for a row that nobody uses.
 */
export function clearServer(views: SharedViews, slot: number): void {
  for (const [name, region] of Object.entries(REGIONS) as [RegionName, Region][]) {
    if (region.rows !== 'servers' || name === 'serverInFlight') continue;
    const blocks = region.writer === 'worker' ? views.shape.workers : 1;
    for (let worker = 0; worker < blocks; worker++) {
      const start = views.indexOf(name, worker, slot);
      views[name].fill(0, start, start + region.slots);
    }
  }
}

type CounterRegion =
  | 'upstreamCounters'
  | 'listenerCounters'
  | 'routeCounters'
  | 'routeErrors'
  | 'routeTimes';

/** Zeroes every worker's counters of a row before its next owner gets it. */
export function clearCounters(views: SharedViews, region: CounterRegion, slot: number): void {
  for (let worker = 0; worker < views.shape.workers; worker++) {
    const start = views.indexOf(region, worker, slot);
    views[region].fill(0, start, start + REGIONS[region].slots);
  }
}
