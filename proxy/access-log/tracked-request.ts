import type { CacheResult } from '../cache/rules/cache-status.ts';
import { PROXY_ERRORS, type ProxyErrorCode } from '../errors.ts';
import type { ClientIdentity } from '../http1/client-identity.ts';
import type { ClientTraffic } from '../http1/client-traffic.ts';
import { NO_LINES } from '../http1/extra-lines.ts';
import type { RequestHead } from '../http1/head.ts';
import type { RequestRecord } from '../http1/request-record.ts';
import type { RequestIds } from '../request-id/request-ids.ts';
import type { Route } from '../routing/route-table.ts';
import type { Server } from '../upstream/server.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { RECORD_BYTES_KEPT } from './limits.ts';
import type { LineWriter } from './line-writer.ts';
import { Tries } from './tries.ts';

/** What all requests of a listener have in common. */
export interface ListenerFacts {
  readonly listener: string;
  readonly worker: number;
}

/** Who gives out records and takes them back. */
export interface RecordOwner {
  readonly facts: ListenerFacts;
  /** There is a log; without one a record only has the ids, and nothing is followed. */
  readonly logs: boolean;
  /** Milliseconds, monotonic. */
  now(): number;
  /** The request has its route: takes what the line needs of the head. */
  capture(request: TrackedRequest): void;
  /** It is over. */
  over(request: TrackedRequest): void;
}

/** One request on its way, as the log will tell of it. Used again for others. */
export class TrackedRequest implements RequestRecord {
  readonly tries = new Tries();
  readonly facts: ListenerFacts;
  /** Its ids; null where they are not asked for. */
  readonly ids: RequestIds | null;
  /** Valid while the request finds its route; null when it could not be read. */
  head: RequestHead | null = null;
  /** What came instead of a head. */
  unread: Buffer | null = null;
  client!: ClientIdentity;
  traffic!: ClientTraffic;
  route: Route | null = null;
  /** Where it goes, or would have; null: nowhere. */
  upstream: string | null = null;
  /** As the line shows it. */
  remoteAddress = '';
  requestNumber = 0;
  status = 0;
  error: ProxyErrorCode | null = null;
  /** What a cache did with it; null: it was not asked. */
  cache: CacheResult | null = null;
  durationMs = 0;
  /** Nothing is logged of it. */
  silent = false;
  readonly #owner: RecordOwner;
  #startedAt = 0;
  #captured: Buffer = Buffer.allocUnsafeSlow(0);
  readonly #ends: Int32Array;
  #isCaptured = false;

  /** `captures`: how many values are captured of its head. */
  constructor(owner: RecordOwner, captures: number, ids: RequestIds | null) {
    this.#owner = owner;
    this.facts = owner.facts;
    this.ids = ids;
    this.#ends = new Int32Array(captures);
  }

  get requestLines(): Buffer {
    return this.ids?.requestLines ?? NO_LINES;
  }

  get responseLines(): Buffer {
    return this.ids?.responseLines ?? NO_LINES;
  }

  /** A request begins; `head` is null where it could not be read. */
  begin(head: RequestHead | null, client: ClientIdentity, traffic: ClientTraffic): void {
    this.tries.clear();
    this.head = head;
    this.unread = null;
    this.client = client;
    this.traffic = traffic;
    this.route = null;
    this.upstream = null;
    this.cache = null;
    this.requestNumber = traffic.requests;
    this.silent = !this.#owner.logs;
    this.#startedAt = this.silent ? 0 : this.#owner.now();
    this.#isCaptured = false;
    if (head !== null) this.ids?.begin(head, client);
  }

  routed(route: Route): void {
    this.route = route;
    this.upstream = route.config.upstream;
    this.silent ||= !route.config.accessLog;
    if (!this.silent) this.#capture();
    this.head = null;
  }

  dispatched(upstream: Upstream): void {
    this.upstream = upstream.name;
  }

  attempted(server: Server): void {
    if (this.silent) return;
    this.tries.begin(server, this.#owner.now());
  }

  connected(server: Server): void {
    if (this.silent) return;
    this.tries.reached('connectMs', server, this.#owner.now());
  }

  answered(server: Server, status: number): void {
    if (this.silent) return;
    this.tries.reached('headerMs', server, this.#owner.now());
    this.tries.answered(server, status);
  }

  failed(server: Server, code: ProxyErrorCode): void {
    if (this.silent) return;
    this.tries.answered(server, PROXY_ERRORS[code].status);
    this.tries.reached('responseMs', server, this.#owner.now());
  }

  cached(result: CacheResult): void {
    this.cache = result;
  }

  ended(status: number, code: ProxyErrorCode | null): void {
    this.status = status;
    this.error = code;
    if (!this.silent) {
      const now = this.#owner.now();
      this.tries.end(now);
      this.durationMs = now - this.#startedAt;
      if (!this.#isCaptured) this.#capture();
    }
    this.head = null;
    this.unread = null;
    this.#owner.over(this);
  }

  /** Keeps what was captured of the head. */
  keep(out: LineWriter): void {
    if (out.length > this.#captured.length) {
      this.#captured = Buffer.allocUnsafeSlow(Math.max(out.length, RECORD_BYTES_KEPT));
    }
    out.bytes.copy(this.#captured, 0, 0, out.length);
  }

  /** Where `capture` writes the ends of the values. */
  get ends(): Int32Array {
    return this.#ends;
  }

  /** Puts a captured value in the line. */
  copyCaptured(out: LineWriter, index: number): void {
    const start = index === 0 ? 0 : this.#ends[index - 1]!;
    out.raw(this.#captured, start, this.#ends[index]!);
  }

  /** Lets go of what belongs to others, and of memory that few requests need. */
  rest(): void {
    this.tries.clear();
    this.route = null;
    if (this.#captured.length > RECORD_BYTES_KEPT) this.#captured = Buffer.allocUnsafeSlow(0);
  }

  #capture(): void {
    this.#isCaptured = true;
    this.#owner.capture(this);
  }
}
