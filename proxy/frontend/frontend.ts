import type { WorkerLogs } from '../access-log/worker-logs.ts';
import type { WorkerCache } from '../cache/worker-cache.ts';
import type { WorkerTls } from '../certificates/worker-tls.ts';
import type { ClientVisitor } from '../draining/client.ts';
import type { featuresOf } from '../features/index.ts';
import type { OriginSource } from '../http1/origin-stream.ts';
import type { IoEngine } from '../io/engine.ts';
import type { WorkerLimits } from '../limiting/worker-limits.ts';
import type { Logger } from '../ports.ts';
import type { RouteCells } from '../shared/route-cells.ts';
import type { ListenerCells } from '../shared/worker-cells.ts';
import type { Server } from '../upstream/server.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { Entrance } from './door.ts';
import type { FailureLog } from './failure-log.ts';

/** What a listener speaks: gets its connections and brings them to an end. */
export interface Frontend {
  /** Client connections or sessions it has now, and those elsewhere with requests that began here. */
  readonly connections: number;
  /** Serves a socket, whose descriptor is its entrance's now. */
  open(fd: number): Entrance;
  /** What comes in there is served here from now on: it was another frontend's, of the same transport. */
  adopt(entrance: Entrance): void;
  /**
   * After a reload nobody comes any more: clients go on with the heir, each when it is between two
   * requests. Null: they finish what they have. Called again when the heir has an heir.
   */
  succeed(heir: Frontend | null): void;
  /** Who that is, if there is somebody. */
  readonly heir: Frontend | null;
  /** Shows all that it has of clients, one with each step. */
  visit(visitor: ClientVisitor): Generator<void>;
  /** No more connections come: finish what is in flight and close what is idle. */
  drain(): void;
  /** Ends what is left at once; returns how many connections that were. */
  cut(): number;
}

/** Everything a frontend gets from its worker. */
export interface FrontendParts {
  readonly engine: IoEngine;
  readonly log: Logger;
  /** Where failing servers are reported, for all listeners of a worker. */
  readonly failures: FailureLog;
  readonly counters: ListenerCells;
  /** Where a route of a listener counts. */
  routes(listener: string, route: string): RouteCells;
  /** Where the lines of access logs go. */
  readonly logs: WorkerLogs;
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly limits: WorkerLimits;
  readonly caches: ReadonlyMap<string, WorkerCache>;
  /** Makes what a route does beside forwarding. */
  readonly features: typeof featuresOf;
  readonly tls: WorkerTls;
  /** Is the balancer ready? */
  ready(): boolean;
  /** Milliseconds, monotonic. */
  now(): number;
  /** Where bodies are held that are too long for memory. */
  readonly tempDirectory: string;
  /** Waiting connections to servers, shared by all HTTP listeners of a worker. */
  readonly pools: Map<Server, OriginSource>;
}

/** The upstream of that name. Throws RangeError when it is not there. */
export function upstreamOf(upstreams: ReadonlyMap<string, Upstream>, name: string): Upstream {
  const upstream = upstreams.get(name);
  if (upstream === undefined) throw new RangeError(`no upstream ${name}`);
  return upstream;
}
