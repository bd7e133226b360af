/**
 * One request and its response, phase by phase (`PHASES`):
 *
 *   client --head--> accept -> route -> limit -> select -> connect -> forward ==body==> server
 *   client <==body== respond <--------------------------------------------- server
 *                    log: once per request, however it ended
 *
 * A phase that fails goes straight to respond with an entry of `PROXY_ERRORS`.
 */
import {
  PROXY_ERRORS,
  type ProxyError,
  type ProxyErrorCode,
  proxyError,
  type Sent,
} from '../errors.ts';
import type { Route } from '../frontend/route-table.ts';
import { ListenerCounter, responseSlot, ServerCounter } from '../shared/layout.ts';
import type { Server } from '../upstream/server.ts';
import { composeRequest, requestRoom } from './compose-head.ts';
import type { Downstream } from './downstream.ts';
import { BodyKind, type RequestHead, type ResponseHead } from './head.ts';
import type { HttpContext } from './http-context.ts';
import type { OriginConnection, OriginUser } from './origin-connection.ts';
import { isIdempotent, retryTarget } from './retry.ts';
import { allowedMethods, chooseRoute, forwardedPath } from './routing.ts';

/** The phases of a request, in order; logs, docs and code use these words. */
export const PHASES = [
  'accept',
  'route',
  'limit',
  'select',
  'connect',
  'forward',
  'respond',
  'log',
] as const;
export type Phase = (typeof PHASES)[number];

/** Serves one client connection or stream, one request at a time. */
export class Exchange implements OriginUser {
  headRequest = false;
  readonly #context: HttpContext;
  readonly #client: Downstream;
  #phase: Phase = 'log';
  #route: Route | null = null;
  #origin: OriginConnection | null = null;
  readonly #tried: Server[] = [];
  #idempotent = false;
  #upgrade = false;
  #chunked = false;
  #bodyBytes = 0;
  /** The request buffer has been sent; more of the body goes out as it comes. */
  #streaming = false;
  /** Some of the request went out beside the request buffer, so it cannot be sent again. */
  #beyondBuffer = false;
  #requestComplete = false;
  /** The client waits for 100 (Continue), so it is not to blame that its body does not come. */
  #continueDue = false;
  #responding = false;
  #reconnected = false;
  #status = 0;

  constructor(context: HttpContext, client: Downstream) {
    this.#context = context;
    this.#client = client;
  }

  /** A request is being worked on. */
  get active(): boolean {
    return this.#phase !== 'log';
  }

  /** Its body has come in full. */
  get requestComplete(): boolean {
    return this.#requestComplete;
  }

  /** It is up to the client to send more of the body. */
  get wantsBody(): boolean {
    return this.active && !this.#requestComplete && !this.#continueDue;
  }

  /** Takes a request up to where its head is composed for a server. The body follows. */
  start(head: RequestHead): void {
    this.#accept(head);
    this.#phase = 'route';
    const path = head.pathNotable ? forwardedPath(head) : '';
    if (path === null) {
      this.fail('bad_target');
      return;
    }
    const route = chooseRoute(this.#context.routes, head, path);
    if (typeof route === 'string') {
      const refused = route === 'method_refused';
      this.fail(route, refused ? allowedMethods(this.#context.routes, head, path) : '');
      return;
    }
    this.#route = route;
    this.#phase = 'limit';
    const { bodyBytesMax } = this.#context.limits;
    if (bodyBytesMax > 0 && head.contentLength > bodyBytesMax) {
      this.fail('body_too_large');
      return;
    }
    this.#phase = 'select';
    const server = route.upstream.pick(this.#tried);
    if (server === null) {
      this.#context.failures.note('no_server', route.upstream.name);
      this.fail('no_server');
      return;
    }
    const origin = this.#connect(server, false);
    const raw = route.config.rawPath && head.pathEnd > head.targetStart;
    const additions = this.#client.additions(head, path === '' || raw ? null : path);
    const { request } = origin;
    const out = request.room(requestRoom(head, additions));
    request.length = composeRequest(head, additions, out, 0);
  }

  /** A piece of the request's body. */
  requestContent(bytes: Buffer, start: number, end: number): void {
    const origin = this.#origin;
    if (origin === null) return;
    this.#bodyBytes += end - start;
    this.#continueDue = false;
    const { bodyBytesMax } = this.#context.limits;
    if (bodyBytesMax > 0 && this.#bodyBytes > bodyBytesMax) {
      this.fail('body_too_large');
      return;
    }
    if (this.#streaming) {
      this.#beyondBuffer = true;
      origin.writer.content(bytes, start, end);
    } else {
      origin.request.content(this.#chunked, bytes, start, end);
    }
  }

  /** The request's body is complete. */
  requestEnd(): void {
    if (this.#requestComplete) return;
    this.#requestComplete = true;
    const origin = this.#origin;
    if (origin === null) return;
    if (this.#streaming) origin.writer.end();
    // A replay without the last chunk would leave the server waiting in the middle of a body.
    if (!this.#beyondBuffer) origin.request.end(this.#chunked);
  }

  /** The client's bytes are through for now: sends on what there is. */
  requestFlush(): void {
    const origin = this.#origin;
    if (origin === null) return;
    if (!origin.connected) {
      if (!this.#requestComplete) this.#client.hold();
      return;
    }
    this.#forward(origin);
  }

  /** The client connection is gone. */
  clientGone(): void {
    this.#dropOrigin();
    this.#log(this.#responding ? this.#status : PROXY_ERRORS.client_gone.status);
  }

  /** The client is ready for more of the response. */
  clientDrained(): void {
    this.#origin?.resume();
  }

  /**
   * Gives the request up with an error, which the client gets to see in one way or another. `allow`
   * goes with `method_refused`.
   */
  fail(code: ProxyErrorCode, allow = ''): void {
    if (!this.active) return;
    this.#dropOrigin();
    const error = this.#error(code);
    if (this.#responding) {
      this.#log(this.#status);
      this.#client.abort();
      return;
    }
    this.#log(error.status);
    this.#client.respondError(code, this.headRequest, allow);
  }

  originReady(): void {
    const origin = this.#origin!;
    this.#forward(origin);
    if (!origin.writer.blocked) this.#client.release();
  }

  originInterim(head: ResponseHead): void {
    if (head.status === 100 && this.#continueDue) {
      this.#continueDue = false;
      this.#origin!.requestMoved();
      this.#client.awaitBody();
    }
    this.#client.respondInterim(head);
    this.#heedClient();
  }

  originHead(head: ResponseHead): void {
    const { status } = head;
    const origin = this.#origin!;
    if (status === 101 && !(this.#upgrade && head.upgrade)) {
      this.fail('bad_response');
      return;
    }
    this.#phase = 'respond';
    this.#responding = true;
    this.#status = status;
    origin.server.count(responseSlot(ServerCounter.responses1xx, status));
    this.#client.respond(head);
  }

  originContent(bytes: Buffer, start: number, end: number): void {
    this.#client.writer.content(bytes, start, end);
  }

  originFlush(): void {
    this.#client.writer.flush();
    this.#heedClient();
  }

  originDone(bytes: Buffer, start: number, end: number): void {
    const origin = this.#origin!;
    const { writer } = this.#client;
    if (this.#status === 101) {
      writer.flush();
      this.#origin = null;
      this.#client.tunnel(origin, bytes, start, end);
      return;
    }
    writer.end();
    writer.flush();
    this.#origin = null;
    origin.server.end();
    if (this.#requestComplete && origin.connection.unsentBytes === 0) {
      this.#context.poolOf(this.#route!.upstream, origin.server).release(origin);
    } else {
      origin.discard();
    }
    this.#log(this.#status);
    this.#client.responded();
  }

  originFailed(code: ProxyErrorCode, errno: string | null): void {
    const origin = this.#origin!;
    const attempt = {
      error: this.#error(code),
      idempotent: this.#idempotent,
      replayable: !this.#beyondBuffer && !this.#responding,
      reused: origin.reused,
      answered: origin.answered,
      serversTried: this.#tried.length + 1,
      reconnected: this.#reconnected,
    };
    this.#origin = null;
    origin.server.end();
    const target = retryTarget(attempt);
    if (target !== 'same') {
      const { upstream } = this.#route!;
      const where = code === 'no_resources' ? upstream.name : origin.server.address;
      this.#context.failures.note(code, where, errno);
    }
    if (target === 'none') {
      this.fail(code);
      return;
    }
    const server = target === 'same' ? origin.server : this.#nextServer(origin.server);
    if (server === null) {
      this.fail(code);
      return;
    }
    this.#reconnected ||= target === 'same';
    this.#streaming = false;
    this.#connect(server, true).request = origin.request;
    server.count(ServerCounter.retries);
  }

  originDrained(): void {
    this.#client.release();
  }

  /** The tunnel that a 101 opened has ended. */
  tunnelDone(server: Server): void {
    server.end();
    this.#log(101);
  }

  #accept(head: RequestHead): void {
    this.#phase = 'accept';
    this.#context.counters.count(ListenerCounter.requests);
    this.headRequest = head.method === 'HEAD';
    this.#idempotent = isIdempotent(head.method);
    this.#upgrade = head.upgrade;
    this.#chunked = head.bodyKind === BodyKind.chunked;
    this.#bodyBytes = 0;
    this.#tried.length = 0;
    this.#streaming = false;
    this.#beyondBuffer = false;
    this.#requestComplete = false;
    this.#continueDue = head.expectContinue;
    this.#responding = false;
    this.#reconnected = false;
    this.#status = 0;
  }

  #connect(server: Server, fresh: boolean): OriginConnection {
    this.#phase = 'connect';
    server.begin();
    const pool = this.#context.poolOf(this.#route!.upstream, server);
    const origin = fresh ? pool.open(this) : pool.take(this);
    origin.writer.chunked = this.#chunked;
    this.#origin = origin;
    return origin;
  }

  #nextServer(failed: Server): Server | null {
    this.#phase = 'select';
    this.#tried.push(failed);
    return this.#route!.upstream.pick(this.#tried);
  }

  #forward(origin: OriginConnection): void {
    const { writer, request } = origin;
    if (this.#streaming) {
      writer.flush();
    } else {
      this.#phase = 'forward';
      this.#streaming = true;
      writer.send(request.bytes, 0, request.length);
    }
    if (this.#requestComplete || this.#continueDue) origin.requestSent();
    else origin.requestMoved();
    if (writer.blocked) this.#client.hold();
  }

  /** Nothing more is read from the server until the client has taken what there is. */
  #heedClient(): void {
    if (!this.#client.writer.blocked) return;
    this.#origin!.pause();
    this.#client.awaitDrain();
  }

  #dropOrigin(): void {
    const origin = this.#origin;
    if (origin === null) return;
    this.#origin = null;
    origin.server.end();
    origin.discard();
  }

  #error(code: ProxyErrorCode): ProxyError {
    let sent: Sent = 'none';
    if (this.#streaming) sent = this.#requestComplete ? 'full' : 'partial';
    return proxyError(code, sent);
  }

  #log(status: number): void {
    this.#phase = 'log';
    const { counters } = this.#context;
    counters.count(responseSlot(ListenerCounter.responses1xx, status));
  }
}
