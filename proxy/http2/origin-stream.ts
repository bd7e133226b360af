/**
 * One request at a server that speaks HTTP/2, and its answer. What the exchange composed for a server of
 * HTTP/1.1 is read again and sent as frames; what comes back is given to it as HTTP/1.1 would be.
 */
import type { UpstreamConfig } from '../../src/config/proxy-config.ts';
import type { ProxyErrorCode } from '../errors.ts';
import { BodyDecoder } from '../http1/body-decoder.ts';
import { NO_LINES } from '../http1/extra-lines.ts';
import { BodyKind, RequestHead, ResponseHead } from '../http1/head.ts';
import type { OriginStream } from '../http1/origin-stream.ts';
import type { OriginUser } from '../http1/origin-user.ts';
import { parseRequest } from '../http1/parse-request.ts';
import { parseResponse } from '../http1/parse-response.ts';
import { RequestBuffer } from '../http1/request-buffer.ts';
import { DEFAULT_RULES } from '../http1/request-rules.ts';
import { Deadline } from '../io/deadline-queue.ts';
import type { IoEngine } from '../io/engine.ts';
import {
  INTERIM_RESPONSES_MAX,
  RESPONSE_HEAD_BYTES_MAX,
  RESPONSE_HEADER_COUNT_MAX,
} from '../limits.ts';
import { ServerCounter } from '../shared/layout.ts';
import type { Server } from '../upstream/server.ts';
import type { Endpoint } from './endpoint.ts';
import { ReceiveWindow } from './flow-window.ts';
import {
  COMPOSED_HEAD_BYTES_MAX,
  COMPOSED_HEADERS_MAX,
  ORIGIN_STREAM_WINDOW_BYTES,
} from './limits.ts';
import { ErrorCode, errorName, WINDOW_LARGEST } from './protocol.ts';
import type { ResponseText } from './response-text.ts';
import { type SenderOwner, StreamSender } from './stream-sender.ts';

/** What a stream needs of its session. */
export interface OriginStreamHost {
  readonly engine: IoEngine;
  readonly server: Server;
  readonly config: UpstreamConfig;
  readonly endpoint: Endpoint;
  /** The connection is established. */
  readonly connected: boolean;
  /** It has answered before. */
  readonly seasoned: boolean;
  /** Its requests are for https. */
  readonly secured: boolean;
  /** Opens a stream; returns its number. */
  opened(stream: Http2OriginStream): number;
  /** Content came for the stream: its user is to be told when the read is through. */
  touched(stream: Http2OriginStream): void;
  /** The server has let a request wait for longer than `afterMs`. */
  late(afterMs: number): void;
  /** The stream is done with. */
  closed(stream: Http2OriginStream): void;
}

const RESPONSE_RULES = {
  headBytesMax: RESPONSE_HEAD_BYTES_MAX,
  headerCountMax: RESPONSE_HEADER_COUNT_MAX,
};
/** What we composed ourselves is not bounded again. */
const REQUEST_LIMITS = {
  requestLineMax: COMPOSED_HEAD_BYTES_MAX,
  headBytesMax: COMPOSED_HEAD_BYTES_MAX,
  headerCountMax: COMPOSED_HEADERS_MAX,
};
const REQUEST_RULES = {
  ...DEFAULT_RULES,
  fields: { ...DEFAULT_RULES.fields, underscores: 'pass' },
} as const;

/** One per thread each: used up within the call that fills them. */
const REQUEST = new RequestHead(COMPOSED_HEADERS_MAX);
const RESPONSE = new ResponseHead(RESPONSE_HEADER_COUNT_MAX);
RESPONSE.http2 = true;

const Phase = { head: 0, body: 1, done: 2, closed: 3 } as const;
type Phase = (typeof Phase)[keyof typeof Phase];

/** A stream to a server. */
export class Http2OriginStream implements OriginStream, SenderOwner {
  readonly server: Server;
  request: RequestBuffer;
  readonly writer: StreamSender;
  /** Its number; 0: the request has not been sent. */
  id = 0;
  answered = false;
  untouched = false;
  trailers: Buffer = NO_LINES;
  readonly #host: OriginStreamHost;
  readonly #window = new ReceiveWindow(ORIGIN_STREAM_WINDOW_BYTES);
  readonly #deadline: Deadline;
  #user: OriginUser | null;
  #phase: Phase = Phase.head;
  #owing = false;
  #paused = false;
  /** What came and was not allowed anew, for the client is slow. */
  #heldBytes = 0;
  #interims = 0;
  /** Content still to come, by its announcement; Infinity: nobody knows. */
  #left = 0;

  constructor(host: OriginStreamHost, user: OriginUser) {
    this.#host = host;
    this.server = host.server;
    this.#user = user;
    this.request = new RequestBuffer(host.engine);
    this.writer = new StreamSender(host.endpoint, this);
    this.#deadline = new Deadline(host.engine.deadlines, () => this.#expired());
  }

  get connected(): boolean {
    return this.#host.connected;
  }

  get reused(): boolean {
    return this.untouched || this.#host.seasoned;
  }

  get flushed(): boolean {
    return this.writer.done;
  }

  /** The final head has not come. */
  get awaitsHead(): boolean {
    return this.#phase === Phase.head;
  }

  get idleTimeoutMs(): number {
    return this.#host.config.idleTimeoutMs;
  }

  /** The connection has just been established. */
  ready(): void {
    this.#user?.originReady();
  }

  sendRequest(): void {
    const { bytes, length } = this.request;
    const body = parseRequest(REQUEST, bytes, 0, length, REQUEST_LIMITS, REQUEST_RULES);
    if (body <= 0) {
      this.fail('bad_response', null);
      return;
    }
    const { endpoint, secured } = this.#host;
    this.id = this.#host.opened(this);
    this.writer.begin(this.id, endpoint.peer.initialWindow);
    endpoint.blocks.request(this.id, REQUEST, secured, endpoint.frameBytesMax);
    this.writer.frameAt(endpoint.blocks.place.start);
    const decoder = new BodyDecoder();
    decoder.begin(REQUEST.bodyKind, REQUEST.contentLength);
    for (let at = body; at < length && !decoder.done; ) {
      at = decoder.step(bytes, at, length);
      if (at < 0) break;
      if (decoder.dataEnd > decoder.dataStart) {
        this.writer.content(bytes, decoder.dataStart, decoder.dataEnd);
      }
    }
    if (decoder.done) this.writer.end(this.request.trailers);
  }

  requestMoved(): void {
    this.#owing = false;
    this.#watch();
  }

  requestSent(): void {
    this.#owing = true;
    this.#watch();
  }

  pause(): void {
    this.#paused = true;
    this.#deadline.clear();
  }

  resume(): void {
    this.#paused = false;
    const bytes = this.#heldBytes;
    this.#heldBytes = 0;
    this.#credit(bytes);
    this.#watch();
  }

  discard(): void {
    if (this.#phase === Phase.closed) return;
    const code = this.#phase === Phase.done ? ErrorCode.noError : ErrorCode.cancel;
    const open = this.id > 0 && !(this.#phase === Phase.done && this.writer.done);
    if (open) this.#host.endpoint.reset(this.id, code);
    this.#close();
  }

  /** The request is through on both sides. */
  finish(): void {
    if (this.#phase === Phase.done && this.writer.done) this.#close();
    else this.discard();
  }

  /** No connection is ever handed over: HTTP/2 has no 101. */
  release(): null {
    this.discard();
    return null;
  }

  /** The head of a response, interim or final, has come into `text`. */
  head(text: ResponseText, ends: boolean): void {
    const user = this.#user;
    if (user === null || this.#phase !== Phase.head) {
      this.refuse();
      return;
    }
    this.answered = true;
    const { headRequest } = user;
    const sound = text.finish(ends, headRequest);
    const length = sound
      ? parseResponse(RESPONSE, text.bytes, 0, text.end, RESPONSE_RULES, headRequest)
      : -1;
    if (length !== text.end || RESPONSE.status === 101) {
      this.refuse();
      return;
    }
    if (RESPONSE.status < 200) {
      this.#interims++;
      if (ends || this.#interims > INTERIM_RESPONSES_MAX) this.refuse();
      else user.originInterim(RESPONSE);
      return;
    }
    this.#begin(user, ends);
  }

  /** Trailers have come, and end the response. */
  end(trailers: Buffer): void {
    if (this.#phase !== Phase.body) this.refuse();
    else this.#done(trailers);
  }

  /** Content of the response has come. */
  content(bytes: Buffer, start: number, end: number, flow: number, ends: boolean): void {
    const { endpoint } = this.#host;
    const length = end - start;
    if (this.#phase !== Phase.body || length > this.#left || !this.#window.receive(flow)) {
      endpoint.release(flow);
      this.refuse();
      return;
    }
    this.#left -= length;
    if (length > 0) this.#user!.originContent(bytes, start, end);
    if ((this.#phase as Phase) !== Phase.body) {
      endpoint.release(flow);
      return;
    }
    this.#credit(flow);
    if (ends) {
      this.#done(NO_LINES);
      return;
    }
    this.#watch();
    this.#host.touched(this);
  }

  /** The read that brought content is through. */
  flush(): void {
    if (this.#phase === Phase.body) this.#user!.originFlush();
  }

  /** The server has reset it. */
  resetByServer(code: number): void {
    // The answer is complete, and the rest of the request is not wanted (RFC 9113 8.1).
    if (this.#phase === Phase.done) {
      this.#close();
      return;
    }
    this.untouched = code === ErrorCode.refusedStream && !this.answered;
    if (!this.untouched) this.server.count(ServerCounter.resets);
    this.#drop();
    this.#tell('server_closed', errorName(code));
  }

  /** The server has said that it did nothing with it, and will not. */
  passedOver(): void {
    this.untouched = !this.answered;
    this.fail('server_closed', 'GOAWAY');
  }

  /** The server allows more content. */
  allowed(more: number): void {
    this.writer.windowSize += more;
    if (more === 0 || this.writer.windowSize > WINDOW_LARGEST) this.refuse();
    else if (this.writer.blocked) this.#host.endpoint.pump();
  }

  /** It will not be completed. */
  fail(code: ProxyErrorCode, errno: string | null): void {
    if (this.#phase === Phase.done) this.#close();
    if (this.#phase === Phase.closed) return;
    this.#drop();
    this.#tell(code, errno);
  }

  sent(bytes: number): void {
    this.server.count(ServerCounter.bytesOut, bytes);
  }

  sendDrained(ended: boolean): void {
    this.#watch();
    if (!ended) this.#user?.originDrained();
  }

  #begin(user: OriginUser, ends: boolean): void {
    this.#phase = Phase.body;
    const { bodyKind, contentLength } = RESPONSE;
    this.#left = bodyKind === BodyKind.length ? contentLength : 0;
    if (bodyKind === BodyKind.chunked) this.#left = Number.POSITIVE_INFINITY;
    if (ends && bodyKind === BodyKind.length) {
      this.refuse();
      return;
    }
    this.#watch();
    user.originHead(RESPONSE);
    if ((this.#phase as Phase) !== Phase.body) return;
    if (ends) this.#done(NO_LINES);
    else this.#host.touched(this);
  }

  #done(trailers: Buffer): void {
    if (this.#left > 0 && this.#left !== Number.POSITIVE_INFINITY) {
      this.refuse();
      return;
    }
    this.#phase = Phase.done;
    this.trailers = trailers;
    this.#deadline.clear();
    this.#user!.originDone(NO_LINES, 0, 0);
  }

  /** What came is no answer. */
  refuse(): void {
    this.server.count(ServerCounter.badResponses);
    if (this.#phase === Phase.closed) return;
    if (this.id > 0) this.#host.endpoint.reset(this.id, ErrorCode.protocolError);
    this.#drop();
    this.#tell('bad_response', null);
  }

  /** Lets the server send as much again, unless the client is slow. */
  #credit(bytes: number): void {
    if (this.#paused) {
      this.#heldBytes += bytes;
      return;
    }
    const { endpoint } = this.#host;
    endpoint.release(bytes);
    if (this.#phase !== Phase.body) return;
    this.#window.release(bytes);
    const more = this.#window.increment();
    if (more > 0) endpoint.allow(this.id, more);
  }

  /** As for HTTP/1: what the server owes us; nothing while it may be waiting for the client. */
  #watch(): void {
    if (this.#phase !== Phase.head && this.#phase !== Phase.body) return;
    const { idleTimeoutMs, responseTimeoutMs } = this.#host.config;
    if (this.#paused || !(this.#owing || this.writer.blocked)) this.#deadline.clear();
    else if (this.#owing && this.#phase === Phase.head) this.#deadline.set(responseTimeoutMs);
    else this.#deadline.set(idleTimeoutMs);
  }

  #expired(): void {
    const late = this.#phase === Phase.head;
    this.server.count(late ? ServerCounter.responseTimeouts : ServerCounter.idleTimeouts);
    const { responseTimeoutMs, idleTimeoutMs } = this.#host.config;
    this.#host.late(late ? responseTimeoutMs : idleTimeoutMs);
    if (this.id > 0) this.#host.endpoint.reset(this.id, ErrorCode.cancel);
    this.fail(late ? 'response_timeout' : 'response_stalled', null);
  }

  #tell(code: ProxyErrorCode, errno: string | null): void {
    const user = this.#user;
    this.#user = null;
    user?.originFailed(code, errno);
  }

  #close(): void {
    this.#user = null;
    this.#drop();
  }

  #drop(): void {
    if (this.#phase === Phase.closed) return;
    this.#phase = Phase.closed;
    this.#deadline.clear();
    const { endpoint } = this.#host;
    endpoint.forget(this.writer);
    endpoint.release(this.#heldBytes);
    this.#heldBytes = 0;
    this.#host.closed(this);
  }
}
