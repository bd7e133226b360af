import { blockLength, REGIONS, type RegionName, regionBytes, type SharedShape } from './layout.ts';
import { LISTENERS_MAX, SERVERS_MAX, WORKERS_MAX } from './limits.ts';

/** The balancer's shared memory. Plain data: goes to workers as workerData or in a message. */
export interface SharedState {
  readonly shape: SharedShape;
  readonly buffers: Readonly<Record<RegionName, SharedArrayBuffer>>;
}

/**
 * Allocates all regions, zeroed; the kernel gives pages only where something is written.
 * Throws RangeError when a number is not a whole one between 1 and its bound in limits.ts.
 */
export function createSharedState(shape: SharedShape): SharedState {
  demandRange('workers', shape.workers, WORKERS_MAX);
  demandRange('serversMax', shape.serversMax, SERVERS_MAX);
  demandRange('listenersMax', shape.listenersMax, LISTENERS_MAX);
  const names = Object.keys(REGIONS) as RegionName[];
  const buffers = Object.fromEntries(
    names.map((name) => [name, new SharedArrayBuffer(regionBytes(name, shape))]),
  ) as Record<RegionName, SharedArrayBuffer>;
  return { shape: { ...shape }, buffers };
}

function demandRange(name: string, value: number, max: number): void {
  if (!Number.isInteger(value) || value < 1 || value > max) {
    throw new RangeError(`${name} must be a whole number from 1 to ${max}, not ${value}`);
  }
}

/** Typed views of the regions; make one per thread, they are what hot paths index. */
export class SharedViews {
  readonly shape: SharedShape;
  readonly control: Int32Array;
  readonly serverFlags: Int32Array;
  readonly serverInFlight: Int32Array;
  readonly serverPlaces: Int32Array;
  readonly serverPlacesOwn: Int32Array;
  readonly serverAverage: Float64Array;
  readonly serverBreaker: Int32Array;
  readonly serverBreakerTimes: Float64Array;
  readonly serverOutcomes: Float64Array;
  readonly serverCounters: Float64Array;
  readonly serverTimes: Float64Array;
  readonly routeCounters: Float64Array;
  readonly routeErrors: Float64Array;
  readonly routeTimes: Float64Array;
  readonly upstreamWaiting: Int32Array;
  readonly upstreamCounters: Float64Array;
  readonly listenerOpen: Int32Array;
  readonly listenerCounters: Float64Array;

  constructor(state: SharedState) {
    this.shape = state.shape;
    this.control = new Int32Array(state.buffers.control);
    this.serverFlags = new Int32Array(state.buffers.serverFlags);
    this.serverInFlight = new Int32Array(state.buffers.serverInFlight);
    this.serverPlaces = new Int32Array(state.buffers.serverPlaces);
    this.serverPlacesOwn = new Int32Array(state.buffers.serverPlacesOwn);
    this.serverAverage = new Float64Array(state.buffers.serverAverage);
    this.serverBreaker = new Int32Array(state.buffers.serverBreaker);
    this.serverBreakerTimes = new Float64Array(state.buffers.serverBreakerTimes);
    this.serverOutcomes = new Float64Array(state.buffers.serverOutcomes);
    this.serverCounters = new Float64Array(state.buffers.serverCounters);
    this.serverTimes = new Float64Array(state.buffers.serverTimes);
    this.routeCounters = new Float64Array(state.buffers.routeCounters);
    this.routeErrors = new Float64Array(state.buffers.routeErrors);
    this.routeTimes = new Float64Array(state.buffers.routeTimes);
    this.upstreamWaiting = new Int32Array(state.buffers.upstreamWaiting);
    this.upstreamCounters = new Float64Array(state.buffers.upstreamCounters);
    this.listenerOpen = new Int32Array(state.buffers.listenerOpen);
    this.listenerCounters = new Float64Array(state.buffers.listenerCounters);
  }

  /** Index of slot 0 of a row in the block of a worker (0 for regions of one block). */
  indexOf(name: RegionName, worker: number, row: number): number {
    return worker * blockLength(name, this.shape) + row * REGIONS[name].slots;
  }
}
