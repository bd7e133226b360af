/**
 * One request of an HTTP/2 client and its answer: the client's side of an exchange. Used again for the
 * connection's next requests.
 */
import type { ProxyErrorCode } from '../errors.ts';
import type { ResponseChanges } from '../features/response-edit.ts';
import { ClientIdentity } from '../http1/client-identity.ts';
import { ClientTraffic } from '../http1/client-traffic.ts';
import type { Downstream } from '../http1/downstream.ts';
import { REFUSAL } from '../http1/error-answer.ts';
import { Exchange } from '../http1/exchange.ts';
import { NO_LINES } from '../http1/extra-lines.ts';
import { BodyKind, type RequestHead, type ResponseHead } from '../http1/head.ts';
import type { HttpContext } from '../http1/http-context.ts';
import type { IdentityRules } from '../http1/identity-rules.ts';
import { sendRefusal } from '../http1/send-refusal.ts';
import { forwardableTrailers } from '../http1/trailers.ts';
import { Deadline } from '../io/deadline-queue.ts';
import type { Connection } from '../io/engine.ts';
import { ListenerCounter } from '../shared/layout.ts';
import type { Endpoint } from './endpoint.ts';
import { ReceiveWindow } from './flow-window.ts';
import { ErrorCode, WINDOW_DEFAULT } from './protocol.ts';
import { type SenderOwner, StreamSender } from './stream-sender.ts';
import { type StreamEvent, StreamState, streamStep } from './stream-state.ts';

/** What a stream needs of its session. */
export interface StreamHost {
  /** What its next streams belong to. */
  readonly context: HttpContext;
  readonly connection: Connection;
  readonly endpoint: Endpoint;
  readonly identityRules: IdentityRules;
  /** What a client may send of one request before we allow more. */
  readonly streamWindowBytes: number;
  /** Content came for the stream: it is to be sent on when the read is through. */
  touched(stream: ServerStream): void;
  /** It has its answer, and the client still sends: it is to be told to stop. */
  answeredEarly(stream: number): void;
  /** The stream is closed. `early`: the client had not ended it, so more of it may come. */
  finished(stream: ServerStream, early: boolean): void;
}

type Waiting = 'nothing' | 'body' | 'drain';

/** A stream of a client. */
export class ServerStream implements Downstream, SenderOwner {
  id = 0;
  /** That of its requests, whatever the session goes on with. */
  readonly context: HttpContext;
  readonly writer: StreamSender;
  readonly identity: ClientIdentity;
  readonly traffic: ClientTraffic;
  readonly #host: StreamHost;
  readonly #exchange: Exchange;
  readonly #deadline: Deadline;
  readonly #window = new ReceiveWindow(WINDOW_DEFAULT);
  #state: StreamState = StreamState.closed;
  #waiting: Waiting = 'nothing';
  /** No more of the body is wanted for now; so much came meanwhile. */
  #held = false;
  #heldBytes = 0;
  /** Bytes of the body, by its announcement, -1 without one; and so far. */
  #expected = -1;
  #received = 0;

  constructor(host: StreamHost) {
    this.#host = host;
    const { context, connection, endpoint, identityRules } = host;
    this.context = context;
    this.writer = new StreamSender(endpoint, this);
    this.traffic = new ClientTraffic(context.counters);
    this.identity = new ClientIdentity(connection, identityRules);
    this.#exchange = new Exchange(context, this);
    this.#deadline = new Deadline(context.engine.deadlines, () => this.#expired());
  }

  /** The client has ended its side. */
  get theirsEnded(): boolean {
    return this.#state === StreamState.halfClosedRemote || this.#state === StreamState.closed;
  }

  /** A new stream; its head was so long as it came. */
  begin(id: number, ends: boolean, headBytes: number): void {
    const { endpoint, streamWindowBytes } = this.#host;
    this.id = id;
    this.#state = ends ? StreamState.halfClosedRemote : StreamState.open;
    this.#held = false;
    this.#heldBytes = 0;
    this.#received = 0;
    this.#expected = -1;
    this.#window.reset(streamWindowBytes);
    this.writer.begin(id, endpoint.peer.initialWindow);
    this.traffic.begin(headBytes);
  }

  /** Its request. */
  start(head: RequestHead): void {
    const ends = this.theirsEnded;
    if (head.bodyKind === BodyKind.length) this.#expected = head.contentLength;
    this.identity.heed(head);
    this.#exchange.start(head);
    if (!this.#exchange.active) return;
    if (ends) this.#exchange.requestEnd();
    this.awaitBody();
    this.#exchange.requestFlush();
  }

  /** Its request is none that can be forwarded; `text` is what is known of it. */
  refuse(code: ProxyErrorCode, text: Buffer): void {
    const { counters, observer } = this.context;
    counters.count(ListenerCounter.requests);
    const status = sendRefusal(this.context, this, code);
    this.writer.end(NO_LINES);
    observer?.refused(text, this.identity.peer(), this.traffic, status, code);
    this.responded();
  }

  /** Content of the request; `flow` is what it counts for flow control. */
  content(bytes: Buffer, start: number, end: number, flow: number, ends: boolean): void {
    if (!this.#step('data') || (ends && !this.#step('theirEnd'))) {
      this.#host.endpoint.release(flow);
      this.fault(ErrorCode.streamClosed);
      return;
    }
    if (!this.#window.receive(flow)) {
      this.#host.endpoint.release(flow);
      this.fault(ErrorCode.flowControlError);
      return;
    }
    this.traffic.receivedBytes += flow;
    this.#received += end - start;
    const tooMany = this.#expected >= 0 && this.#received > this.#expected;
    if (tooMany || (ends && this.#isShort())) {
      this.#host.endpoint.release(flow);
      this.fault(ErrorCode.protocolError);
      return;
    }
    const exchange = this.#exchange;
    if (exchange.active && end > start) exchange.requestContent(bytes, start, end);
    this.#credit(flow);
    this.#moved(ends, NO_LINES);
  }

  /** The read that brought content is through. */
  flush(): void {
    this.#exchange.requestFlush();
  }

  /** Trailers end the request; null: it is a block that is none. */
  trailers(lines: Buffer | null): void {
    if (this.theirsEnded) this.fault(ErrorCode.streamClosed);
    else if (lines === null || this.#isShort()) this.fault(ErrorCode.protocolError);
    else if (this.#step('theirEnd')) this.#moved(true, lines);
  }

  /** The client does not want it any more. */
  resetByClient(): void {
    this.#end();
    if (this.#exchange.active) this.#exchange.clientGone();
    this.#host.finished(this, false);
  }

  /** The connection is gone. */
  gone(): void {
    this.#end();
    if (this.#exchange.active) this.#exchange.clientGone();
  }

  /** The client allows more content. */
  allowed(more: number): void {
    const { writer } = this;
    if (more === 0) {
      this.fault(ErrorCode.protocolError);
      return;
    }
    writer.windowSize += more;
    if (writer.windowSize > 0x7f_ff_ff_ff) this.fault(ErrorCode.flowControlError);
    else if (writer.blocked) this.#host.endpoint.pump();
  }

  /** The client broke a rule of the stream: it is reset, and the client pays for it. */
  fault(code: ErrorCode): void {
    const { endpoint } = this.#host;
    if (this.#state === StreamState.closed) return;
    const early = !this.theirsEnded;
    this.#end();
    endpoint.reset(this.id, code);
    this.#exchange.fail('bad_framing');
    this.#host.finished(this, early);
    endpoint.tolerate('faults');
  }

  hold(): void {
    this.#held = true;
    this.awaitBody();
  }

  release(): void {
    if (!this.#held) return;
    this.#held = false;
    const bytes = this.#heldBytes;
    this.#heldBytes = 0;
    this.#credit(bytes);
    this.awaitBody();
  }

  awaitBody(): void {
    // While it has to take some of the answer first, that is what its deadline is for.
    if (this.#waiting === 'drain') return;
    if (this.#held || !this.#exchange.wantsBody) this.#await('nothing');
    else this.#await('body');
  }

  awaitDrain(): void {
    // Not again for every few bytes that a slow reader allows: all that waits has to go in time.
    if (this.writer.blocked && this.#waiting !== 'drain') this.#await('drain');
  }

  respondInterim(head: ResponseHead): void {
    if (this.#state === StreamState.closed) return;
    const { via } = this.context.identityRules;
    this.#block(head, { ...REFUSAL, date: null, via });
  }

  respond(head: ResponseHead, changes: ResponseChanges): void {
    if (this.#state === StreamState.closed) return;
    const { context } = this;
    const { without, hidden, lines, length, own } = changes;
    const via = own ? null : context.identityRules.via;
    this.#block(head, { without, hidden, lines, length, date: context.dateLine(), via });
    this.writer.frameAt(this.#host.endpoint.blocks.place.start);
  }

  responded(): void {
    this.awaitDrain();
    this.#finishIfDone();
  }

  abort(): void {
    if (this.#state === StreamState.closed) return;
    const early = !this.theirsEnded;
    this.#end();
    this.#host.endpoint.reset(this.id, ErrorCode.internalError);
    this.#host.finished(this, early);
  }

  /** No request of HTTP/2 asks for an upgrade, so no exchange comes here. */
  tunnel(): void {
    this.abort();
  }

  sent(bytes: number): void {
    this.traffic.sentBytes += bytes;
  }

  sendDrained(ended: boolean): void {
    this.#await('nothing');
    if (ended) {
      this.#finishIfDone();
    } else if (this.#exchange.active) {
      this.awaitBody();
      this.#exchange.clientDrained();
    }
  }

  #block(head: ResponseHead, changes: Parameters<Endpoint['blocks']['response']>[2]): void {
    const { blocks, frameBytesMax } = this.#host.endpoint;
    blocks.response(this.id, head, changes, frameBytesMax);
    const { start, end } = blocks.place;
    this.traffic.headBytes += end - start;
    this.sent(end - start);
  }

  #step(event: StreamEvent): boolean {
    const next = streamStep(this.#state, event);
    if (typeof next === 'string') return false;
    this.#state = next;
    return true;
  }

  #isShort(): boolean {
    return this.#expected >= 0 && this.#received !== this.#expected;
  }

  /** More of the request has come, perhaps the last of it. */
  #moved(ends: boolean, trailers: Buffer): void {
    const exchange = this.#exchange;
    if (!exchange.active) {
      this.#finishIfDone();
      return;
    }
    if (ends) exchange.requestEnd(trailers.length > 0 ? forwardableTrailers(trailers) : NO_LINES);
    if (!exchange.active) return;
    this.awaitBody();
    // Not for every frame: a read may have thousands of them, and each would be a write to the server.
    this.#host.touched(this);
  }

  /** Lets the client send as much again, unless nobody takes it for now. */
  #credit(bytes: number): void {
    if (this.#held) {
      this.#heldBytes += bytes;
      return;
    }
    const { endpoint } = this.#host;
    endpoint.release(bytes);
    if (this.theirsEnded) return;
    this.#window.release(bytes);
    const more = this.#window.increment();
    if (more > 0) endpoint.allow(this.id, more);
  }

  #finishIfDone(): void {
    if (this.#state === StreamState.closed || this.#exchange.active || !this.writer.done) return;
    const early = !this.theirsEnded;
    // It has its answer; what is left of its request nobody wants (RFC 9113 8.1).
    if (early) this.#host.answeredEarly(this.id);
    this.#end();
    this.#host.finished(this, early);
  }

  /** Nothing more is sent or waited for. */
  #end(): void {
    this.#state = StreamState.closed;
    this.#await('nothing');
    this.#host.endpoint.forget(this.writer);
    // What it held of the connection's window is the other streams' again.
    this.#host.endpoint.release(this.#heldBytes);
    this.#heldBytes = 0;
    this.#held = false;
  }

  #await(waiting: Waiting): void {
    this.#waiting = waiting;
    if (waiting === 'nothing') this.#deadline.clear();
    else this.#deadline.set(this.context.limits.idleTimeoutMs);
  }

  #expired(): void {
    const waiting = this.#waiting;
    this.#waiting = 'nothing';
    if (waiting === 'body') {
      this.#exchange.fail('body_timeout');
      return;
    }
    const early = !this.theirsEnded;
    this.#end();
    this.#host.endpoint.reset(this.id, ErrorCode.cancel);
    if (this.#exchange.active) this.#exchange.clientGone();
    this.#host.finished(this, early);
  }
}
