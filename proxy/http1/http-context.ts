import type { HttpLimits } from '../../src/config/proxy-config.ts';
import type { Client } from '../draining/client.ts';
import type { RouteFeature } from '../features/feature.ts';
import type { FailureLog } from '../frontend/failure-log.ts';
import type { IoEngine } from '../io/engine.ts';
import type { Refusals } from '../rewriting/refusals.ts';
import type { RouteTable } from '../routing/route-table.ts';
import type { ListenerCells } from '../shared/worker-cells.ts';
import type { Server } from '../upstream/server.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { Desks } from './desk.ts';
import type { RequestHead } from './head.ts';
import type { IdentityRules } from './identity-rules.ts';
import type { OriginSource } from './origin-stream.ts';
import type { RequestObserver } from './request-record.ts';
import type { RequestRules } from './request-rules.ts';

/** What the connections of one HTTP listener share. */
export interface HttpContext {
  readonly engine: IoEngine;
  readonly limits: HttpLimits;
  /** What is taken for a request. */
  readonly rules: RequestRules;
  /** Whom we believe, and what we tell servers about clients. */
  readonly identityRules: IdentityRules;
  readonly routes: RouteTable;
  /** What is done with the answers to requests that no route takes. */
  readonly unrouted: readonly RouteFeature[];
  /** How what is no request is answered. */
  readonly refusals: Refusals;
  readonly counters: ListenerCells;
  /** Where failing servers are reported. */
  readonly failures: FailureLog;
  /** Where every request of the listener is parsed into: used up before the next is parsed. */
  readonly head: RequestHead;
  /** What its HTTP/1 clients work on requests with. */
  readonly desks: Desks;
  /** The worker is stopping: every response closes its connection. */
  readonly draining: boolean;
  /** Who serves the clients from their next request on, after a reload; null: this one does. */
  readonly heir: HttpContext | null;
  /** Who follows the requests of the listener; null when nobody does. */
  readonly observer: RequestObserver | null;
  /** Milliseconds, monotonic, the same for all workers. */
  now(): number;
  /** The `Date` line of this second. */
  dateLine(): Buffer;
  /** This worker's ways to a server. */
  poolOf(upstream: Upstream, server: Server): OriginSource;
  /** A client goes on with the heir; `busy`: requests that began here are still under way. */
  pass(client: Client, busy: boolean): void;
  /** They are not any more. */
  left(client: Client): void;
  /** A client connection has ended for good. */
  forget(client: Client): void;
}
