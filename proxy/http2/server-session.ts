/**
 * A client that speaks HTTP/2: its connection, and the streams on it.
 *
 *     Endpoint --block--> RequestText --HTTP/1.1 head--> parseRequest --> ServerStream --> Exchange
 *     Endpoint --content-----------------------------------------------> ServerStream --> Exchange
 */
import type { Client, Departure } from '../draining/client.ts';
import { REFUSED } from '../http1/head.ts';
import type { HttpContext } from '../http1/http-context.ts';
import type { IdentityRules } from '../http1/identity-rules.ts';
import { parseRequest } from '../http1/parse-request.ts';
import { Deadline } from '../io/deadline-queue.ts';
import type { Connection, ConnectionHandler } from '../io/engine.ts';
import { LINGER_TIMEOUT_MS } from '../limits.ts';
import { ListenerCounter } from '../shared/layout.ts';
import { abuseSentence } from './abuse-sentence.ts';
import { ConnectionLife } from './connection-life.ts';
import { decodeBlock } from './decode-block.ts';
import { Endpoint, type EndpointOwner } from './endpoint.ts';
import { LateResets } from './late-resets.ts';
import { type AbuseName, GOAWAY_GRACE_MS, WAITING_BYTES_MAX } from './limits.ts';
import { ErrorCode, STREAM_LARGEST } from './protocol.ts';
import type { ServerStream, StreamHost } from './server-stream.ts';
import type { SessionParts } from './session-parts.ts';
import { SessionStreams } from './session-streams.ts';
import { StreamNumbers } from './stream-numbers.ts';
import { TouchedStreams } from './touched-streams.ts';
import { TrailerText } from './trailer-text.ts';

/** One for all: trailers are used up before the next. */
const TRAILERS = new TrailerText();
const NO_FIELDS = { field: () => {} };

/** How far an orderly end has come. */
type Ending = 'no' | 'announced' | 'last' | 'closing';

/** The session with one client. */
export class ServerSession implements ConnectionHandler, Client, EndpointOwner, StreamHost {
  readonly kind = 'http2';
  context: HttpContext;
  readonly connection: Connection;
  readonly endpoint: Endpoint;
  identityRules: IdentityRules;
  readonly streamWindowBytes: number;
  #parts: SessionParts;
  readonly #streams = new SessionStreams(this);
  readonly #numbers = new StreamNumbers();
  readonly #touched = new TouchedStreams();
  readonly #life: ConnectionLife;
  #ending: Ending = 'no';
  #peerEnded = false;
  /** For what has to come next when nothing is under way, and for signs of life when something is. */
  readonly #watch: Deadline;
  /** For the rest of a frame or of a block, and for the preface. */
  readonly #lateResets: LateResets;
  readonly #rest: Deadline;
  #restSet = false;
  #heard = true;
  #pinged = false;

  constructor(parts: SessionParts, connection: Connection) {
    this.#parts = parts;
    const { context, config, settings } = parts;
    this.context = context;
    this.connection = connection;
    this.identityRules = parts.identityRules;
    this.streamWindowBytes = config.streamWindowBytes;
    const { engine, limits } = context;
    this.#life = new ConnectionLife(engine.deadlines, limits.time);
    this.#watch = new Deadline(engine.deadlines, () => this.#expired());
    this.#rest = new Deadline(engine.deadlines, () => this.endpoint.fail(ErrorCode.protocolError));
    const form = {
      settings,
      windowBytes: config.windowBytes,
      headBytesMax: limits.headBytesMax,
      side: 'server',
      suspect: parts.sources.has(connection.remoteAddress, engine.deadlines.now()),
    } as const;
    this.endpoint = new Endpoint(engine, connection, form, this);
    this.#lateResets = new LateResets(engine.deadlines, this.endpoint);
    context.counters.count(ListenerCounter.http2Connections);
    this.#awaitRest();
    this.#watch.set(limits.keepAliveTimeoutMs);
  }

  onConnect(): void {}

  onData(bytes: Buffer, start: number, end: number): void {
    this.context.counters.count(ListenerCounter.bytesIn, end - start);
    this.#heard = true;
    if (this.#ending !== 'closing') this.endpoint.receive(bytes, start, end);
  }

  onEnd(): void {
    this.#peerEnded = true;
    if (this.#streams.size === 0) this.#close();
    // No more of any request comes.
    for (const stream of this.#streams.all()) {
      if (!stream.theirsEnded) stream.fault(ErrorCode.protocolError);
    }
  }

  onDrain(): void {
    if (!this.endpoint.over) this.endpoint.drained();
  }

  onClose(): void {
    this.#ending = 'closing';
    this.endpoint.end();
    this.#watch.clear();
    this.#rest.clear();
    this.#lateResets.drop();
    this.#streams.drop();
    this.context.forget(this);
  }

  drain(): void {
    if (this.#ending !== 'no') return;
    this.#ending = 'announced';
    // Streams that are on their way are taken: only a second GOAWAY names the last (RFC 9113 6.8).
    this.endpoint.goaway(STREAM_LARGEST, ErrorCode.noError);
    this.endpoint.ping();
    this.#watch.set(GOAWAY_GRACE_MS);
  }

  /** Streams that are open go on as they began; the next ones belong to the heir. */
  follow(): void {
    const { context } = this;
    const { heir } = this.#parts;
    if (context.heir === null || this.#ending !== 'no') return;
    if (heir === null) {
      this.drain();
      return;
    }
    context.pass(this, this.#streams.size > 0);
    this.#streams.leave(context);
    this.#parts = heir;
    this.context = heir.context;
    this.identityRules = heir.identityRules;
    if (this.context.draining) this.drain();
  }

  depart(departure: Departure): void {
    if (departure !== 'stay') this.drain();
  }

  cut(): void {
    this.connection.reset();
  }

  onBlock(id: number, ends: boolean, block: Buffer, start: number, end: number): void {
    const stream = this.#streams.get(id);
    if (stream !== undefined) {
      this.#readTrailers(stream, ends, block, start, end);
      return;
    }
    const numbers = this.#numbers;
    if (id % 2 === 0) {
      this.endpoint.fail(ErrorCode.protocolError);
      return;
    }
    if (!numbers.isIdle(id)) {
      if (numbers.isOver(id)) this.endpoint.fail(ErrorCode.streamClosed);
      else decodeBlock(this, block, start, end, NO_FIELDS);
      return;
    }
    numbers.last = id;
    const { text, config } = this.#parts;
    text.begin();
    if (!decodeBlock(this, block, start, end, text)) return;
    if (this.#streams.size >= config.streamsMax || this.endpoint.waitingBytes > WAITING_BYTES_MAX) {
      if (!ends) numbers.cut.add(id);
      this.endpoint.reset(id, ErrorCode.refusedStream);
      this.endpoint.tolerate('refused');
      return;
    }
    this.#open(id, ends, end - start);
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
    if (this.#numbers.isIdle(id)) this.endpoint.fail(ErrorCode.protocolError);
    else if (this.#numbers.isOver(id)) this.endpoint.fail(ErrorCode.streamClosed);
  }

  onReset(id: number, _code: number): void {
    if (this.#numbers.isIdle(id)) {
      this.endpoint.fail(ErrorCode.protocolError);
      return;
    }
    // One that was answered meanwhile is no attack, but as cheap to send.
    if (!this.endpoint.tolerate('resets')) return;
    this.#streams.get(id)?.resetByClient();
  }

  onWindow(id: number, more: number): void {
    if (this.#numbers.isIdle(id)) this.endpoint.fail(ErrorCode.protocolError);
    else this.#streams.get(id)?.allowed(more);
  }

  onWindowsChanged(delta: number): void {
    for (const { writer } of this.#streams.all()) {
      writer.windowSize += delta;
      if (writer.windowSize > STREAM_LARGEST) {
        this.endpoint.fail(ErrorCode.flowControlError);
        return;
      }
    }
  }

  /** The client opens no more streams; those that are open go on. */
  onGoaway(): void {
    this.drain();
  }

  onPong(): void {
    if (this.#ending === 'announced') this.#refuseFurther();
  }

  touched(stream: ServerStream): void {
    this.#touched.add(stream);
  }

  onRead(): void {
    this.#touched.flush();
    if (this.endpoint.partial) {
      if (!this.#restSet) this.#awaitRest();
    } else if (this.#restSet) {
      this.#restSet = false;
      this.#rest.clear();
    }
  }

  onWritable(): void {}

  written(bytes: number): void {
    this.context.counters.count(ListenerCounter.bytesOut, bytes);
  }

  onBroken(code: ErrorCode, abuse: AbuseName | null): void {
    const { context, name } = this.#parts;
    if (abuse !== null) {
      context.counters.count(ListenerCounter.http2Abuse);
      this.#parts.sources.add(this.connection.remoteAddress, context.engine.deadlines.now());
      const sentence = abuseSentence(abuse, this.connection.remoteAddress);
      context.failures.note(`http2_${abuse}`, name, null, sentence);
    }
    this.endpoint.goaway(this.#numbers.last, code);
    this.#streams.drop();
    this.#close();
  }

  answeredEarly(stream: number): void {
    this.#lateResets.add(stream);
  }

  finished(stream: ServerStream, early: boolean): void {
    const { id } = stream;
    if (early) this.#numbers.cut.add(id);
    if (!this.#streams.close(stream)) return;
    if (this.#streams.size === 0) this.#rested();
  }

  /** A request whose block has been read into the text. */
  #open(id: number, ends: boolean, blockBytes: number): void {
    const { context, text } = this.#parts;
    const fault = text.finish(ends);
    if (fault !== null) {
      this.#refuse(id, ends, fault);
      return;
    }
    if (this.endpoint.isResetAhead(id)) {
      this.#passOver(id, ends);
      return;
    }
    if (this.#streams.size === 0) this.#watchLife();
    const stream = this.#streams.open(id);
    stream.begin(id, ends, blockBytes);
    if (this.#life.request()) this.drain();
    if (text.tooLarge || text.pathTooLong) {
      const code = text.pathTooLong ? 'target_too_long' : 'head_too_large';
      stream.refuse(code, text.bytes.subarray(text.start, text.end));
      return;
    }
    const { head, limits, rules } = context;
    const body = parseRequest(head, text.bytes, text.start, text.end, limits, rules);
    if (body === text.end) stream.start(head);
    else {
      const code = body === REFUSED ? head.error : 'bad_request_line';
      stream.refuse(code, text.bytes.subarray(text.start, text.end));
    }
  }

  /** RFC 9113 8.1.1: a malformed request is an error of its stream. */
  #refuse(id: number, ends: boolean, fault: string): void {
    const { context, name } = this.#parts;
    this.#passOver(id, ends);
    context.failures.note('http2_malformed', name, null, `malformed requests are reset: ${fault}`);
    this.endpoint.reset(id, ErrorCode.protocolError);
    this.endpoint.tolerate('faults');
  }

  /** No server hears of it; the client may have given it up with the same breath. */
  #passOver(id: number, ends: boolean): void {
    const { counters } = this.context;
    counters.count(ListenerCounter.requests);
    counters.count(ListenerCounter.responses4xx);
    if (!ends) this.#numbers.cut.add(id);
  }

  #readTrailers(
    stream: ServerStream,
    ends: boolean,
    block: Buffer,
    start: number,
    end: number,
  ): void {
    TRAILERS.begin();
    if (!decodeBlock(this, block, start, end, TRAILERS)) return;
    stream.trailers(ends && !TRAILERS.bad ? TRAILERS.lines : null);
  }

  /** No stream is open. */
  #rested(): void {
    this.#streams.rest();
    if (this.#ending === 'last' || this.#peerEnded) this.#close();
    else if (this.#ending === 'no') this.#watch.set(this.context.limits.keepAliveTimeoutMs);
  }

  /** Streams are open: the client is asked for a sign of life when it is silent. */
  #watchLife(): void {
    this.#pinged = false;
    if (this.#ending === 'announced') return;
    const { pingAfterMs } = this.#parts.config;
    if (pingAfterMs > 0) this.#watch.set(pingAfterMs);
    else this.#watch.clear();
  }

  #awaitRest(): void {
    this.#restSet = true;
    this.#rest.set(this.context.limits.headTimeoutMs);
  }

  /** From now on no stream is taken. */
  #refuseFurther(): void {
    if (this.#ending !== 'announced') return;
    this.#ending = 'last';
    this.#numbers.close();
    this.endpoint.goaway(this.#numbers.last, ErrorCode.noError);
    if (this.#streams.size === 0) this.#close();
    else this.#watchLife();
  }

  #expired(): void {
    if (this.#ending === 'closing') {
      this.connection.close();
    } else if (this.#ending === 'announced') {
      this.#refuseFurther();
    } else if (this.#streams.size === 0) {
      this.endpoint.goaway(this.#numbers.last, ErrorCode.noError);
      this.#close();
    } else if (this.#heard) {
      this.#heard = false;
      this.#watchLife();
    } else if (this.#pinged) {
      this.connection.reset();
      this.onClose();
    } else {
      this.#pinged = true;
      this.endpoint.ping();
      this.#watch.set(this.#parts.config.pingTimeoutMs);
    }
  }

  /** Sends what there is, and the end; reads on for a while, so that no reset overtakes it. */
  #close(): void {
    if (this.#ending === 'closing') return;
    this.#ending = 'closing';
    this.#lateResets.flush();
    this.endpoint.output.flush();
    this.endpoint.end();
    this.#rest.clear();
    this.connection.end();
    if (this.#peerEnded) this.connection.close();
    this.#watch.set(LINGER_TIMEOUT_MS);
  }
}
