import type { ProxyErrorCode } from '../errors.ts';
import type { ClientIdentity } from '../http1/client-identity.ts';
import type { RequestHead } from '../http1/head.ts';
import type { RequestRecord } from '../http1/request-record.ts';
import type { RequestIdValues } from '../request-id/request-ids.ts';
import type { Route } from '../routing/route-table.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { BodyWatcher, ContentFilter } from './content.ts';
import type { LocalResponse } from './local-response.ts';
import type { FeatureName } from './order.ts';
import type { ResponseEdit } from './response-edit.ts';

/** What a route does with requests beside forwarding them; compiled once per route and worker. */
export interface RouteFeature {
  readonly name: FeatureName;
  /** A request has come to the route. Null: there is nothing to do with it. */
  begin(request: FeatureRequest): RequestFeature | null;
  /** The worker ends: what is still under way without a request is given up. */
  stop?(): void;
}

/** How it goes on after a feature had the request: `wait`: `goOn`, `answer` or `fail` comes later. */
export type Outcome = 'on' | 'wait' | 'answered';

/** One request's dealings with a feature. */
export interface RequestFeature {
  /** On the way in, after the features further out. `answered`: `answer` or `fail` was called. */
  request?(request: FeatureRequest): Outcome;
  /** On the way out: the head of the final response, whoever further in made it. */
  response?(response: ResponseEdit): void;
  /**
   * Nobody further in could answer. True: this feature does, by `request.answer` now or later; false: it
   * does not.
   */
  failed?(code: ProxyErrorCode, request: FeatureRequest): boolean;
  /** The last call, exactly once: the request has ended, however that was. */
  over?(): void;
}

/** What features change of a request before it goes to a server. */
export interface RequestEdits {
  /** Where it goes; null: where the route says. */
  upstream: Upstream | null;
  /** Null: the method that came. The client's own still decides what it is sent of a body. */
  method: string | null;
  /** Path and query as forwarded; null: as they came, normalised. */
  target: string | null;
  /** The Host field; null: the client's. */
  host: string | null;
  /** Of the body in bytes, where that was chunked and is whole now; null: as it came. */
  contentLength: number | null;
  /** Fields that are left out, lower case. */
  readonly without: string[];
  /** Whole lines that are added, `Name: value CR LF`. */
  readonly lines: Buffer[];
}

/** A request as features meet it. */
export interface FeatureRequest {
  /** As it came. Valid during the call, and until the request has ended from the first `wait` on. */
  readonly head: RequestHead;
  /** Normalised; `*` for OPTIONS of the server as a whole. */
  readonly path: string;
  readonly client: ClientIdentity;
  /** Null: none takes it, and what the listener does with every answer is done. */
  readonly route: Route | null;
  readonly edits: RequestEdits;
  /** Null where the listener gives none. */
  readonly ids: RequestIdValues | null;
  /** Who follows it for the access log; null: nobody. */
  readonly record: RequestRecord | null;
  /**
   * After `wait`: the request goes on inwards. This, `answer` and `fail` do nothing once an answer is on its
   * way outwards: what bounds a request in time does not wait for features.
   */
  goOn(): void;
  /** Answers it; the answer passes the features further out. */
  answer(response: LocalResponse): void;
  /** Gives it up with an error, `lines` being whole header lines that go with the answer. */
  fail(code: ProxyErrorCode, lines?: Buffer): void;
  /** Its body, or that of the answer under way, cannot be completed: what filters say. */
  breakOff(code: ProxyErrorCode): void;
  /** The request's body passes through it; the filter added first is the first to get it. */
  filterBody(filter: ContentFilter): void;
  /** This one sees the request's body as it goes to the server, from its beginning; one at most. */
  watchBody(watcher: BodyWatcher): void;
  /** While it waits: its body is read all the same, and a client that waits for 100 gets it. */
  wantContent(): void;
}
