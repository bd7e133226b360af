import type { RetryConfig } from '../../src/config/retry-config.ts';
import { PROXY_ERRORS, type ProxyErrorCode } from '../errors.ts';
import { ServerCounter } from '../shared/layout.ts';
import type { Server } from '../upstream/server.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { Attempt, AttemptOwner } from './attempt.ts';
import { AttemptPair } from './attempt-pair.ts';
import type { ClientIdentity } from './client-identity.ts';
import type { RequestAdditions } from './compose-head.ts';
import { BodyKind, type RequestHead, type ResponseHead } from './head.ts';
import type { HttpContext } from './http-context.ts';
import type { OriginSource, OriginStream } from './origin-stream.ts';
import { type ParkedOwner, ParkedRequest } from './parked-request.ts';
import type { RequestBuffer } from './request-buffer.ts';
import type { RequestRecord } from './request-record.ts';
import { isBudgeted, isUnwelcome } from './retry.ts';
import { RetryPlan } from './retry-plan.ts';
import { ServerChoice } from './server-choice.ts';

/** What the exchange hears of its request's way to a server. All bytes are valid during the call. */
export interface DispatchOwner {
  readonly headRequest: boolean;
  readonly record: RequestRecord | null;
  /** When it is tried again; absent or null: as the upstream says. */
  readonly retry?: RetryConfig | null;
  /** No more of the request's body for now, until `requestWanted`. */
  requestUnwanted(): void;
  requestWanted(): void;
  /** A 1xx head other than 101. */
  responseInterim(head: ResponseHead): void;
  /** The final head; from here on nothing is tried again. Content follows, if any. */
  responseHead(head: ResponseHead, server: Server): void;
  responseContent(bytes: Buffer, start: number, end: number): void;
  responseFlush(): void;
  /** The response is complete; bytes [start, end) came after it, which only 101 allows. */
  responseDone(origin: OriginStream, bytes: Buffer, start: number, end: number): void;
  /** There will be no response, or none to its end. */
  dispatchFailed(code: ProxyErrorCode): void;
}

/**
 * One request's way to a server: select, connect, forward, and again elsewhere where that is safe.
 * What came of the body is kept with the head until it can be sent.
 */
export class Dispatch implements AttemptOwner, ParkedOwner {
  /** The request's body has come in full. */
  complete = false;
  /** The client waits for 100 (Continue), so it is not to blame that its body does not come. */
  continueDue = false;
  readonly choice = new ServerChoice();
  readonly #context: HttpContext;
  readonly #owner: DispatchOwner;
  readonly #pair = new AttemptPair(this);
  readonly #plan = new RetryPlan();
  /** The request while it waits for its turn, before there is a server for it. */
  #parked: ParkedRequest | null = null;
  #upstream: Upstream | null = null;
  /** What a server hears of the client before anything else; null: nothing. */
  #header: Buffer | null = null;
  #chunked = false;

  constructor(context: HttpContext, owner: DispatchOwner) {
    this.#context = context;
    this.#owner = owner;
  }

  get headRequest(): boolean {
    return this.#owner.headRequest;
  }

  get key(): number {
    return this.choice.key;
  }

  /** A new request; nothing is known of it yet but the head. */
  accept(head: RequestHead): void {
    this.complete = false;
    this.continueDue = head.expectContinue;
    this.#pair.main.sent = false;
    this.#plan.accept(head);
    this.#chunked = head.bodyKind === BodyKind.chunked;
  }

  /** Chooses a server and composes the head for it, after `delayMs` if that is more than 0. */
  start(
    upstream: Upstream,
    head: RequestHead,
    client: ClientIdentity,
    additions: RequestAdditions,
    delayMs: number,
  ): void {
    this.#upstream = upstream;
    const { sendProxy } = upstream.config;
    this.#header = sendProxy === null ? null : client.proxyHeader(sendProxy);
    if (additions.contentLength !== null) this.#chunked = false;
    this.#owner.record?.dispatched(upstream);
    const now = this.#now();
    upstream.budget.request(now);
    this.#plan.begin(this.#owner.retry ?? upstream.config.retry, now);
    this.choice.begin(upstream, head, client);
    const server = delayMs > 0 ? null : this.choice.first();
    if (server !== null) {
      this.#open(this.#pair.main, server, false).request.compose(head, additions);
      return;
    }
    const parked = new ParkedRequest(this.#context.engine, this);
    this.#parked = parked;
    parked.buffer.compose(head, additions);
    if (delayMs > 0) parked.delay(delayMs);
    else this.#queue(parked);
  }

  /** A piece of the request's body. */
  content(bytes: Buffer, start: number, end: number): void {
    this.continueDue = false;
    if (this.#pair.main.sent) {
      this.#keep(bytes, start, end);
      this.#pair.main.origin?.writer.content(bytes, start, end);
    } else {
      this.#buffer()?.content(this.#chunked, bytes, start, end);
    }
  }

  /** The request's body is complete; `trailers` are lines that came after it. */
  end(trailers: Buffer): void {
    if (this.complete) return;
    this.complete = true;
    this.continueDue = false;
    if (this.#pair.main.sent) this.#pair.main.origin?.writer.end(trailers);
    // A replay without the last chunk would leave the server waiting in the middle of a body.
    if (this.#plan.replayable) this.#buffer()?.end(this.#chunked, trailers);
  }

  /** Sends on what there is. */
  flush(): void {
    const { origin } = this.#pair.main;
    if (origin?.connected) this.#forward(this.#pair.main);
    else if (!this.complete) this.#owner.requestUnwanted();
  }

  /** Gives up whatever is under way, or what is left of it. */
  drop(): void {
    this.#pair.drop();
    this.#parked?.leave();
    this.#parked = null;
  }

  /** Nothing more is read from the server until `resume`: the client is slow. */
  pause(): void {
    this.#pair.main.origin?.pause();
  }

  resume(): void {
    this.#pair.main.origin?.resume();
  }

  delayOver(): void {
    const server = this.choice.first();
    if (server !== null) this.serverFree(server);
    else this.#queue(this.#parked!);
  }

  serverFree(server: Server): void {
    const { buffer } = this.#parked!;
    this.#parked = null;
    const origin = this.#open(this.#pair.main, server, false);
    origin.request = buffer;
    if (origin.connected) this.attemptReady(this.#pair.main);
  }

  noServer(busy: ProxyErrorCode = 'queue_timeout'): void {
    const { alive, name } = this.#upstream!;
    this.#context.failures.note(alive ? busy : 'no_server', name);
    this.#owner.dispatchFailed(alive ? busy : 'no_server');
  }

  attemptReady(attempt: Attempt): void {
    const { server } = attempt.origin!;
    this.#owner.record?.connected(server);
    this.#forward(attempt);
    if (!attempt.origin!.writer.blocked) this.#owner.requestWanted();
  }

  attemptInterim(attempt: Attempt, head: ResponseHead): void {
    // Which of two servers will answer is still open, and what the other says does not matter.
    if (this.#pair.contested) return;
    if (head.status === 100 && this.continueDue) {
      this.continueDue = false;
      attempt.origin!.requestMoved();
    }
    this.#owner.responseInterim(head);
  }

  attemptHead(attempt: Attempt, head: ResponseHead): void {
    const origin = attempt.origin!;
    const { server } = origin;
    const upstream = this.#upstream!;
    const { status } = head;
    attempt.answered(status, upstream.timed, this.#context.engine.clock.now());
    this.#owner.record?.answered(server, status);
    if (isUnwelcome(this.#plan.rule, status) && this.#passOver(attempt, status)) return;
    this.#pair.settle(attempt);
    this.#plan.replayable = false;
    this.#owner.responseHead(head, server);
  }

  attemptContent(bytes: Buffer, start: number, end: number): void {
    this.#owner.responseContent(bytes, start, end);
  }

  attemptFlush(): void {
    this.#owner.responseFlush();
  }

  attemptDone(attempt: Attempt, bytes: Buffer, start: number, end: number): void {
    this.#owner.responseDone(attempt.origin!, bytes, start, end);
  }

  /**
   * The response is through: the connection may serve on if `reusable`. It may not after a request that
   * asked for an upgrade: a server may already take what follows such a request for no HTTP.
   */
  finish(reusable: boolean, now: number): void {
    this.#pair.main.finish(reusable && this.complete, now);
  }

  /** After a 101: connection and place at the server are somebody else's. */
  handOver(): void {
    this.#pair.main.handOver();
  }

  attemptFailed(
    attempt: Attempt,
    origin: OriginStream,
    code: ProxyErrorCode,
    errno: string | null,
  ): void {
    const target = this.#retryTarget(attempt, origin, code, 0);
    if (target !== 'same') this.#noteFailure(origin.server, code, errno);
    if (this.#pair.contested) {
      this.choice.exclude(origin.server);
      this.#pair.concede(attempt);
      return;
    }
    let server: Server | null = null;
    if (target === 'same') server = origin.server;
    else if (target === 'other') server = this.#another(origin.server, code);
    if (server === null) {
      this.#owner.dispatchFailed(code);
      return;
    }
    this.#plan.reconnected ||= target === 'same';
    this.#again(server, origin.request);
  }

  attemptDrained(): void {
    this.#owner.requestWanted();
  }

  /** What is composed for the server so far. */
  #buffer(): RequestBuffer | undefined {
    return this.#pair.main.origin?.request ?? this.#parked?.buffer;
  }

  /** Waits for a server that has room, if the upstream lets requests wait. */
  #queue(parked: ParkedRequest): void {
    if (!parked.join(this.#upstream!.queue)) this.noServer('servers_busy');
  }

  #open(attempt: Attempt, server: Server, fresh: boolean): OriginStream {
    this.#owner.record?.attempted(server);
    const origin = attempt.begin(server, this.#poolOf(server), fresh, this.#header);
    if (origin.connected) this.#owner.record?.connected(server);
    origin.writer.chunked = this.#chunked;
    return origin;
  }

  /** Sends what was composed to this server, over a new connection. */
  #again(server: Server, request: RequestBuffer): void {
    this.#pair.settle(this.#pair.main);
    const origin = this.#open(this.#pair.main, server, true);
    origin.request = request;
    server.count(ServerCounter.retries);
    // HTTP/2 has another stream on a connection that stands.
    if (origin.connected) this.attemptReady(this.#pair.main);
  }

  #poolOf(server: Server): OriginSource {
    return this.#context.poolOf(this.#upstream!, server);
  }

  #forward(attempt: Attempt): void {
    const origin = attempt.origin!;
    const { writer } = origin;
    if (attempt.sent) {
      writer.flush();
    } else {
      const { hedgeAfterMs } = this.#plan.rule;
      attempt.sent = true;
      attempt.sentAt = this.#context.engine.clock.now();
      origin.sendRequest();
      if (hedgeAfterMs !== null) this.#armHedge(hedgeAfterMs);
    }
    if (this.complete || this.continueDue) origin.requestSent();
    else origin.requestMoved();
    if (writer.blocked && !this.complete) this.#owner.requestUnwanted();
  }

  /** Keeps what goes out now for another try, within the rule's bound. */
  #keep(bytes: Buffer, start: number, end: number): void {
    const request = this.#buffer();
    if (request === undefined || !this.#plan.replayable) return;
    if (this.#plan.keeps(request.length, end - start)) {
      request.content(this.#chunked, bytes, start, end);
    }
  }

  #retryTarget(
    attempt: Attempt,
    origin: OriginStream,
    code: ProxyErrorCode | null,
    status: number,
  ): 'same' | 'other' | 'none' {
    const sent = origin.untouched ? 'none' : attempt.progress(this.complete);
    const serversTried = this.choice.triedWith(origin.server);
    return this.#plan.target(origin, sent, code, status, serversTried, this.#now());
  }

  /** The server to ask after this one, if the budget allows it and there is one. */
  #another(failed: Server, code: ProxyErrorCode | null): Server | null {
    const { budget, name } = this.#upstream!;
    const now = this.#now();
    const budgeted = isBudgeted(code);
    if (budgeted && !budget.allows(now)) {
      failed.count(ServerCounter.retriesWithheld);
      this.#context.failures.note('retry_budget_used_up', name);
      return null;
    }
    const server = this.choice.next(failed);
    if (budgeted && server !== null) budget.take(now);
    return server;
  }

  /** Tries to get another answer than this one; false: the client has to be content with it. */
  #passOver(attempt: Attempt, status: number): boolean {
    const origin = attempt.origin!;
    if (this.#pair.contested) {
      this.choice.exclude(origin.server);
      this.#pair.concede(attempt);
      return true;
    }
    if (this.#retryTarget(attempt, origin, null, status) !== 'other') return false;
    const server = this.#another(origin.server, null);
    if (server === null) return false;
    const { request } = origin;
    attempt.drop();
    this.#again(server, request);
    return true;
  }

  #armHedge(afterMs: number): void {
    if (!this.#plan.mayHedge || !this.complete || this.#pair.contested) return;
    this.#pair.remind(afterMs, () => this.#hedge());
  }

  /** The server takes long: another one gets the same request. Once per request. */
  #hedge(): void {
    const { origin } = this.#pair.main;
    if (origin === null || !this.#plan.replayable) return;
    this.#plan.mayHedge = false;
    const { server: slow } = origin;
    if (this.#plan.isSpent(this.choice.triedWith(slow), this.#now())) return;
    const server = this.#another(slow, null);
    if (server === null) return;
    this.choice.keep(slow);
    const rival = this.#pair.challenge();
    const other = this.#open(rival, server, false);
    // A copy: either connection may keep its buffer for its next request.
    other.request.append(origin.request);
    server.count(ServerCounter.hedges);
    if (other.connected) this.#forward(rival);
  }

  /** Coarse, and cheap. */
  #now(): number {
    return this.#context.engine.deadlines.now();
  }

  #noteFailure(server: Server, code: ProxyErrorCode, errno: string | null): void {
    const ours = PROXY_ERRORS[code].source !== 'upstream';
    if (!ours) server.failed(code);
    this.#context.failures.note(code, ours ? this.#upstream!.name : server.label, errno);
    this.#owner.record?.failed(server, code);
  }
}
