/**
 * A connection to a server that speaks HTTP/2, which many requests share.
 *
 *     connecting --onConnect--> open --GOAWAY, age, no more numbers--> ending --last stream--> closed
 */
import type { UpstreamConfig } from '../../src/config/proxy-config.ts';
import { connectTo, type ServerTls } from '../certificates/server-tls.ts';
import type { ProxyErrorCode } from '../errors.ts';
import type { OriginUser } from '../http1/origin-user.ts';
import { Deadline } from '../io/deadline-queue.ts';
import type { Connection, ConnectionHandler, IoEngine } from '../io/engine.ts';
import { DEADLINE_TICK_MS } from '../io/limits.ts';
import { shortage } from '../io/shortage.ts';
import { RESPONSE_HEAD_BYTES_MAX, RESPONSE_HEADER_COUNT_MAX } from '../limits.ts';
import { ServerCounter } from '../shared/layout.ts';
import { serverTlsFailure } from '../tls/server-failure.ts';
import type { Server } from '../upstream/server.ts';
import { CutStreams } from './cut-streams.ts';
import { Endpoint, type EndpointOwner } from './endpoint.ts';
import {
  BLOCK_FIELDS_EXTRA,
  ORIGIN_STREAM_WINDOW_BYTES,
  ORIGIN_STREAMS_MAX,
  ORIGIN_WINDOW_BYTES,
} from './limits.ts';
import { Http2OriginStream, type OriginStreamHost } from './origin-stream.ts';
import { ErrorCode, Setting, STREAM_LARGEST } from './protocol.ts';
import { ResponseText } from './response-text.ts';
import { TouchedStreams } from './touched-streams.ts';
import { TrailerText } from './trailer-text.ts';
import { settingsFrame } from './write-frames.ts';

/** What all sessions with one server share. */
export interface OriginParts {
  readonly engine: IoEngine;
  readonly server: Server;
  readonly config: UpstreamConfig;
  /** Null: plainly, which the server must know by itself. */
  readonly tls: ServerTls | null;
  /** What the server was last seen to allow, for connections on which it has not said so yet. */
  readonly known: { streamsMax: number };
  /** A session takes no more requests. */
  forget(session: OriginSession): void;
}

/** Servers push nothing: nobody would know what to do with it. */
const SETTINGS = settingsFrame([
  [Setting.enablePush, 0],
  [Setting.initialWindowSize, ORIGIN_STREAM_WINDOW_BYTES],
  [Setting.maxHeaderListSize, RESPONSE_HEAD_BYTES_MAX],
]);
const FORM = {
  settings: SETTINGS,
  windowBytes: ORIGIN_WINDOW_BYTES,
  headBytesMax: RESPONSE_HEAD_BYTES_MAX,
  side: 'client',
  suspect: false,
} as const;
const FIELDS_MAX = RESPONSE_HEADER_COUNT_MAX + BLOCK_FIELDS_EXTRA;

/** One per thread each: used up within the call that fills them. */
const TEXT = new ResponseText();
const TRAILERS = new TrailerText();
const NO_FIELDS = { field: () => {} };

type Phase = 'connecting' | 'open' | 'ending' | 'closed';

/** The session. */
export class OriginSession implements ConnectionHandler, EndpointOwner, OriginStreamHost {
  readonly engine: IoEngine;
  readonly server: Server;
  readonly config: UpstreamConfig;
  readonly endpoint: Endpoint;
  readonly proxyHeader: Buffer | null;
  readonly secured: boolean;
  seasoned = false;
  readonly #parts: OriginParts;
  readonly #connection: Connection;
  readonly #deadline: Deadline;
  /** All that belong here, sent or not. */
  readonly #attached = new Set<Http2OriginStream>();
  readonly #streams = new Map<number, Http2OriginStream>();
  readonly #touched = new TouchedStreams();
  readonly #cut = new CutStreams();
  #phase: Phase = 'connecting';
  #nextId = 1;
  /** When the last bytes came, by the worker's clock. */
  #heardAt: number;
  readonly #startedAt = performance.now();

  constructor(parts: OriginParts, proxyHeader: Buffer | null) {
    this.#parts = parts;
    const { engine, server, config, tls } = parts;
    this.engine = engine;
    this.#heardAt = engine.deadlines.now();
    this.server = server;
    this.config = config;
    this.proxyHeader = proxyHeader;
    this.secured = tls !== null;
    this.#deadline = new Deadline(engine.deadlines, () => this.#expired());
    this.#connection = connectTo(engine, server, tls, this, proxyHeader);
    this.endpoint = new Endpoint(engine, this.#connection, FORM, this);
    this.#deadline.set(config.connectTimeoutMs);
  }

  get connected(): boolean {
    return this.#phase !== 'connecting';
  }

  /** It takes another request. */
  get open(): boolean {
    if (this.#phase === 'ending' || this.#phase === 'closed') return false;
    const { known } = this.#parts;
    if (this.endpoint.settled) known.streamsMax = this.endpoint.peer.streamsMax;
    // A server that takes none is asked with one, so that somebody hears of it.
    const allowed = this.endpoint.settled ? known.streamsMax : Math.max(1, known.streamsMax);
    return this.#attached.size < Math.min(allowed, ORIGIN_STREAMS_MAX);
  }

  /** How many requests it has. */
  get load(): number {
    return this.#attached.size;
  }

  /** Takes a request. */
  attach(user: OriginUser): Http2OriginStream {
    const stream = new Http2OriginStream(this, user);
    this.#attached.add(stream);
    if (this.connected) this.#deadline.clear();
    return stream;
  }

  /** Ends it when its last request is through. */
  retire(): void {
    if (this.#phase === 'closed') return;
    if (this.#phase === 'open') this.#phase = 'ending';
    this.#parts.forget(this);
    if (this.#attached.size === 0) this.#close(ErrorCode.noError);
  }

  onConnect(): void {
    if (this.secured && this.#connection.tls?.alpn !== 'h2') {
      this.#lost('bad_response', 'no HTTP/2 (ALPN)');
      return;
    }
    this.server.count(ServerCounter.connections);
    this.server.times.connect.observe(performance.now() - this.#startedAt);
    this.#phase = 'open';
    this.#deadline.clear();
    const { proxyHeader } = this;
    if (proxyHeader !== null && !this.secured) this.#introduce(proxyHeader);
    this.endpoint.output.ready();
    for (const stream of [...this.#attached]) stream.ready();
    if (this.#attached.size === 0) this.#rested();
  }

  onData(bytes: Buffer, start: number, end: number): void {
    this.server.count(ServerCounter.bytesIn, end - start);
    this.#heardAt = this.engine.deadlines.now();
    if (this.#phase !== 'closed') this.endpoint.receive(bytes, start, end);
  }

  onEnd(): void {
    this.#ended(null);
  }

  onDrain(): void {
    if (!this.endpoint.over) this.endpoint.drained();
  }

  onClose(errorCode: string | null): void {
    this.#ended(errorCode);
  }

  opened(stream: Http2OriginStream): number {
    const id = this.#nextId;
    this.#nextId += 2;
    this.#streams.set(id, stream);
    if (this.#nextId > STREAM_LARGEST) this.retire();
    return id;
  }

  touched(stream: Http2OriginStream): void {
    this.#touched.add(stream);
  }

  late(afterMs: number): void {
    // The way there may be dead, which TCP finds out after a quarter of an hour only.
    const silentMs = this.engine.deadlines.now() - this.#heardAt;
    if (this.#phase === 'open' && silentMs >= afterMs - DEADLINE_TICK_MS) this.retire();
  }

  closed(stream: Http2OriginStream): void {
    this.#attached.delete(stream);
    if (this.#streams.delete(stream.id)) this.#cut.add(stream.id);
    if (this.#attached.size === 0 && this.#phase !== 'connecting') this.#rested();
  }

  onBlock(id: number, ends: boolean, block: Buffer, start: number, end: number): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) {
      if (this.#isIdle(id)) this.endpoint.fail(ErrorCode.protocolError);
      else this.#decode(block, start, end, NO_FIELDS);
      return;
    }
    this.seasoned = true;
    if (!stream.awaitsHead) {
      TRAILERS.begin();
      if (!this.#decode(block, start, end, TRAILERS)) return;
      if (!ends || TRAILERS.bad) stream.refuse();
      else stream.end(TRAILERS.lines);
      return;
    }
    TEXT.begin();
    if (this.#decode(block, start, end, TEXT)) stream.head(TEXT, ends);
  }

  onContent(
    id: number,
    ends: boolean,
    bytes: Buffer,
    start: number,
    end: number,
    flow: number,
  ): void {
    const stream = this.#streams.get(id);
    if (stream !== undefined) {
      stream.content(bytes, start, end, flow, ends);
      return;
    }
    this.endpoint.release(flow);
    if (this.#isIdle(id)) this.endpoint.fail(ErrorCode.protocolError);
  }

  onReset(id: number, code: number): void {
    if (this.#isIdle(id)) this.endpoint.fail(ErrorCode.protocolError);
    else this.#streams.get(id)?.resetByServer(code);
  }

  onWindow(id: number, more: number): void {
    if (this.#isIdle(id)) this.endpoint.fail(ErrorCode.protocolError);
    else this.#streams.get(id)?.allowed(more);
  }

  onWindowsChanged(delta: number): void {
    for (const { writer } of this.#streams.values()) writer.windowSize += delta;
  }

  onGoaway(lastStream: number): void {
    this.retire();
    // Those were not looked at, and may go elsewhere, whatever they ask for (RFC 9113 6.8).
    for (const [id, stream] of [...this.#streams]) if (id > lastStream) stream.passedOver();
    for (const stream of [...this.#attached]) if (stream.id === 0) stream.passedOver();
  }

  onPong(): void {}

  onRead(): void {
    this.#touched.flush();
  }

  onWritable(): void {}

  /** Streams count what is theirs. */
  written(): void {}

  onBroken(code: ErrorCode): void {
    this.server.count(ServerCounter.badResponses);
    this.#lost('bad_response', null, code);
  }

  /** Tells the server whose requests these are, before anything else. */
  #introduce(header: Buffer): void {
    this.#connection.write(header, 0, header.length);
    this.server.count(ServerCounter.bytesOut, header.length);
  }

  #decode(
    block: Buffer,
    start: number,
    end: number,
    sink: Parameters<Endpoint['decoder']['decode']>[3],
  ): boolean {
    if (this.endpoint.decoder.decode(block, start, end, sink, FIELDS_MAX)) return true;
    this.endpoint.fail(ErrorCode.compressionError);
    return false;
  }

  /** No stream of ours, or none yet. */
  #isIdle(id: number): boolean {
    return id % 2 === 0 || id >= this.#nextId;
  }

  /** No request is left. */
  #rested(): void {
    const { keepAliveMax, keepAliveTimeoutMs } = this.config;
    if (this.#phase === 'open' && keepAliveMax > 0 && !this.server.retired) {
      this.#deadline.set(keepAliveTimeoutMs);
    } else if (this.#phase === 'open' || this.#phase === 'ending') {
      this.#close(ErrorCode.noError);
    }
  }

  #expired(): void {
    if (this.#phase === 'connecting') {
      this.server.count(ServerCounter.connectTimeouts);
      this.#lost('connect_timeout', null);
    } else {
      this.#close(ErrorCode.noError);
    }
  }

  #ended(errno: string | null): void {
    if (this.#phase === 'closed') return;
    if (this.#phase !== 'connecting') {
      if (this.#attached.size > 0) this.server.count(ServerCounter.resets);
      this.#lost('server_closed', errno);
      return;
    }
    if (errno !== null && shortage(errno) !== undefined) {
      this.#lost('no_resources', errno);
      return;
    }
    const secured = serverTlsFailure(this.#connection, errno);
    if (secured !== null) {
      this.server.count(ServerCounter.tlsFailures);
      this.#lost(secured.code, secured.reason);
      return;
    }
    this.server.count(ServerCounter.connectFailures);
    this.#lost('connect_failed', errno);
  }

  /** The connection is of no more use. */
  #lost(code: ProxyErrorCode, errno: string | null, said: ErrorCode = ErrorCode.noError): void {
    const streams = [...this.#attached];
    this.#close(said);
    for (const stream of streams) stream.fail(code, errno);
  }

  #close(code: ErrorCode): void {
    if (this.#phase === 'closed') return;
    const orderly = this.connected && this.#attached.size === 0;
    if (this.connected) this.endpoint.goaway(0, code);
    this.#phase = 'closed';
    this.#deadline.clear();
    this.endpoint.output.flush();
    this.endpoint.end();
    if (orderly) this.#connection.close();
    else this.#connection.reset();
    this.#parts.forget(this);
  }
}
