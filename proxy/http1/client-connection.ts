import type { Client, Departure } from '../draining/client.ts';
import type { ConnectionKind } from '../draining/drains.ts';
import type { ProxyErrorCode } from '../errors.ts';
import type { ResponseChanges } from '../features/response-edit.ts';
import { Deadline } from '../io/deadline-queue.ts';
import type { Connection, ConnectionHandler } from '../io/engine.ts';
import {
  HALF_CLOSED_PROBE_MS,
  IDLE_GRACE_MS,
  LINGER_BYTES_MAX,
  LINGER_TIMEOUT_MS,
} from '../limits.ts';
import { ListenerCounter } from '../shared/layout.ts';
import { ClientIdentity } from './client-identity.ts';
import { Hold, State, type Waiting } from './client-state.ts';
import { ClientTraffic } from './client-traffic.ts';
import type { Desk, DeskUser } from './desk.ts';
import { INCOMPLETE, REFUSED, type ResponseHead } from './head.ts';
import type { HttpContext } from './http-context.ts';
import type { MessageWriter } from './message-writer.ts';
import type { OriginStream } from './origin-stream.ts';
import { parseRequest } from './parse-request.ts';
import { isUnbounded, shape, whatFollows } from './response-shape.ts';
import { sendRefusal } from './send-refusal.ts';
import { Tunnel } from './tunnel.ts';

/** An HTTP/1.x client: requests in, responses out in their order, one exchange at a time. */
export class ClientConnection implements ConnectionHandler, DeskUser, Client {
  readonly connection: Connection;
  identity: ClientIdentity;
  traffic: ClientTraffic;
  #context: HttpContext;
  readonly #deadline: Deadline;
  /** Null while it is idle. */
  #desk: Desk | null = null;
  #tunnel: Tunnel | null = null;
  #state: State = State.head;
  #waiting: Waiting = 'request';
  /** In the middle of what a read brought. */
  #reading = false;
  #minor = 1;
  #keepAlive = true;
  #trailersWanted = false;
  #persist = true;
  /** Its address drains: the next answer is the last. */
  #retired = false;
  #peerEnded = false;
  #lingeredBytes = 0;

  constructor(context: HttpContext, connection: Connection) {
    this.#context = context;
    this.connection = connection;
    this.traffic = new ClientTraffic(context.counters);
    this.identity = new ClientIdentity(connection, context.identityRules);
    this.#deadline = new Deadline(context.engine.deadlines, this);
    this.#await('request', context.limits.headTimeoutMs);
  }

  get writer(): MessageWriter {
    return this.#desk!.writer;
  }

  onConnect(): void {}

  onData(bytes: Buffer, start: number, end: number): void {
    this.#context.counters.count(ListenerCounter.bytesIn, end - start);
    if (this.#state === State.head) {
      this.#desk ??= this.#context.desks.take(this);
      const { pending } = this.#desk;
      if (pending.length === 0) this.#readHeads(bytes, start, end);
      else if (pending.add(bytes, start, end)) this.#readHeads(pending.bytes, 0, pending.length);
    } else if (this.#state === State.exchange) {
      this.#readOn(bytes, start, end);
    } else if (this.#state === State.linger) {
      this.#lingeredBytes += end - start;
      if (this.#lingeredBytes > LINGER_BYTES_MAX) this.#close();
    }
    this.#clear();
  }

  /** A client may stop sending and wait for its answers; that is no abort. */
  onEnd(): void {
    this.#peerEnded = true;
    if (this.#state === State.exchange) {
      if (!this.#desk!.exchange.requestComplete) this.#desk!.exchange.fail('bad_framing');
      else this.connection.probe(HALF_CLOSED_PROBE_MS);
    } else if (!this.#isPendingRefused()) {
      this.#close();
    }
  }

  onDrain(): void {
    if (!this.#desk?.writer.blocked) return;
    const { exchange } = this.#desk;
    this.writer.blocked = false;
    if (exchange.active) {
      this.awaitBody();
      exchange.clientDrained();
    } else if (this.#state === State.head) {
      this.#rest();
      this.#next();
    }
  }

  onClose(_errorCode: string | null): void {
    this.#state = State.closed;
    this.#deadline.clear();
    if (this.#desk?.exchange.active) this.#desk.exchange.clientGone();
    this.#context.forget(this);
  }

  hold(): void {
    this.#desk?.holds.add(Hold.body);
    this.awaitBody();
  }

  release(): void {
    if (!this.#desk?.holds.has(Hold.body)) return;
    this.#desk.holds.remove(Hold.body);
    this.awaitBody();
  }

  awaitBody(): void {
    // While it has to take some of the answer first, that is what its deadline is for.
    if (this.#desk === null || this.#desk.writer.blocked) return;
    const { holds, exchange } = this.#desk;
    if (holds.has(Hold.body) || !exchange.wantsBody) this.#deadline.suspend();
    else this.#await('body', this.#context.limits.idleTimeoutMs);
  }

  awaitDrain(): void {
    this.#await('drain', this.#context.limits.idleTimeoutMs);
  }

  respondInterim(head: ResponseHead): void {
    if (this.#minor > 0) this.#desk!.interim(head, this.traffic);
  }

  respond(head: ResponseHead, changes: ResponseChanges): void {
    const { form, decoder, exchange } = this.#desk!;
    const unbounded = isUnbounded(head, changes);
    const chunked = unbounded && this.#minor === 1;
    shape(form, head, changes, chunked, this.#trailersWanted, this.#context);
    const leaves = this.#retired || this.#context.draining || changes.closes;
    const ends = decoder.done && (!unbounded || chunked);
    this.#persist = this.#keepAlive && !leaves && !exchange.last && ends;
    form.connection = whatFollows(head, this.#persist, this.#minor);
    this.#desk!.begin(head, this.traffic);
  }

  responded(): void {
    const { decoder, pending, writer } = this.#desk!;
    if (!this.#persist) {
      // A client that said close, or speaks HTTP/1.0, sends nothing that a reset could answer.
      const silent = !this.#keepAlive && decoder.done;
      if (silent && pending.length === 0) this.#close();
      else this.#finish();
      return;
    }
    this.#rest();
    // Who reads just now goes on with the next request by itself.
    if (!writer.blocked && !this.#reading) this.#next();
  }

  abort(): void {
    this.#state = State.closed;
    this.#deadline.clear();
    this.connection.reset();
  }

  tunnel(origin: OriginStream, protocol: string, bytes: Buffer, start: number, end: number): void {
    this.#state = State.tunnel;
    this.#deadline.clear();
    const { exchange, holds, pending } = this.#desk!;
    this.#tunnel = new Tunnel(this.#context, this, origin, protocol, (server) => {
      exchange.tunnelDone(server);
      this.onClose(null);
    });
    const { splice } = this.#tunnel;
    holds.remove(Hold.body | Hold.pipeline);
    splice.fromServer(bytes, start, end);
    splice.fromClient(pending.bytes, 0, pending.length);
    pending.clear();
    if (this.#peerEnded) splice.clientEnded();
  }

  get kind(): ConnectionKind | null {
    if (this.#state === State.linger || this.#state === State.closed) return null;
    return this.#tunnel?.kind ?? (this.#isIdle() ? 'idle' : 'http1');
  }

  follow(): void {
    const { heir } = this.#context;
    if (heir === null || !this.#isIdle() || this.#desk?.clear === false) return;
    this.#context.pass(this, false);
    this.#context = heir;
    this.#desk = null;
    this.identity = new ClientIdentity(this.connection, heir.identityRules);
    this.traffic = this.traffic.under(heir.counters);
    // What it waits for goes on, or clients of a balancer that is reloaded often would never be late.
    if (heir.draining) this.drain();
  }

  depart(departure: Departure): void {
    this.#retired = departure !== 'stay';
    this.#tunnel?.depart(departure);
    if (departure === 'leave' && this.#isIdle()) this.#finish();
  }

  drain(): void {
    if (this.#isIdle()) this.#await('request', IDLE_GRACE_MS);
  }

  cut(): void {
    if (this.#tunnel !== null) this.#tunnel.splice.cut();
    else this.connection.reset();
  }

  /** A head begins at `start`, and others after it as long as each is answered on the spot. */
  #readHeads(bytes: Buffer, start: number, end: number): void {
    let at = start;
    this.#reading = true;
    do at = this.#readHead(bytes, at, end);
    while (at < end && !this.writer.blocked);
    this.#reading = false;
    if (at < end) this.#keepForLater(bytes, at, end);
  }

  /** A head is parsed by the line: what there is of one may be wrong before its line ends. */
  #isPendingRefused(): boolean {
    if (this.#state !== State.head || this.#desk === null || this.writer.blocked) return false;
    const { pending } = this.#desk;
    this.#reading = true;
    if (pending.length > 0) this.#readHead(pending.bytes, 0, pending.length);
    this.#reading = false;
    return (this.#state as State) !== State.head;
  }

  /** Returns where the next head begins, or `end`. */
  #readHead(bytes: Buffer, start: number, end: number): number {
    const { head, limits, rules, counters } = this.#context;
    const { exchange, decoder, pending } = this.#desk!;
    const body = parseRequest(head, bytes, start, end, limits, rules);
    if (body === INCOMPLETE) {
      pending.keep(bytes, start, end);
      if (this.#waiting !== 'head') this.#await('head', limits.headTimeoutMs);
      return end;
    }
    if (body === REFUSED) {
      counters.count(ListenerCounter.requests);
      this.#refuse(head.error, bytes, start, end);
      return end;
    }
    this.#state = State.exchange;
    this.#deadline.suspend();
    this.#minor = head.minor;
    this.#trailersWanted = head.trailersWanted;
    // Who asks for a tunnel may send what is no HTTP without waiting for the answer.
    this.#keepAlive = head.keepAlive && head.method !== 'CONNECT';
    decoder.begin(head.bodyKind, head.contentLength);
    this.identity.heed(head);
    this.traffic.begin(body - start);
    exchange.start(head);
    const rest = exchange.active ? this.#readBody(bytes, body, end) : body;
    return this.#afterBody(bytes, rest, end);
  }

  /** More bytes while a request is being answered: of its body, then of the next request. */
  #readOn(bytes: Buffer, start: number, end: number): void {
    this.#reading = true;
    const complete = this.#desk!.exchange.requestComplete;
    const rest = complete ? start : this.#readBody(bytes, start, end);
    const next = this.#afterBody(bytes, rest, end);
    this.#reading = false;
    if (next < end) this.#readHeads(bytes, next, end);
  }

  /** Returns where the next head begins if it is its turn, or `end`. */
  #afterBody(bytes: Buffer, rest: number, end: number): number {
    const { exchange, pending } = this.#desk!;
    if (rest < end && exchange.active) this.#keepForLater(bytes, rest, end);
    else if (rest < end && this.#state === State.head) return rest;
    else pending.clear();
    return end;
  }

  /** Feeds the exchange; returns where the body ends, or `end`. */
  #readBody(bytes: Buffer, start: number, end: number): number {
    const { decoder, exchange } = this.#desk!;
    const at = this.#desk!.feed(bytes, start, end, this.traffic);
    if (at < 0) {
      exchange.fail('bad_chunk');
      return end;
    }
    if (exchange.active && decoder.done) exchange.requestEnd();
    if (!exchange.active) return decoder.done ? at : end;
    this.awaitBody();
    exchange.requestFlush();
    return at;
  }

  /** Requests are answered one after the other; the next waits, and the client with it. */
  #keepForLater(bytes: Buffer, start: number, end: number): void {
    const { pending, holds } = this.#desk!;
    if (pending.length > 0 && bytes !== pending.bytes) pending.add(bytes, start, end);
    else pending.keep(bytes, start, end);
    holds.add(Hold.pipeline);
  }

  /** Between two requests. */
  #rest(): void {
    const { limits, draining } = this.#context;
    const { writer, holds } = this.#desk!;
    this.#state = State.head;
    this.#await('request', draining ? IDLE_GRACE_MS : limits.keepAliveTimeoutMs);
    if (!writer.blocked) return;
    // Else a client that asks on without reading would pile up answers, and put its deadline off.
    holds.add(Hold.pipeline);
    this.awaitDrain();
  }

  /** The connection is free for the next request, which may have come already. */
  #next(): void {
    const { pending, holds } = this.#desk!;
    holds.remove(Hold.pipeline);
    if (pending.length > 0) this.#readHeads(pending.bytes, 0, pending.length);
    if (this.#peerEnded && this.#state === State.head) this.#close();
    this.#clear();
  }

  /** Between two requests it holds nothing that another connection could use. */
  #clear(): void {
    if (this.#state !== State.head || this.#desk === null) return;
    if (this.#context.heir !== null) this.follow();
    if (this.#desk !== null && this.#context.desks.put(this.#desk)) this.#desk = null;
  }

  /** What is in [start, end) is no request. */
  #refuse(code: ProxyErrorCode, bytes: Buffer, start: number, end: number): void {
    this.#keepAlive = false;
    this.traffic.begin(end - start);
    const status = sendRefusal(this.#context, this, code);
    this.writer.flush();
    this.#finish();
    const { observer } = this.#context;
    observer?.refused(bytes.subarray(start, end), this.identity.peer(), this.traffic, status, code);
  }

  #isIdle(): boolean {
    return this.#state === State.head && this.#desk?.settled !== false;
  }

  expired(): void {
    if (this.#waiting === 'head' && this.#state === State.head) {
      if (this.#isPendingRefused()) return;
      this.#context.counters.count(ListenerCounter.requests);
      const { pending } = this.#desk!;
      this.#refuse('head_timeout', pending.bytes, 0, pending.length);
    } else if (this.#waiting === 'body' && this.#state === State.exchange) {
      this.#desk!.exchange.fail('body_timeout');
    } else if (this.#waiting === 'request' && this.#state === State.head) {
      // While draining, a request may still be under way: it is read, so that nothing is reset.
      if (this.#context.draining) this.#finish();
      else this.#close();
    } else if (this.#state === State.linger) this.#close();
    else {
      this.abort();
      if (this.#desk?.exchange.active) this.#desk.exchange.clientGone();
    }
  }

  /** Sends the end, and reads on for a while so that a reset does not overtake the answer. */
  #finish(): void {
    if (this.#peerEnded) {
      this.#close();
      return;
    }
    this.#state = State.linger;
    this.#desk?.pending.clear();
    this.connection.end();
    this.#awaitClose();
    this.#desk?.holds.remove(Hold.body | Hold.pipeline);
  }

  #close(): void {
    this.#state = State.closed;
    this.connection.close();
    this.#awaitClose();
  }

  #awaitClose(): void {
    const sent = this.connection.unsentBytes === 0;
    this.#await('close', sent ? LINGER_TIMEOUT_MS : this.#context.limits.idleTimeoutMs);
  }

  #await(waiting: Waiting, delayMs: number): void {
    this.#waiting = waiting;
    this.#deadline.set(delayMs);
  }
}
