import { PROXY_ERRORS, type ProxyErrorCode, proxyError, type Sent } from '../errors.ts';
import type { Route } from '../frontend/route-table.ts';
import { ServerCounter } from '../shared/layout.ts';
import type { Server } from '../upstream/server.ts';
import { Attempt, type AttemptOwner } from './attempt.ts';
import type { ClientIdentity } from './client-identity.ts';
import { composeRequest, type RequestAdditions, requestRoom } from './compose-head.ts';
import { BodyKind, type RequestHead, type ResponseHead } from './head.ts';
import type { HttpContext } from './http-context.ts';
import type { OriginConnection } from './origin-connection.ts';
import { type ParkedOwner, ParkedRequest } from './parked-request.ts';
import type { RequestBuffer } from './request-buffer.ts';
import type { RequestRecord } from './request-record.ts';
import { isIdempotent, retryTarget } from './retry.ts';
import { ServerChoice } from './server-choice.ts';

/** What the exchange hears of its request's way to a server. All bytes are valid during the call. */
export interface DispatchOwner {
  readonly headRequest: boolean;
  readonly record: RequestRecord | null;
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
  responseDone(origin: OriginConnection, bytes: Buffer, start: number, end: number): void;
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
  /** Bytes of the body so far. */
  bodyBytes = 0;
  readonly #context: HttpContext;
  readonly #owner: DispatchOwner;
  readonly #attempt = new Attempt(this);
  readonly #choice = new ServerChoice();
  /** The request while it waits for its turn, before there is a server for it. */
  #parked: ParkedRequest | null = null;
  #route: Route | null = null;
  #idempotent = false;
  #chunked = false;
  /** Some of the request went out beside the request buffer, so it cannot be sent again. */
  #beyondBuffer = false;
  #responding = false;
  #reconnected = false;

  constructor(context: HttpContext, owner: DispatchOwner) {
    this.#context = context;
    this.#owner = owner;
  }

  get headRequest(): boolean {
    return this.#owner.headRequest;
  }

  get key(): number {
    return this.#choice.key;
  }

  /** How much of the request has been sent in the present try. */
  get sent(): Sent {
    if (!this.#attempt.sent) return 'none';
    return this.complete ? 'full' : 'partial';
  }

  /** A new request; nothing is known of it yet but the head. */
  accept(head: RequestHead): void {
    this.complete = false;
    this.continueDue = head.expectContinue;
    this.bodyBytes = 0;
    this.#attempt.sent = false;
    this.#idempotent = isIdempotent(head.method);
    this.#chunked = head.bodyKind === BodyKind.chunked;
    this.#beyondBuffer = false;
    this.#responding = false;
    this.#reconnected = false;
  }

  /** Chooses a server and composes the head for it, after `delayMs` if that is more than 0. */
  start(
    route: Route,
    head: RequestHead,
    client: ClientIdentity,
    additions: RequestAdditions,
    delayMs: number,
  ): void {
    this.#route = route;
    this.#choice.begin(route.upstream, head, client);
    const server = delayMs > 0 ? null : this.#choice.first();
    if (server !== null) {
      compose(head, additions, this.#connect(server, false).request);
      return;
    }
    const parked = new ParkedRequest(this.#context.engine, this);
    this.#parked = parked;
    compose(head, additions, parked.buffer);
    if (delayMs > 0) parked.delay(delayMs);
    else this.#queue(parked);
  }

  /** A piece of the request's body. */
  content(bytes: Buffer, start: number, end: number): void {
    this.continueDue = false;
    this.bodyBytes += end - start;
    if (this.#attempt.sent) {
      this.#beyondBuffer = true;
      this.#attempt.origin?.writer.content(bytes, start, end);
    } else {
      this.#buffer?.content(this.#chunked, bytes, start, end);
    }
  }

  /** The request's body is complete. */
  end(): void {
    if (this.complete) return;
    this.complete = true;
    if (this.#attempt.sent) this.#attempt.origin?.writer.end();
    // A replay without the last chunk would leave the server waiting in the middle of a body.
    if (!this.#beyondBuffer) this.#buffer?.end(this.#chunked);
  }

  /** Sends on what there is. */
  flush(): void {
    const { origin } = this.#attempt;
    if (origin?.connected) this.#forward(origin);
    else if (!this.complete) this.#owner.requestUnwanted();
  }

  /** Gives up whatever is under way, or what is left of it. */
  drop(): void {
    this.#attempt.drop();
    this.#parked?.leave();
    this.#parked = null;
  }

  /** Nothing more is read from the server until `resume`: the client is slow. */
  pause(): void {
    this.#attempt.origin?.pause();
  }

  resume(): void {
    this.#attempt.origin?.resume();
  }

  /** The line that keeps the client at the server that answers; empty where there is none. */
  stickyLine(server: Server): Buffer {
    return this.#choice.stickyLine(server);
  }

  delayOver(): void {
    const server = this.#choice.first();
    if (server !== null) this.serverFree(server);
    else this.#queue(this.#parked!);
  }

  serverFree(server: Server): void {
    const { buffer } = this.#parked!;
    this.#parked = null;
    const origin = this.#connect(server, false);
    origin.request = buffer;
    if (origin.connected) this.#begin(origin);
  }

  waitedTooLong(): void {
    this.#noServer();
  }

  attemptReady(attempt: Attempt): void {
    this.#begin(attempt.origin!);
  }

  attemptInterim(attempt: Attempt, head: ResponseHead): void {
    const continued = head.status === 100 && this.continueDue;
    if (continued) {
      this.continueDue = false;
      attempt.origin!.requestMoved();
    }
    this.#owner.responseInterim(head);
  }

  attemptHead(attempt: Attempt, head: ResponseHead): void {
    const { server } = attempt.origin!;
    const { upstream } = this.#route!;
    this.#responding = true;
    server.answered(head.status, upstream.timed ? this.#context.now() - attempt.sentAt : 0);
    this.#owner.record?.answered(head.status);
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
  finish(origin: OriginConnection, reusable: boolean): void {
    const pool = this.#context.poolOf(this.#route!.upstream, origin.server);
    this.#attempt.finish(pool, reusable && this.complete);
  }

  /** After a 101: connection and place at the server are somebody else's. */
  handOver(): void {
    this.#attempt.handOver();
  }

  attemptFailed(
    _attempt: Attempt,
    origin: OriginConnection,
    code: ProxyErrorCode,
    errno: string | null,
  ): void {
    const target = retryTarget({
      error: proxyError(code, this.sent),
      idempotent: this.#idempotent,
      replayable: !this.#beyondBuffer && !this.#responding,
      reused: origin.reused,
      answered: origin.answered,
      serversTried: this.#choice.tried.length + 1,
      reconnected: this.#reconnected,
    });
    if (target !== 'same') this.#noteFailure(origin.server, code, errno);
    let server: Server | null = null;
    if (target === 'same') server = origin.server;
    else if (target === 'other') server = this.#choice.next(origin.server);
    if (server === null) {
      this.#owner.dispatchFailed(code);
      return;
    }
    this.#reconnected ||= target === 'same';
    this.#connect(server, true).request = origin.request;
    server.count(ServerCounter.retries);
  }

  attemptDrained(): void {
    this.#owner.requestWanted();
  }

  /** What is composed for the server so far. */
  get #buffer(): RequestBuffer | undefined {
    return this.#attempt.origin?.request ?? this.#parked?.buffer;
  }

  /** Waits for a server that has room, if the upstream lets requests wait. */
  #queue(parked: ParkedRequest): void {
    const { queue } = this.#route!.upstream;
    if (queue === null || !parked.join(queue)) this.#noServer();
  }

  #noServer(): void {
    this.#context.failures.note('no_server', this.#route!.upstream.name);
    this.#owner.dispatchFailed('no_server');
  }

  #connect(server: Server, fresh: boolean): OriginConnection {
    this.#owner.record?.attempted(server);
    const pool = this.#context.poolOf(this.#route!.upstream, server);
    const origin = this.#attempt.begin(server, pool, fresh);
    origin.writer.chunked = this.#chunked;
    return origin;
  }

  /** The connection is there. */
  #begin(origin: OriginConnection): void {
    this.#owner.record?.connected();
    this.#forward(origin);
    if (!origin.writer.blocked) this.#owner.requestWanted();
  }

  #forward(origin: OriginConnection): void {
    const { writer, request } = origin;
    const attempt = this.#attempt;
    if (attempt.sent) {
      writer.flush();
    } else {
      attempt.sent = true;
      if (this.#route!.upstream.timed) attempt.sentAt = this.#context.now();
      writer.send(request.bytes, 0, request.length);
    }
    if (this.complete || this.continueDue) origin.requestSent();
    else origin.requestMoved();
    if (writer.blocked) this.#owner.requestUnwanted();
  }

  #noteFailure(server: Server, code: ProxyErrorCode, errno: string | null): void {
    const ours = PROXY_ERRORS[code].source !== 'upstream';
    if (!ours) server.failed(code);
    this.#context.failures.note(code, ours ? this.#route!.upstream.name : server.address, errno);
    this.#owner.record?.failed(code);
  }
}

function compose(head: RequestHead, additions: RequestAdditions, request: RequestBuffer): void {
  const out = request.room(requestRoom(head, additions));
  request.length = composeRequest(head, additions, out, 0);
}
