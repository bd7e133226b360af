/**
 * One request and its response, phase by phase; logs, docs and code use these words:
 *
 *   client --head--> accept -> route -> limit -> select -> connect -> forward ==body==> server
 *   client <==body== respond <--------------------------------------------- server
 *                    log: once per request, however it ended
 *
 * A phase that fails goes straight to respond with an entry of `PROXY_ERRORS`.
 */
import { PROXY_ERRORS, type ProxyErrorCode } from '../errors.ts';
import type { GatePass, RequestGate } from '../limiting/request-gate.ts';
import type { Route } from '../routing/route-table.ts';
import { ListenerCounter, responseSlot } from '../shared/layout.ts';
import type { Server } from '../upstream/server.ts';
import { Dispatch, type DispatchOwner } from './dispatch.ts';
import type { Downstream } from './downstream.ts';
import { allowLine, NO_LINES, retryAfterLine } from './extra-lines.ts';
import type { RequestHead, ResponseHead } from './head.ts';
import type { HttpContext } from './http-context.ts';
import type { OriginConnection } from './origin-connection.ts';
import { NO_BOUNDS, RequestBounds } from './request-bounds.ts';
import type { RequestRecord } from './request-record.ts';
import { allowedMethods, chooseRoute, forwardedPath } from './routing.ts';

const LOOP = 'a server of this upstream leads back to this balancer: requests are answered 508';

/** Serves one client connection or stream, one request at a time. */
export class Exchange implements DispatchOwner {
  headRequest = false;
  record: RequestRecord | null = null;
  readonly #context: HttpContext;
  readonly #client: Downstream;
  readonly #dispatch: Dispatch;
  #active = false;
  /** To be told when the request is over. */
  #pass: GatePass | null = null;
  /** What binds this client's requests in time; null where nothing does. */
  #bounds: RequestBounds | null = null;
  #upgrade = '';
  #responding = false;
  #status = 0;
  #route: Route | null = null;
  /** By performance.now(). */
  #startedAt = 0;

  constructor(context: HttpContext, client: Downstream) {
    this.#context = context;
    this.#client = client;
    this.#dispatch = new Dispatch(context, this);
    const { time } = context.limits;
    if (time !== null) this.#bounds = new RequestBounds(context.engine.deadlines, time, this);
  }

  /** A request is being worked on. */
  get active(): boolean {
    return this.#active;
  }

  /** Its body has come in full. */
  get requestComplete(): boolean {
    return this.#dispatch.complete;
  }

  /** Its end has not been read, so that no later request can wait behind it. */
  get reading(): boolean {
    return !this.#dispatch.complete;
  }

  /** By the listener's limits the connection carries no request after this one. */
  get last(): boolean {
    return this.#bounds?.last === true;
  }

  /** It is up to the client to send more of the body. */
  get wantsBody(): boolean {
    return this.#active && !this.#dispatch.complete && !this.#dispatch.continueDue;
  }

  /** Takes a request up to where its head is composed for a server. The body follows. */
  start(head: RequestHead): void {
    this.#accept(head);
    const path = head.pathNotable ? forwardedPath(head) : '';
    if (path === null) {
      this.fail('bad_target');
      return;
    }
    const route = chooseRoute(this.#context.routes, head, path);
    if (typeof route === 'string') {
      const refused = route === 'method_refused';
      const methods = refused ? allowedMethods(this.#context.routes, head, path) : '';
      this.fail(route, refused ? allowLine(methods) : NO_LINES);
      return;
    }
    this.#route = route;
    this.record?.routed(route);
    const { upstream } = route;
    if (upstream === null) {
      this.fail('no_route');
      return;
    }
    if (head.looping) {
      this.#context.failures.note('loop_detected', upstream.name, null, LOOP);
      this.fail('loop_detected');
      return;
    }
    if (head.hopsLeft === 0) {
      this.fail('last_hop', allowLine(allowedMethods(this.#context.routes, head, path)));
      return;
    }
    const { bodyBytesMax } = this.#context.limits;
    if (bodyBytesMax > 0 && head.contentLength > bodyBytesMax) {
      this.fail('body_too_large');
      return;
    }
    if (route.config.timeoutMs > 0) this.#boundBy(route.config.timeoutMs);
    const delayMs = route.gate === null ? 0 : this.#admit(route.gate, head);
    if (delayMs < 0) return;
    const { identity } = this.#client;
    const raw = route.config.rawPath && head.pathEnd > head.targetStart;
    const additions = identity.additions(head, path === '' || raw ? null : path);
    if (this.record !== null) additions.lines = this.record.requestLines;
    this.#dispatch.start(upstream, head, identity, additions, delayMs);
  }

  /** A piece of the request's body. */
  requestContent(bytes: Buffer, start: number, end: number): void {
    const { bodyBytesMax } = this.#context.limits;
    if (bodyBytesMax > 0 && this.#dispatch.bodyBytes + end - start > bodyBytesMax) {
      this.fail('body_too_large');
      return;
    }
    this.#bounds?.received(end - start);
    this.#dispatch.content(bytes, start, end);
  }

  /** The request's body is complete. */
  requestEnd(): void {
    this.#bounds?.complete();
    this.#dispatch.end();
  }

  /** The client's bytes are through for now: sends on what there is. */
  requestFlush(): void {
    if (this.#active) this.#dispatch.flush();
  }

  /** The client connection is gone. */
  clientGone(): void {
    this.#dispatch.drop();
    this.#log(this.#responding ? this.#status : PROXY_ERRORS.client_gone.status, 'client_gone');
  }

  /** The client is ready for more of the response. */
  clientDrained(): void {
    this.#dispatch.resume();
  }

  /**
   * Gives the request up with an error, which the client gets to see in one way or another. `lines`
   * are whole header lines that go with the answer.
   */
  fail(code: ProxyErrorCode, lines: Buffer = NO_LINES): void {
    if (!this.#active) return;
    this.#dispatch.drop();
    this.#active = false;
    if (this.#responding) {
      this.#client.abort();
      this.#log(this.#status, code);
      return;
    }
    this.#client.respondError(code, this.headRequest, this.#withIds(lines));
    this.#log(PROXY_ERRORS[code].status, code);
  }

  dispatchFailed(code: ProxyErrorCode): void {
    this.fail(code);
  }

  requestUnwanted(): void {
    this.#bounds?.hold(true);
    this.#client.hold();
  }

  requestWanted(): void {
    this.#bounds?.hold(false);
    this.#client.release();
  }

  responseInterim(head: ResponseHead): void {
    // The client may have waited for it with its body.
    if (head.status === 100) this.#client.awaitBody();
    this.#client.respondInterim(head);
    this.#heedClient();
  }

  responseHead(head: ResponseHead, server: Server): void {
    const { status } = head;
    if (status === 101 && (this.#upgrade === '' || head.upgrade !== this.#upgrade)) {
      this.fail('bad_response');
      return;
    }
    this.#responding = true;
    this.#status = status;
    this.#client.respond(head, this.#responseLines(server));
  }

  responseContent(bytes: Buffer, start: number, end: number): void {
    this.#client.writer.content(bytes, start, end);
  }

  responseFlush(): void {
    this.#client.writer.flush();
    this.#heedClient();
  }

  responseDone(origin: OriginConnection, bytes: Buffer, start: number, end: number): void {
    const { writer } = this.#client;
    if (this.#status === 101) {
      writer.flush();
      this.#dispatch.handOver();
      this.#bounds?.over();
      this.#client.tunnel(origin, bytes, start, end);
      return;
    }
    writer.end(origin.trailers);
    writer.flush();
    const now = performance.now();
    this.#dispatch.finish(origin, this.#upgrade === '', now);
    this.#log(this.#status, null, now);
    this.#client.responded();
  }

  /** The tunnel that a 101 opened has ended. */
  tunnelDone(server: Server): void {
    server.end();
    this.#log(101, null);
  }

  #accept(head: RequestHead): void {
    this.#active = true;
    const { counters, observer } = this.#context;
    counters.count(ListenerCounter.requests);
    this.headRequest = head.method === 'HEAD';
    this.#upgrade = head.upgrade;
    this.#responding = false;
    this.#status = 0;
    this.#route = null;
    this.#startedAt = performance.now();
    this.#dispatch.accept(head);
    this.#bounds?.begin();
    if (observer === null) return;
    this.record = observer.begin(head, this.#client.identity, this.#client.traffic);
  }

  #boundBy(timeoutMs: number): void {
    const { engine } = this.#context;
    this.#bounds ??= new RequestBounds(engine.deadlines, NO_BOUNDS, this);
    this.#bounds.routed(timeoutMs);
  }

  /** Asks the route's limits. Milliseconds until the request may go on; negative: it was refused. */
  #admit(gate: RequestGate, head: RequestHead): number {
    const decision = gate.admit(head, this.#client.identity, this.#context.now());
    if ('code' in decision) {
      const { code, retryAfterSeconds } = decision;
      this.fail(code, retryAfterSeconds > 0 ? retryAfterLine(retryAfterSeconds) : NO_LINES);
      return -1;
    }
    this.#pass = decision;
    return decision.delayMs;
  }

  /** Lines that the response to the client has beside those of the server. */
  #responseLines(server: Server): Buffer {
    return this.#withIds(this.#dispatch.choice.stickyLine(server));
  }

  /** Lines of the response, with those that tell the request's ids. */
  #withIds(lines: Buffer): Buffer {
    if (this.record === null) return lines;
    const { responseLines } = this.record;
    return lines.length === 0 ? responseLines : Buffer.concat([responseLines, lines]);
  }

  /** Nothing more is read from the server until the client has taken what there is. */
  #heedClient(): void {
    if (!this.#client.writer.blocked) return;
    this.#dispatch.pause();
    this.#client.awaitDrain();
  }

  /** The last phase, once per request: what it holds is given back. */
  #log(status: number, code: ProxyErrorCode | null, now = performance.now()): void {
    this.#active = false;
    this.#bounds?.over();
    this.#pass?.over();
    this.#pass = null;
    const { counters } = this.#context;
    counters.count(responseSlot(ListenerCounter.responses1xx, status));
    this.#route?.cells.over(status, code, this.#client.traffic, now - this.#startedAt);
    this.record?.ended(status, code);
    this.record = null;
  }
}
