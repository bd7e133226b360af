import type { AccessLogConfig } from '../../src/config/access-log-config.ts';
import type { ProxyErrorCode } from '../errors.ts';
import type { ClientIdentity } from '../http1/client-identity.ts';
import type { ClientTraffic } from '../http1/client-traffic.ts';
import type { RequestHead } from '../http1/head.ts';
import type { RequestObserver, RequestRecord } from '../http1/request-record.ts';
import type { IdSource } from '../request-id/id-source.ts';
import { LogClock } from './log-clock.ts';
import type { LineOutlet } from './outbox.ts';
import { RequestFormat } from './request-format.ts';
import { type ListenerFacts, type RecordOwner, TrackedRequest } from './tracked-request.ts';
import { truncateAddress } from './truncate-address.ts';

/** Records that are kept to be used again. */
const SPARE_RECORDS_MAX = 1024;
const STATUS_OF_FAILURES = 400;

/** An access log and where its lines go. */
export interface RequestLog {
  readonly config: AccessLogConfig;
  readonly outlet: LineOutlet;
}

/** What an observer is made of. */
export interface ObserverParts {
  readonly facts: ListenerFacts;
  /** Null: nothing is logged. */
  readonly log: RequestLog | null;
  /** Null: requests have no ids. */
  readonly ids: IdSource | null;
  /** Milliseconds, monotonic. */
  now(): number;
  /** Milliseconds since 1970. */
  wall(): number;
}

/** Follows the requests of one listener for its access log, and gives them their ids. */
export class HttpObserver implements RequestObserver, RecordOwner {
  readonly facts: ListenerFacts;
  readonly #parts: ObserverParts;
  readonly #format: RequestFormat | null;
  readonly #spare: TrackedRequest[] = [];
  #serial = 0;
  #wellDone = 0;

  constructor(parts: ObserverParts) {
    this.#parts = parts;
    this.facts = parts.facts;
    const { log } = parts;
    this.#format = log === null ? null : new RequestFormat(log.config, new LogClock(parts.wall));
  }

  get logs(): boolean {
    return this.#format !== null;
  }

  now(): number {
    return this.#parts.now();
  }

  begin(head: RequestHead, client: ClientIdentity, traffic: ClientTraffic): RequestRecord {
    return this.#begin(head, client, traffic);
  }

  refused(
    bytes: Buffer,
    client: ClientIdentity,
    traffic: ClientTraffic,
    status: number,
    code: ProxyErrorCode,
  ): void {
    const request = this.#begin(null, client, traffic);
    request.unread = bytes;
    request.ended(status, code);
  }

  capture(request: TrackedRequest): void {
    const format = this.#format;
    if (format === null) return;
    const { head, unread, client } = request;
    const { scheme, http2 } = client;
    request.keep(format.capture({ head, unread, scheme, http2 }, request.ends));
  }

  over(request: TrackedRequest): void {
    const { log } = this.#parts;
    if (log !== null && !request.silent && this.#isWanted(request, log)) this.#write(request, log);
    request.rest();
    if (this.#spare.length < SPARE_RECORDS_MAX) this.#spare.push(request);
  }

  #begin(head: RequestHead | null, client: ClientIdentity, traffic: ClientTraffic): TrackedRequest {
    const { ids } = this.#parts;
    const request =
      this.#spare.pop() ??
      new TrackedRequest(this, this.#format?.captures ?? 0, ids?.next() ?? null);
    if (traffic.serial === 0) traffic.serial = ++this.#serial;
    request.begin(head, client, traffic);
    return request;
  }

  /** Of those that went well only one in so many is logged. */
  #isWanted(request: TrackedRequest, log: RequestLog): boolean {
    const { sampleEvery } = log.config;
    if (sampleEvery === 1 || request.error !== null) return true;
    if (request.status >= STATUS_OF_FAILURES) return true;
    this.#wellDone = (this.#wellDone + 1) % sampleEvery;
    return this.#wellDone === 1;
  }

  #write(request: TrackedRequest, { config, outlet }: RequestLog): void {
    const { address } = request.client;
    request.remoteAddress = config.truncateAddresses ? truncateAddress(address) : address;
    const line = this.#format!.line(request);
    if (line === null) outlet.lost(1);
    else outlet.write(line.bytes, line.length);
  }
}
