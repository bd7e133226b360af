import type { CacheResult } from '../cache/rules/cache-status.ts';
import type { ProxyErrorCode } from '../errors.ts';
import type { RequestIdValues } from '../request-id/request-ids.ts';
import type { Route } from '../routing/route-table.ts';
import type { Server } from '../upstream/server.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { ClientIdentity } from './client-identity.ts';
import type { ClientTraffic } from './client-traffic.ts';
import type { RequestHead } from './head.ts';

/** Follows requests for those who want to know: the access log, ids. */
export interface RequestObserver {
  /**
   * A request has been accepted; its head is valid until it has its route or has ended, and may be
   * marked. `traffic` counts for it until it has ended. Null: of no interest.
   */
  begin(head: RequestHead, client: ClientIdentity, traffic: ClientTraffic): RequestRecord | null;
  /** What came is no request that could be read, and was answered. `bytes` are valid now. */
  refused(
    bytes: Buffer,
    client: ClientIdentity,
    traffic: ClientTraffic,
    status: number,
    code: ProxyErrorCode,
  ): void;
}

/** What is told of one request, phase by phase; `ended` is the last, and comes once. */
export interface RequestRecord {
  /** Null where the listener gives none. */
  readonly ids: RequestIdValues | null;
  /** Whole lines to add to the forwarded head, and to the head of the answer. */
  readonly requestLines: Buffer;
  readonly responseLines: Buffer;
  routed(route: Route): void;
  /** It goes to a server of this upstream, which need not be the one that the route names. */
  dispatched(upstream: Upstream): void;
  /** A try at this server begins, perhaps beside one that is still under way. */
  attempted(server: Server): void;
  /** There is a connection to the server. */
  connected(server: Server): void;
  /** The head of its response has come. */
  answered(server: Server, status: number): void;
  /** The try has failed; another may follow. */
  failed(server: Server, code: ProxyErrorCode): void;
  /** What the cache of its route did with it. */
  cached(result: CacheResult): void;
  /** `status` is what the client was told, or 499. `code` says what went wrong. */
  ended(status: number, code: ProxyErrorCode | null): void;
}
