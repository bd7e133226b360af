/**
 * The shared memory of the balancer, as one table. Every region is one SharedArrayBuffer seen as
 * numbers of one element type, and is addressed by (worker, row, slot):
 *
 *     region = [ worker 0: row 0, row 1, ... | worker 1: ... | ... ]     row = [ slot 0, slot 1, ... ]
 *
 * - A region whose `writer` is `worker` has one block per worker, and only that worker writes in it.
 *   So counting is a plain load, add and store of a few ns with nothing lost, and no two cores write
 *   one cache line: blocks are padded to `BLOCK_BYTES`. Readers sum over the workers.
 * - A region whose `writer` is `main` has one block, written by the main thread.
 * - A region whose `writer` is `any` has one block that all threads write: with Atomics, or where a
 *   write that is lost to another does no harm.
 * - Counters are doubles: integers are exact to 2^53. Aligned eight-byte loads and stores are single
 *   instructions on x64 and arm64, so a reader sees the old value or the new one, never half of each.
 *   Gauges and flags are 32-bit integers, for which the language itself promises that.
 * - Flags are read and written with Atomics. In-flight cells are not: an atomic load costs 9 ns here
 *   against 0.6, and least_connections does one per server and worker. They are fresh all the same,
 *   because each pick first loads the availability version atomically, and neither compiler nor
 *   processor moves a later read before that.
 *
 * A new kind of number (a latency histogram: one row per server, one slot per bucket) is a new line.
 */

import { ROUTES_MAX, UPSTREAMS_MAX } from './limits.ts';

/** Whole-balancer cells. */
export const ControlSlot = {
  /** Grows whenever a verdict, a drain or a breaker changes; workers recompile their candidate lists then. */
  availabilityVersion: 0,
  /** 1: the balancer is ready, as it says itself. */
  ready: 1,
} as const;

/** Per-server cells written by the main thread. */
export const ServerFlag = {
  /** One of `Verdict`. */
  verdict: 0,
  /** 1: takes no new work by the operator's will; says nothing about its health. */
  draining: 1,
  /** Of how many of `RAMP_STEPS` it gets its weight while it warms up; 0: it is warm. */
  warmth: 2,
} as const;

/** Steps of a slow start. */
export const RAMP_STEPS = 20;

/** What active checks say about a server. */
export const Verdict = { unknown: 0, up: 1, down: 2 } as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];
export type VerdictName = keyof typeof Verdict;

/** Per-server cells of the circuit breaker; see proxy/resilience/. */
export const BreakerCell = {
  /** The packed state. */
  state: 0,
  /** The last failure: a status, or above those an error code. */
  reason: 1,
} as const;

/** Per-server moments of the circuit breaker, by `processNow`. */
export const BreakerTime = { lastFailure: 0, lastTrial: 1 } as const;

/** Per-server counts of how requests ended, of one worker; only where a breaker wants to know. */
export const OutcomeCounter = { successes: 0, failures: 1 } as const;

/** Per-server counters of one worker. Bytes are counted as the server sees the wire, heads included. */
export const ServerCounter = {
  /** Requests (HTTP) or sessions (TCP) given to this server, retries included. */
  requests: 0,
  /** Final responses by class; 1xx counts only a final 101. */
  responses1xx: 1,
  responses2xx: 2,
  responses3xx: 3,
  responses4xx: 4,
  responses5xx: 5,
  /** Connections established. */
  connections: 6,
  /** Connections that could not be established: refused, unreachable, unresolved. */
  connectFailures: 7,
  connectTimeouts: 8,
  /** No response head in time. */
  responseTimeouts: 9,
  /** Silence in the middle of a message or session. */
  idleTimeouts: 10,
  /** Established connections that the server reset, or closed in the middle of a message. */
  resets: 11,
  /** Responses refused because they break the protocol. */
  badResponses: 12,
  /** Requests that came here as a second or later try. */
  retries: 13,
  /** Bytes received from the server. */
  bytesIn: 14,
  /** Bytes sent to the server. */
  bytesOut: 15,
  /** Calls of `end()` without a `begin()`: a defect of ours, always 0. */
  unbalancedEnds: 16,
  /** Requests that came here because another server took long to answer. */
  hedges: 17,
  /** Retries after a failure here that were not made, because the budget was used up. */
  retriesWithheld: 18,
  /** Connections on which TLS came to nothing: another certificate than it should have, or no TLS. */
  tlsFailures: 19,
} as const;
export type ServerCounterName = keyof typeof ServerCounter;

/** Per-listener counters of one worker. */
export const ListenerCounter = {
  /** Client connections accepted, those refused over the limit not included. */
  accepted: 0,
  closed: 1,
  /** Closed at once because `connectionsMax` was reached. */
  refused: 2,
  requests: 3,
  /** Final responses by class, errors of our own included. */
  responses1xx: 4,
  responses2xx: 5,
  responses3xx: 6,
  responses4xx: 7,
  responses5xx: 8,
  /** Bytes received from clients. */
  bytesIn: 9,
  /** Bytes sent to clients. */
  bytesOut: 10,
  /** Reset because the PROXY header was missing, malformed or late, or not theirs to send. */
  proxyRefused: 11,
  /** Refused because the ClientHello was malformed or late, or no route takes it. */
  tlsRefused: 12,
  /** TCP sessions reset at the end of the time a session may take. */
  expired: 13,
  /** UDP: datagrams from clients and to them; dropped ones are counted in neither. */
  datagramsIn: 14,
  datagramsOut: 15,
  /** UDP: datagrams of clients with no session to go to, and those nobody would take. */
  datagramsDropped: 16,
  /** Lines given to the access log, and lines lost because it was too slow for them. */
  logLines: 17,
  logDropped: 18,
  /** TLS that ends here: handshakes that are through, and those of them that resumed a session. */
  tlsHandshakes: 19,
  tlsResumed: 20,
  /** Handshakes that came to nothing, by why; see frontend/tls-handshakes.ts. */
  tlsFailedTimeout: 21,
  tlsFailedLeft: 22,
  tlsFailedNotTls: 23,
  tlsFailedMalformed: 24,
  tlsFailedUnknownName: 25,
  tlsFailedNoCommonGround: 26,
  tlsFailedNoCommonProtocol: 27,
  tlsFailedCertificateMissing: 28,
  tlsFailedCertificateRefused: 29,
  tlsFailedAlert: 30,
  tlsFailedInternal: 31,
  /** Connections of HTTP/2, and those of them that were ended for abuse (docs/HTTP2.md). */
  http2Connections: 32,
  http2Abuse: 33,
} as const;
export type ListenerCounterName = keyof typeof ListenerCounter;

/** Per-route counters of one worker. */
export const RouteCounter = {
  /** Requests that have ended, by the class of their status, errors of our own included. */
  responses1xx: 0,
  responses2xx: 1,
  responses3xx: 2,
  responses4xx: 3,
  responses5xx: 4,
  /** Bytes received from clients, and sent to them. */
  bytesIn: 5,
  bytesOut: 6,
  /** What the cache of the route did with requests; in the order of `CACHE_RESULTS`. */
  cacheHit: 7,
  cacheMiss: 8,
  cacheExpired: 9,
  cacheStale: 10,
  cacheUpdating: 11,
  cacheRevalidated: 12,
  cacheBypass: 13,
  /** Requests that were copied, and copies that came to nothing. */
  mirrored: 14,
  mirrorFailed: 15,
  /** Requests not copied: too many copies were under way, or the body is too long for one. */
  mirrorBusy: 16,
  mirrorBodies: 17,
} as const;
export type RouteCounterName = keyof typeof RouteCounter;

/** Per-upstream counters of one worker. */
export const UpstreamCounter = {
  /** Requests that waited because every server was full. */
  queued: 0,
  /** Of those, how many gave up after the queue's timeout. */
  queueTimeouts: 1,
  /** Requests that found the queue full as well. */
  queueRefused: 2,
} as const;
export type UpstreamCounterName = keyof typeof UpstreamCounter;

/** How a region is laid out. */
export interface Region {
  readonly element: 'int32' | 'float64';
  readonly writer: 'main' | 'worker' | 'any';
  readonly rows: 'one' | 'servers' | 'listeners' | 'upstreams' | 'routes';
  /** Numbers per row. */
  readonly slots: number;
}

/** Counter rows are whole cache lines, so that two servers never share one either. */
export const REGIONS = {
  control: { element: 'int32', writer: 'any', rows: 'one', slots: 16 },
  serverFlags: { element: 'int32', writer: 'main', rows: 'servers', slots: 3 },
  /** Requests or sessions now on the server, through this worker. */
  serverInFlight: { element: 'int32', writer: 'worker', rows: 'servers', slots: 1 },
  /** Places taken at servers with `max_connections`, all workers together; and each worker's own. */
  serverPlaces: { element: 'int32', writer: 'any', rows: 'servers', slots: 1 },
  serverPlacesOwn: { element: 'int32', writer: 'worker', rows: 'servers', slots: 1 },
  /** Average time to the server's answers, ms; 0 before the first. See server-average.ts. */
  serverAverage: { element: 'float64', writer: 'any', rows: 'servers', slots: 1 },
  serverBreaker: { element: 'int32', writer: 'any', rows: 'servers', slots: 2 },
  serverBreakerTimes: { element: 'float64', writer: 'any', rows: 'servers', slots: 2 },
  serverOutcomes: { element: 'float64', writer: 'worker', rows: 'servers', slots: 2 },
  serverCounters: { element: 'float64', writer: 'worker', rows: 'servers', slots: 24 },
  /** Three histograms: see server-times.ts. */
  serverTimes: { element: 'float64', writer: 'worker', rows: 'servers', slots: 72 },
  routeCounters: { element: 'float64', writer: 'worker', rows: 'routes', slots: 24 },
  /** One slot for each error code. */
  routeErrors: { element: 'float64', writer: 'worker', rows: 'routes', slots: 64 },
  routeTimes: { element: 'float64', writer: 'worker', rows: 'routes', slots: 24 },
  /** Requests that wait now, on this worker. */
  upstreamWaiting: { element: 'int32', writer: 'worker', rows: 'upstreams', slots: 1 },
  upstreamCounters: { element: 'float64', writer: 'worker', rows: 'upstreams', slots: 4 },
  /** Client connections now open, on this worker. */
  listenerOpen: { element: 'int32', writer: 'worker', rows: 'listeners', slots: 1 },
  listenerCounters: { element: 'float64', writer: 'worker', rows: 'listeners', slots: 40 },
} as const satisfies Readonly<Record<string, Region>>;
export type RegionName = keyof typeof REGIONS;

/** How much of everything there is; fixed for the life of the balancer process. */
export interface SharedShape {
  readonly workers: number;
  readonly serversMax: number;
  readonly listenersMax: number;
}

/** Two cache lines: prefetchers fetch lines in pairs. */
const BLOCK_BYTES = 128;

/** Rows of that kind. */
export function rowsOf(kind: Region['rows'], shape: SharedShape): number {
  const { serversMax, listenersMax } = shape;
  const rows = {
    one: 1,
    servers: serversMax,
    listeners: listenersMax,
    upstreams: UPSTREAMS_MAX,
    routes: ROUTES_MAX,
  };
  return rows[kind];
}

/** Elements from one worker's block of the region to the next one's. */
export function blockLength(name: RegionName, shape: SharedShape): number {
  const region: Region = REGIONS[name];
  const rows = rowsOf(region.rows, shape);
  const perBlock = BLOCK_BYTES / (region.element === 'int32' ? 4 : 8);
  return Math.ceil((rows * region.slots) / perBlock) * perBlock;
}

/** Bytes of the whole region. */
export function regionBytes(name: RegionName, shape: SharedShape): number {
  const region: Region = REGIONS[name];
  const blocks = region.writer === 'worker' ? shape.workers : 1;
  return blockLength(name, shape) * blocks * (region.element === 'int32' ? 4 : 8);
}

/** Slot of a final status, 100-599, counted from `responses1xx`, the first slot of the five. */
export function responseSlot(responses1xx: number, status: number): number {
  return responses1xx + Math.trunc(status / 100) - 1;
}
