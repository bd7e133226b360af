import type { UpstreamConfig } from '../../src/config/proxy-config.ts';
import { connectTo, type ServerTls } from '../certificates/server-tls.ts';
import type { ProxyErrorCode } from '../errors.ts';
import { Deadline } from '../io/deadline-queue.ts';
import type { Connection, ConnectionHandler, IoEngine } from '../io/engine.ts';
import { shortage } from '../io/shortage.ts';
import {
  INTERIM_RESPONSES_MAX,
  RESPONSE_HEAD_BYTES_MAX,
  RESPONSE_HEADER_COUNT_MAX,
} from '../limits.ts';
import { ServerCounter } from '../shared/layout.ts';
import { serverTlsFailure } from '../tls/server-failure.ts';
import type { Server } from '../upstream/server.ts';
import { BodyDecoder } from './body-decoder.ts';
import { INCOMPLETE, REFUSED, ResponseHead } from './head.ts';
import { MessageWriter } from './message-writer.ts';
import type { OriginStream } from './origin-stream.ts';
import type { OriginUser } from './origin-user.ts';
import { parseResponse } from './parse-response.ts';
import { PartialHead } from './partial-head.ts';
import { RequestBuffer } from './request-buffer.ts';

/** What a pool does with a connection that nobody uses. */
export interface OriginOwner {
  /** It is closed, or about to be; forget it. */
  forget(origin: OriginConnection): void;
}

/** How a server is reached. */
export interface OriginRoute {
  readonly engine: IoEngine;
  /** Null: plainly. */
  readonly tls: ServerTls | null;
}

const Phase = { connecting: 0, idle: 1, head: 2, body: 3, closed: 4 } as const;
type Phase = (typeof Phase)[keyof typeof Phase];

const RULES = {
  headBytesMax: RESPONSE_HEAD_BYTES_MAX,
  headerCountMax: RESPONSE_HEADER_COUNT_MAX,
};

/** One per thread: a response head is used up within the call that brought it. */
const HEAD = new ResponseHead(RESPONSE_HEADER_COUNT_MAX);

/** A connection to a server, which answers one request after another. */
export class OriginConnection implements ConnectionHandler, OriginStream {
  readonly server: Server;
  readonly #connection: Connection;
  readonly writer: MessageWriter;
  /** The PROXY header it begins with; null: none. */
  readonly proxyHeader: Buffer | null;
  request: RequestBuffer;
  /** It has answered before: the server may just be closing it. */
  reused = false;
  /** Any byte of the present response has come. */
  answered = false;
  /** HTTP/1 has no way to say so. */
  readonly untouched = false;
  readonly #config: UpstreamConfig;
  readonly #owner: OriginOwner;
  readonly #deadline: Deadline;
  readonly #decoder = new BodyDecoder(true);
  readonly #partial = new PartialHead(RESPONSE_HEAD_BYTES_MAX);
  #user: OriginUser | null;
  #phase: Phase = Phase.connecting;
  #keepAlive = false;
  /** It is the server's turn: nothing of the request is still to come from the client. */
  #owing = false;
  #paused = false;
  #interims = 0;
  /** The PROXY header goes before the handshake, and has gone. */
  readonly #introduced: boolean;
  /** When connecting began. */
  readonly #startedAt: number;

  constructor(
    { engine, tls }: OriginRoute,
    server: Server,
    config: UpstreamConfig,
    owner: OriginOwner,
    user: OriginUser,
    proxyHeader: Buffer | null = null,
  ) {
    this.server = server;
    this.#config = config;
    this.#owner = owner;
    this.#user = user;
    this.proxyHeader = proxyHeader;
    this.request = new RequestBuffer(engine);
    this.#deadline = new Deadline(engine.deadlines, () => this.#expired());
    this.#startedAt = performance.now();
    this.#introduced = tls !== null;
    this.#connection = connectTo(engine, server, tls, this, proxyHeader);
    this.writer = new MessageWriter(engine, this.#connection, server, ServerCounter.bytesOut);
    this.#deadline.set(config.connectTimeoutMs);
  }

  get connected(): boolean {
    return this.#phase !== Phase.connecting;
  }

  /** The trailer lines of the response that has just been completed. */
  get trailers(): Buffer {
    return this.#decoder.trailers;
  }

  /** How long nothing may move in the middle of a message. */
  get idleTimeoutMs(): number {
    return this.#config.idleTimeoutMs;
  }

  /** Takes it out of idleness for a request. */
  use(user: OriginUser): void {
    this.#user = user;
    this.#phase = Phase.head;
    this.answered = false;
    this.reused = true;
    this.#owing = false;
    this.#interims = 0;
  }

  get flushed(): boolean {
    return this.#connection.unsentBytes === 0;
  }

  sendRequest(): void {
    this.writer.send(this.request.bytes, 0, this.request.length);
  }

  /** Part of a request is on its way; the client sends the rest. */
  requestMoved(): void {
    this.#owing = false;
    this.#watch();
  }

  /** All that the client will send for now is; it is the server's turn. */
  requestSent(): void {
    this.#owing = true;
    this.#watch();
  }

  /** Stops reading because the client is slow: the client's deadline counts, not ours. */
  pause(): void {
    this.#paused = true;
    this.#connection.pause();
    this.#deadline.suspend();
  }

  resume(): void {
    this.#paused = false;
    this.#connection.resume();
    this.#watch();
  }

  /** May it serve another request? Asked when the present one is through. */
  get reusable(): boolean {
    return this.#phase === Phase.idle && this.#keepAlive;
  }

  /** Waits for the next request. */
  rest(): void {
    this.#user = null;
    this.request.clear();
    this.#deadline.set(this.#config.keepAliveTimeoutMs);
  }

  /** Ends it without a word to its user. */
  discard(): void {
    if (this.#phase === Phase.closed) return;
    const orderly = this.#phase === Phase.idle && this.#connection.unsentBytes === 0;
    this.#phase = Phase.closed;
    this.#user = null;
    this.#deadline.clear();
    if (orderly) this.#connection.close();
    else this.#connection.reset();
    this.#owner.forget(this);
  }

  /** Hands the bare connection over, after a 101; this object is done with. */
  release(): Connection {
    this.#phase = Phase.closed;
    this.#user = null;
    this.#deadline.clear();
    this.#owner.forget(this);
    return this.#connection;
  }

  onConnect(): void {
    this.server.count(ServerCounter.connections);
    this.server.times.connect.observe(performance.now() - this.#startedAt);
    this.#phase = Phase.head;
    this.#deadline.suspend();
    if (this.proxyHeader !== null) this.#introduce(this.proxyHeader);
    this.#user?.originReady();
  }

  onData(bytes: Buffer, start: number, end: number): void {
    this.server.count(ServerCounter.bytesIn, end - start);
    if (this.#user === null || this.#phase === Phase.idle) {
      // Bytes nobody asked for: whatever they are, they must not answer the next request.
      this.discard();
      return;
    }
    this.answered = true;
    if (this.#phase === Phase.head) {
      const partial = this.#partial;
      if (partial.length === 0) this.#read(bytes, start, end);
      else if (partial.add(bytes, start, end)) this.#read(partial.bytes, 0, partial.length);
      return;
    }
    this.#watch();
    this.#readBody(bytes, start, end);
  }

  onEnd(): void {
    this.#ended(null);
  }

  onDrain(): void {
    if (!this.writer.blocked) return;
    this.writer.blocked = false;
    this.#watch();
    this.#user?.originDrained();
  }

  onClose(errorCode: string | null): void {
    this.#ended(errorCode);
  }

  /** Tells the server whose requests these are, before the first of them. */
  #introduce(header: Buffer): void {
    if (!this.#introduced) this.#connection.write(header, 0, header.length);
    this.server.count(ServerCounter.bytesOut, header.length);
  }

  /** Heads, interim ones first, then what there is of the body. */
  #read(bytes: Buffer, start: number, end: number): void {
    let at = start;
    while (this.#phase === Phase.head) {
      const user = this.#user!;
      const next = parseResponse(HEAD, bytes, at, end, RULES, user.headRequest);
      if (next === REFUSED) {
        this.#fail('bad_response');
        return;
      }
      if (next === INCOMPLETE) {
        this.#partial.keep(bytes, at, end);
        return;
      }
      at = next;
      if (HEAD.status < 200 && HEAD.status !== 101) {
        this.#interims++;
        if (this.#interims > INTERIM_RESPONSES_MAX) {
          this.#fail('bad_response');
          return;
        }
        user.originInterim(HEAD);
        continue;
      }
      this.#phase = Phase.body;
      this.#partial.clear();
      this.#keepAlive = HEAD.keepAlive;
      this.#decoder.begin(HEAD.bodyKind, HEAD.contentLength);
      this.#watch();
      user.originHead(HEAD);
    }
    this.#readBody(bytes, at, end);
  }

  /** A head is parsed by the line: what there is of one may be wrong before its line ends. */
  #isPartialRefused(): boolean {
    const partial = this.#partial;
    if (this.#phase !== Phase.head || partial.length === 0) return false;
    this.#read(partial.bytes, 0, partial.length);
    return (this.#phase as Phase) === Phase.closed;
  }

  #readBody(bytes: Buffer, start: number, end: number): void {
    const decoder = this.#decoder;
    let at = start;
    while (at < end && !decoder.done && this.#phase === Phase.body) {
      at = decoder.step(bytes, at, end);
      if (at < 0) {
        this.#fail('bad_response');
        return;
      }
      if (decoder.dataEnd > decoder.dataStart) {
        this.#user!.originContent(bytes, decoder.dataStart, decoder.dataEnd);
      }
    }
    // The user may have given up meanwhile.
    if (this.#phase !== Phase.body) return;
    if (decoder.done) this.#done(bytes, at, end);
    else this.#user!.originFlush();
  }

  #done(bytes: Buffer, at: number, end: number): void {
    this.#phase = Phase.idle;
    this.#deadline.suspend();
    // An interim response stopped it in the middle of a read that brought the final one as well.
    if (this.#paused) this.resume();
    // More than was announced: nobody can tell what it is, so the connection is not used again.
    if (at < end) this.#keepAlive = false;
    this.#user!.originDone(bytes, at, end);
  }

  /**
   * Runs the deadline of what the server owes us: taking the request, answering it, or the rest of
   * its answer. None while it may be waiting for the client, whose own deadline runs then.
   */
  #watch(): void {
    if (this.#phase !== Phase.head && this.#phase !== Phase.body) return;
    const { idleTimeoutMs, responseTimeoutMs } = this.#config;
    if (this.#paused || !(this.#owing || this.writer.blocked)) this.#deadline.suspend();
    else if (this.#owing && this.#phase === Phase.head) this.#deadline.set(responseTimeoutMs);
    else this.#deadline.set(idleTimeoutMs);
  }

  #ended(errno: string | null): void {
    if (this.#phase === Phase.closed) return;
    if (this.#phase === Phase.connecting) {
      this.#unconnected(errno);
      return;
    }
    if (this.#user === null || this.#phase === Phase.idle) {
      this.discard();
      return;
    }
    if (this.#phase === Phase.body && errno === null && this.#decoder.endsWithConnection()) {
      this.#keepAlive = false;
      this.#done(HEAD.bytes, 0, 0);
      return;
    }
    if (this.#isPartialRefused()) return;
    this.server.count(ServerCounter.resets);
    this.#fail('server_closed', errno);
  }

  #unconnected(errno: string | null): void {
    if (errno !== null && shortage(errno) !== undefined) {
      this.#fail('no_resources', errno);
      return;
    }
    const secured = serverTlsFailure(this.#connection, errno);
    if (secured !== null) {
      this.server.count(ServerCounter.tlsFailures);
      this.#fail(secured.code, secured.reason);
      return;
    }
    this.server.count(ServerCounter.connectFailures);
    this.#fail('connect_failed', errno);
  }

  #expired(): void {
    switch (this.#phase) {
      case Phase.connecting:
        this.server.count(ServerCounter.connectTimeouts);
        this.#fail('connect_timeout');
        return;
      case Phase.head:
        if (this.#isPartialRefused()) return;
        this.server.count(ServerCounter.responseTimeouts);
        this.#fail('response_timeout');
        return;
      case Phase.body:
        this.server.count(ServerCounter.idleTimeouts);
        this.#fail('response_stalled');
        return;
      default:
        this.discard();
    }
  }

  #fail(code: ProxyErrorCode, errno: string | null = null): void {
    if (code === 'bad_response') this.server.count(ServerCounter.badResponses);
    const user = this.#user;
    this.discard();
    user?.originFailed(code, errno);
  }
}
