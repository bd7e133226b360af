/**
 * One request and its response, phase by phase; logs, docs and code use these words:
 *
 *   client --head--> accept -> route -> limit -> features -> select -> connect -> forward ==body==> server
 *   client <==body== respond <------------- features <------------------------------------------- server
 *                    log: once per request, however it ended
 *
 * A phase that fails goes straight to respond with an entry of `PROXY_ERRORS`.
 */
import { PROXY_ERRORS, type ProxyErrorCode } from '../errors.ts';
import type { RouteFeature } from '../features/feature.ts';
import type { LocalResponse } from '../features/local-response.ts';
import type { RequestGate } from '../limiting/request-gate.ts';
import type { Route } from '../routing/route-table.ts';
import { ListenerCounter, responseSlot } from '../shared/layout.ts';
import type { Server } from '../upstream/server.ts';
import { Answer, type AnswerOwner } from './answer.ts';
import { CONTINUE } from './continue.ts';
import { Dispatch, type DispatchOwner } from './dispatch.ts';
import type { Downstream } from './downstream.ts';
import { errorAnswer } from './error-answer.ts';
import { joined, NO_LINES, retryAfterLine } from './extra-lines.ts';
import { FeatureRun, type FeatureRunOwner } from './feature-run.ts';
import type { RequestHead, ResponseHead } from './head.ts';
import type { HttpContext } from './http-context.ts';
import { noteLoop } from './note-loop.ts';
import type { OriginStream } from './origin-stream.ts';
import { RequestAllowance } from './request-allowance.ts';
import { RequestBody } from './request-body.ts';
import type { RequestRecord } from './request-record.ts';
import { chooseRoute, forwardedPath, linesAbout, objectionTo, pathOf } from './routing.ts';

/** Serves one client connection or stream, one request at a time. */
export class Exchange implements DispatchOwner, FeatureRunOwner, AnswerOwner {
  record: RequestRecord | null = null;
  readonly #context: HttpContext;
  #client: Downstream;
  readonly #dispatch: Dispatch;
  readonly #answer: Answer;
  readonly #allowance: RequestAllowance;
  #active = false;
  /** The body has come in full. */
  #complete = false;
  /** The client asked with HEAD. */
  #headRequest = false;
  #upgrade = '';
  #route: Route | null = null;
  /** The way through the features of the route; null where it has none. */
  #run: FeatureRun | null = null;
  /** Takes the body before there is a server for it; null: the server takes it. */
  #body: RequestBody | null = null;
  /** How long a limit makes it wait before it goes to a server. */
  #delayMs = 0;
  /** Its client was held while a feature waited. */
  #waited = false;
  /** What went wrong, for the log. */
  #code: ProxyErrorCode | null = null;
  /** By performance.now(). `doneAt`: when the server was through; 0: not yet. */
  #startedAt = 0;
  #doneAt = 0;

  constructor(context: HttpContext, client: Downstream) {
    this.#context = context;
    this.#client = client;
    this.#dispatch = new Dispatch(context, this);
    this.#answer = new Answer(client, this);
    this.#allowance = new RequestAllowance(context.engine.deadlines, context.limits, this);
  }

  /** Serves another client from here on; only while no request is worked on. */
  serve(client: Downstream): void {
    this.#client = client;
    this.#answer.serve(client);
  }

  /** A request is being worked on. */
  get active(): boolean {
    return this.#active;
  }

  /** Its body has come in full. */
  get requestComplete(): boolean {
    return this.#complete;
  }

  /** No body comes from the server whatever it says. */
  get headRequest(): boolean {
    const method = this.#run?.edits.method ?? null;
    return method === null ? this.#headRequest : method === 'HEAD';
  }

  /** By the listener's limits the connection carries no request after this one. */
  get last(): boolean {
    return this.#allowance.last;
  }

  /** It is up to the client to send more of the body. */
  get wantsBody(): boolean {
    return this.#active && !this.#complete && !this.#dispatch.continueDue;
  }

  /** Takes a request up to where its head is composed for a server. The body follows. */
  start(head: RequestHead): void {
    this.#accept(head);
    const { routes, limits } = this.#context;
    const { identity } = this.#client;
    const path = head.pathNotable ? forwardedPath(head) : '';
    if (path === null) {
      this.#failUnrouted('bad_target', head, '');
      return;
    }
    const route = chooseRoute(routes, head, path, identity);
    if (typeof route === 'string') {
      this.#failUnrouted(route, head, path);
      return;
    }
    this.#route = route;
    this.#answer.passServer = route.config.passServer === true;
    this.record?.routed(route);
    if (route.features.length > 0) this.#beginRun(route.features, route, head, path);
    const objection = objectionTo(head, limits.bodyBytesMax, this.#client.identity.boundHost);
    if (objection !== null) {
      if (objection === 'loop_detected') noteLoop(this.#context.failures, route);
      this.fail(objection, linesAbout(objection, routes, head, path, identity));
      return;
    }
    this.#allowance.boundBy(route.config.timeoutMs);
    this.#delayMs = 0;
    if (route.gate !== null && !this.#admit(route.gate, head)) return;
    if (this.#run === null) this.#forward(head, path);
    else this.goOn();
  }

  /** A piece of the request's body. */
  requestContent(bytes: Buffer, start: number, end: number): void {
    if (!this.#allowance.received(end - start)) this.fail('body_too_large');
    else if (this.#body === null) this.#dispatch.content(bytes, start, end);
    else this.#body.entry.content(bytes, start, end);
  }

  /** The request's body is complete; `trailers` are lines that came after it. */
  requestEnd(trailers: Buffer = NO_LINES): void {
    if (this.#complete) return;
    this.#complete = true;
    this.#allowance.complete();
    if (this.#body === null) {
      this.#dispatch.end(trailers);
      return;
    }
    // Only who is read is seen to go away, and there is nothing more to keep from coming.
    if (this.#waited && !this.#body.filtered) this.#letGo();
    this.#body.entry.end(trailers);
  }

  /** The client's bytes are through for now: sends on what there is. */
  requestFlush(): void {
    if (!this.#active) return;
    if (this.#body === null) this.#dispatch.flush();
    else this.#body.entry.flush();
  }

  /** The client connection is gone. */
  clientGone(): void {
    const { begun, status } = this.#answer;
    this.#drop();
    this.#log(begun ? status : PROXY_ERRORS.client_gone.status, 'client_gone');
  }

  /** The client is ready for more of the response. */
  clientDrained(): void {
    if (this.#answer.begun) this.#answer.drained();
    else this.#dispatch.resume();
  }

  /**
   * Gives the request up with an error, which the client gets to see in one way or another. `lines`
   * are whole header lines that go with the answer.
   */
  fail(code: ProxyErrorCode, lines: Buffer = NO_LINES): void {
    if (!this.#active) return;
    const { begun, status } = this.#answer;
    this.#drop();
    if (begun) {
      this.#active = false;
      this.#client.abort();
      this.#log(status, code);
      return;
    }
    if (this.#run?.failed(code)) return;
    this.#code = code;
    this.answerLocally(errorAnswer(code, lines));
  }

  goOn(): void {
    const run = this.#run!;
    const outcome = run.advance();
    if (outcome === 'on') this.#forward(run.head, run.path);
    // The rest of what has come is kept; more can wait until somebody wants it.
    else if (outcome === 'wait' && !this.#body!.filterEarly()) this.#hold();
  }

  answerLocally(response: LocalResponse): void {
    this.#body?.drop();
    this.#answer.local(response, this.#withIds(NO_LINES));
  }

  get requestBody(): RequestBody {
    return this.#body!;
  }

  wantContent(): void {
    if (this.#dispatch.continueDue) {
      this.#dispatch.continueDue = false;
      this.#run!.head.expectContinue = false;
      this.#client.respondInterim(CONTINUE);
    }
    this.#letGo();
  }

  answerEnded(): void {
    this.#log(this.#answer.status, this.#code, this.#doneAt || performance.now());
    this.#client.responded();
  }

  dispatchFailed(code: ProxyErrorCode): void {
    this.fail(code);
  }

  requestUnwanted(): void {
    if (this.#body?.filtered) this.#body.blocked = true;
    else this.#hold();
  }

  requestWanted(): void {
    if (this.#body?.filtered) this.#body.drained();
    else this.#letGo();
  }

  responseInterim(head: ResponseHead): void {
    // The client may have waited for it with its body.
    if (head.status === 100) this.#client.awaitBody();
    this.#client.respondInterim(head);
    if (!this.#client.writer.blocked) return;
    this.#dispatch.pause();
    this.#client.awaitDrain();
  }

  responseHead(head: ResponseHead, server: Server): void {
    const { status } = head;
    if (status === 101 && (this.#upgrade === '' || head.upgrade !== this.#upgrade)) {
      this.fail('bad_response');
      return;
    }
    const lines = this.#withIds(this.#dispatch.choice.stickyLine(server));
    this.#answer.fromServer(this.#dispatch, head, lines);
  }

  responseContent(bytes: Buffer, start: number, end: number): void {
    this.#answer.content(bytes, start, end);
  }

  responseFlush(): void {
    this.#answer.flush();
  }

  responseDone(origin: OriginStream, bytes: Buffer, start: number, end: number): void {
    if (this.#answer.status === 101) {
      this.#client.writer.flush();
      this.#dispatch.handOver();
      this.#allowance.unbind();
      this.#client.tunnel(origin, this.#upgrade, bytes, start, end);
      return;
    }
    this.#answer.serverDone(origin.trailers);
    this.#doneAt = this.#context.engine.clock.now();
    this.#dispatch.finish(this.#upgrade === '', this.#doneAt);
    this.#answer.serverFinished(this.#withIds(NO_LINES));
  }

  /** The tunnel that a 101 opened has ended. */
  tunnelDone(server: Server): void {
    server.end();
    this.#log(101, null);
  }

  #accept(head: RequestHead): void {
    this.#active = true;
    const { counters, observer, engine } = this.#context;
    counters.count(ListenerCounter.requests);
    this.#headRequest = head.method === 'HEAD';
    this.#upgrade = head.upgrade;
    this.#complete = false;
    this.#route = null;
    this.#run = null;
    this.#body = null;
    this.#waited = false;
    this.#code = null;
    this.#startedAt = engine.clock.now();
    this.#doneAt = 0;
    this.#answer.reset(this.#headRequest);
    this.#dispatch.accept(head);
    this.#allowance.begin();
    if (observer === null) return;
    this.record = observer.begin(head, this.#client.identity, this.#client.traffic);
  }

  /** No route takes it: its answer has only what the listener gives every answer. */
  #failUnrouted(code: ProxyErrorCode, head: RequestHead, path: string): void {
    const { unrouted, routes } = this.#context;
    if (unrouted.length > 0) this.#beginRun(unrouted, null, head, path);
    this.fail(code, linesAbout(code, routes, head, path, this.#client.identity));
  }

  /**
   * The request goes inwards through these; `path` is '' where it is normal as it came. Run and body are
   * this request's own: whoever comes back to them when it is over finds no other client's.
   */
  #beginRun(
    features: readonly RouteFeature[],
    route: Route | null,
    head: RequestHead,
    path: string,
  ): void {
    const body: RequestBody = new RequestBody({
      pause: () => this.#body === body && this.#hold(),
      resume: () => this.#body === body && this.#letGo(),
    });
    this.#run = new FeatureRun(this.#client.identity, this);
    this.#body = body;
    this.#answer.pass(this.#run);
    this.#run.begin(features, route, head, path || pathOf(head), this.record);
  }

  /** Nothing stands before the server any more. */
  #forward(head: RequestHead, path: string): void {
    const { config, upstream: usual } = this.#route!;
    const run = this.#run;
    const upstream = run?.edits.upstream ?? usual;
    if (upstream === null) {
      this.fail('no_route');
      return;
    }
    const { identity } = this.#client;
    const asItCame = !head.pathNotable || (config.rawPath && head.pathEnd > head.targetStart);
    const additions = identity.additions(head, asItCame ? null : path, run?.edits ?? null);
    if (this.record !== null) additions.lines = joined(additions.lines, this.record.requestLines);
    this.#dispatch.start(upstream, head, identity, additions, this.#delayMs);
    if (run === null || !this.#active) return;
    if (this.#waited && !this.#body!.filtered) this.#letGo();
    this.#body!.flowTo(this.#dispatch);
    if (this.#waited) this.#dispatch.flush();
  }

  #hold(): void {
    this.#waited = true;
    this.#allowance.hold(true);
    this.#client.hold();
  }

  #letGo(): void {
    this.#allowance.hold(false);
    this.#client.release();
  }

  /** Asks the route's limits; false: the request was refused. */
  #admit(gate: RequestGate, head: RequestHead): boolean {
    const now = this.#context.now();
    const decision = this.#allowance.admit(gate, head, this.#client.identity, now);
    if ('code' in decision) {
      const { code, retryAfterSeconds } = decision;
      this.fail(code, retryAfterSeconds > 0 ? retryAfterLine(retryAfterSeconds) : NO_LINES);
      return false;
    }
    this.#delayMs = decision.delayMs;
    return true;
  }

  /** Lines of the response, with those that tell the request's ids. */
  #withIds(lines: Buffer): Buffer {
    return this.record === null ? lines : joined(this.record.responseLines, lines);
  }

  /** Gives up whatever is under way. */
  #drop(): void {
    this.#answer.drop();
    this.#dispatch.drop();
    this.#body?.drop();
  }

  /** The last phase, once per request: what it holds is given back. */
  #log(status: number, code: ProxyErrorCode | null, now = performance.now()): void {
    this.#active = false;
    this.#allowance.over();
    this.#run?.over();
    this.#context.counters.count(responseSlot(ListenerCounter.responses1xx, status));
    this.#route?.cells.over(status, code, this.#client.traffic, now - this.#startedAt);
    this.record?.ended(status, code);
    this.record = null;
  }
}
