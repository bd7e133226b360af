/**
 * TLS over any connection of the engine's, as a connection. Above it nobody can tell the difference, but
 * for `tls`. There are two ways to one:
 *
 *     // In onConnection of a listener. `acceptor` is told of it once: `secured` or `failed`.
 *     TlsConnection.accept(engine, inner, acceptor);
 *
 *     // To an origin. The handler is told `onConnect` when the handshake is through.
 *     const inner = engine.connect(destination, IGNORING);
 *     const connection = TlsConnection.connect(engine, inner, { context, ... }, handler);
 *
 * Bytes are decrypted into the memory they came in, which is the engine's to lend on: a record's content
 * is shorter than the record. Only when a record began in an earlier read does it take memory of its own.
 *
 * No SSL object outlives its connection: it is freed by whatever ends it first, and at the latest by the
 * inner connection's `onClose`, which always comes.
 */
import { Deadline } from '../io/deadline-queue.ts';
import type { Connection, ConnectionHandler, IoEngine } from '../io/engine.ts';
import { IGNORING } from '../io/ignoring.ts';
import { Alert, alertRecord } from '../tls-hello/alert.ts';
import type { ClientHello } from '../tls-hello/client-hello.ts';
import { HelloBuffer } from '../tls-hello/hello-buffer.ts';
import { ANSWER_BACKLOG_BYTES_MAX, HANDSHAKE_BYTES_MAX, RECORD_BYTES_MAX } from './limits.ts';
import { OpenSslSession } from './openssl-session.ts';
import type { TlsContext } from './tls-context.ts';
import type { TlsFailure, TlsFailureCode } from './tls-failure.ts';
import type { TlsInfo } from './tls-info.ts';
import type { TlsAcceptor, TlsTarget } from './tls-roles.ts';
import { sendWire } from './wire.ts';

/** One connection with TLS. */
export class TlsConnection implements Connection, ConnectionHandler {
  handler: ConnectionHandler;
  /** Each write is a record of its own, and encrypted elsewhere anyway. */
  readonly gathers = false;
  tls: TlsInfo | null = null;
  /** Its composer is flushed before a session writes: all share a wire, and it may have TLS, too. */
  readonly #engine: IoEngine;
  readonly inner: Connection;
  /** Null on the way to a server, and when the handshake is through. */
  #acceptor: TlsAcceptor | null;
  /** Null for a client's connection. */
  readonly #target: TlsTarget | null;
  readonly #deadline: Deadline;
  /** A client's first bytes; null once they are read. */
  #hello: HelloBuffer | null = null;
  #session: OpenSslSession | null = null;
  #serverName: string | null = null;
  #handshakeBytes = 0;
  #failure: TlsFailure | null = null;
  #paused = false;
  /** `end` was called. */
  #ended = false;
  /** The handler knows that the peer has sent all. */
  #endTold = false;
  /** Closed, reset or failed: nobody is told of anything but the end. */
  #over = false;
  /** The inner connection has ended, which the handler may have to hear later. */
  innerEnded = false;
  /** Plaintext that came after `pause`. */
  #held: Buffer | null = null;

  /** A connection that a client has opened. */
  static accept(engine: IoEngine, inner: Connection, acceptor: TlsAcceptor): TlsConnection {
    const connection = new TlsConnection(engine, inner, IGNORING, acceptor, null);
    connection.#hello = new HelloBuffer();
    connection.#deadline.set(acceptor.handshakeTimeoutMs);
    return connection;
  }

  /** A connection that `inner` begins to establish. */
  static connect(
    engine: IoEngine,
    inner: Connection,
    target: TlsTarget,
    handler: ConnectionHandler,
  ): TlsConnection {
    return new TlsConnection(engine, inner, handler, null, target);
  }

  private constructor(
    engine: IoEngine,
    inner: Connection,
    handler: ConnectionHandler,
    acceptor: TlsAcceptor | null,
    target: TlsTarget | null,
  ) {
    this.handler = handler;
    this.#engine = engine;
    this.inner = inner;
    this.#acceptor = acceptor;
    this.#target = target;
    this.#deadline = new Deadline(engine.deadlines, () => this.#fail('tls_timeout'));
    inner.handler = this;
  }

  get remoteAddress(): string {
    return this.inner.remoteAddress;
  }

  get remotePort(): number {
    return this.inner.remotePort;
  }

  get localAddress(): string {
    return this.inner.localAddress;
  }

  get localPort(): number {
    return this.inner.localPort;
  }

  /** Why there is none, or no more; null: it is not over, or was ended in order. */
  get failure(): TlsFailure | null {
    return this.#failure;
  }

  get unsentBytes(): number {
    return this.inner.unsentBytes;
  }

  get acknowledgedBytes(): number {
    return this.inner.acknowledgedBytes;
  }

  write(bytes: Buffer, start: number, end: number): boolean {
    this.#engine.flushComposer();
    const session = this.#session;
    if (this.#over || this.#ended || session === null) return true;
    session.write(bytes, start, end);
    const room = this.#flush(session);
    // Not now: nobody is called from within a call.
    if (session.failure !== null) this.#breakOff(session.failure);
    return room;
  }

  pause(): void {
    this.#paused = true;
    if (this.tls !== null) this.inner.pause();
  }

  resume(): void {
    this.#paused = false;
    if (this.#held !== null) queueMicrotask(() => this.#deliverHeld());
    else if (this.tls !== null) this.inner.resume();
  }

  end(): void {
    if (this.#over || this.#ended) return;
    this.#ended = true;
    if (this.tls !== null) this.#sendEnd();
  }

  close(): void {
    if (this.#over) return;
    this.#sayGoodbye();
    this.#stop();
    this.inner.close();
  }

  reset(): void {
    this.#stop();
    this.inner.reset();
  }

  probe(idleMs: number): void {
    this.inner.probe(idleMs);
  }

  /** The inner connection is established; only those to servers hear this. */
  onConnect(): void {
    if (this.#over || this.#target === null) return;
    this.#engine.flushComposer();
    const { context, serverName, expectedName, handshakeTimeoutMs, sessions } = this.#target;
    this.#deadline.set(handshakeTimeoutMs);
    const session = this.#begin(context, 'client');
    if (session === null) return;
    this.#serverName = serverName;
    if (serverName !== null) session.askFor(serverName);
    if (expectedName !== null) session.expectName(expectedName);
    if (sessions !== null) sessions.resume(session, expectedName !== null);
    session.handshake();
    this.#flush(session);
    if (session.failure !== null) this.#fail(session.failure.code, session.failure.detail);
  }

  onData(bytes: Buffer, start: number, end: number): void {
    this.#engine.flushComposer();
    if (this.#over) return;
    if (this.#hello !== null) {
      this.#readHello(this.#hello, bytes, start, end);
      return;
    }
    const session = this.#session;
    if (session === null || session.peerClosed) return;
    session.receive(bytes, start, end);
    if (this.tls === null) this.#shakeHands(session, bytes, start, end);
    else this.#read(session, bytes, start, end);
  }

  onEnd(): void {
    if (this.#over || this.#endTold) return;
    this.innerEnded = true;
    if (this.#held !== null) return;
    if (this.tls === null) this.#fail('tls_left');
    else if (this.#target !== null) this.#fail('tls_truncated');
    // Most clients just close; a request that is cut off shows by its framing.
    else this.#tellEnd();
  }

  onDrain(): void {
    if (!this.#over && this.tls !== null) this.handler.onDrain();
  }

  onClose(errorCode: string | null): void {
    const began = this.tls !== null || this.#over;
    this.#stop();
    if (!began) this.#acceptor?.failed(this, { code: 'tls_left', detail: errorCode ?? '' });
    this.handler.onClose(this.#failure?.code ?? errorCode);
  }

  /** Collects the ClientHello, and begins once it is there. */
  #readHello(hello: HelloBuffer, bytes: Buffer, start: number, end: number): void {
    const reading = hello.take(bytes, start, end);
    if (reading.kind === 'incomplete') return;
    this.#hello = null;
    if (reading.kind === 'not_tls') this.#answerPlainly(hello, bytes, start, end);
    else if (reading.kind === 'malformed') this.#refuse(Alert.decodeError, reading.reason);
    else this.#answerHello(hello, reading, bytes, start, end);
  }

  #answerPlainly(hello: HelloBuffer, bytes: Buffer, start: number, end: number): void {
    const own = hello.bytes !== null;
    const answer = own
      ? this.#acceptor?.plain(hello.bytes!, 0, hello.length)
      : this.#acceptor?.plain(bytes, start, end);
    if (answer != null) this.inner.write(answer, 0, answer.length);
    this.#fail('tls_expected');
  }

  #answerHello(
    hello: HelloBuffer,
    reading: ClientHello,
    bytes: Buffer,
    start: number,
    end: number,
  ): void {
    const context = this.#acceptor?.choose(reading) ?? null;
    if (this.#over) return;
    if (context === null) {
      this.#refuse(Alert.unrecognizedName, reading.serverName ?? '');
      return;
    }
    this.#serverName = reading.serverName;
    const session = this.#begin(context, 'server');
    if (session === null) return;
    const all = hello.bytes ?? bytes;
    const from = hello.bytes === null ? start : 0;
    const to = hello.bytes === null ? end : hello.length;
    session.receive(all, from, to);
    this.#shakeHands(session, all, from, to);
  }

  #begin(context: TlsContext, role: 'server' | 'client'): OpenSslSession | null {
    try {
      this.#session = new OpenSslSession(context, role);
    } catch (error) {
      this.#fail('tls_internal', (error as Error).message);
    }
    return this.#session;
  }

  #shakeHands(session: OpenSslSession, bytes: Buffer, start: number, end: number): void {
    session.handshake();
    this.#handshakeBytes += end - start;
    if (session.established) {
      this.#read(session, bytes, start, end);
      return;
    }
    this.#flush(session);
    if (session.failure !== null) this.#fail(session.failure.code, session.failure.detail);
    // It says that nothing more will come, and may still hold the connection open.
    else if (session.peerClosed) this.#fail('tls_left', 'close_notify');
    else if (this.#handshakeBytes > HANDSHAKE_BYTES_MAX) this.#fail('tls_too_long');
  }

  /** Decrypts what the session has received, which came as bytes [start, end), and hands it on. */
  #read(session: OpenSslSession, bytes: Buffer, start: number, end: number): void {
    const own = session.carries;
    const into = own ? this.#engine.allocate(end - start + RECORD_BYTES_MAX) : bytes;
    const from = own ? 0 : start;
    const to = session.read(into, from, own ? into.length : end);
    if (session.hasOutput) this.#answer(session);
    if (this.tls === null) this.#tellSecured(session);
    if (to > from) this.#deliver(into, from, to);
    if (this.#over) return;
    if (session.failure !== null) this.#fail(session.failure.code, session.failure.detail);
    else if (session.peerClosed && this.#held === null) this.#tellEnd();
  }

  /** What OpenSSL itself has to say: tickets, new keys. */
  #answer(session: OpenSslSession): void {
    this.#flush(session);
    if (this.inner.unsentBytes <= ANSWER_BACKLOG_BYTES_MAX) return;
    session.failure ??= { code: 'tls_too_long', detail: 'answers are not taken' };
  }

  #tellSecured(session: OpenSslSession): void {
    this.#deadline.clear();
    this.tls = session.info(this.#serverName);
    if (this.#paused) this.inner.pause();
    if (this.#acceptor === null) this.handler.onConnect();
    else this.#acceptor.secured(this);
    // It is of the config of that moment, which nobody should keep for as long as the connection lives.
    this.#acceptor = null;
    if (this.#ended && !this.#over) this.#sendEnd();
  }

  #deliver(bytes: Buffer, start: number, end: number): void {
    if (this.#over) return;
    if (!this.#paused) this.handler.onData(bytes, start, end);
    else this.#held = Buffer.concat([this.#held ?? EMPTY, bytes.subarray(start, end)]);
  }

  /** In a turn of its own, some time after `resume`. */
  #deliverHeld(): void {
    const held = this.#held;
    if (held === null || this.#over || this.#paused) return;
    this.#held = null;
    this.handler.onData(held, 0, held.length);
    if (this.#over) return;
    if (this.#session?.peerClosed === true) this.#tellEnd();
    else if (this.innerEnded) this.onEnd();
    if (!this.#paused) this.inner.resume();
  }

  #tellEnd(): void {
    if (this.#endTold) return;
    this.#endTold = true;
    // Both have said goodbye: nothing can come any more, and some peers leave it to us to close.
    if (this.#ended) this.inner.close();
    this.handler.onEnd();
  }

  #sendEnd(): void {
    this.#sayGoodbye();
    if (this.#endTold) this.inner.close();
    else this.inner.end();
  }

  #sayGoodbye(): void {
    this.#engine.flushComposer();
    const session = this.#session;
    if (session === null || this.tls === null) return;
    session.close();
    this.#flush(session);
  }

  /** Hands what the session has for the wire to the inner connection. */
  #flush(session: OpenSslSession): boolean {
    return sendWire(this.#engine, session, this.inner);
  }

  /** Says why to a client that nobody has begun to answer. */
  #refuse(alert: Alert, detail: string): void {
    const record = alertRecord(alert);
    this.inner.write(record, 0, record.length);
    this.#fail(alert === Alert.decodeError ? 'tls_malformed' : 'tls_unknown_name', detail);
  }

  #fail(code: TlsFailureCode, detail = ''): void {
    if (this.#over) return;
    const early = this.tls === null;
    const failure = { code, detail };
    this.#breakOff(failure);
    if (early) this.#acceptor?.failed(this, failure);
  }

  /** `onClose` will say why. */
  #breakOff(failure: TlsFailure): void {
    this.#failure = failure;
    this.#stop();
    this.inner.close();
  }

  #stop(): void {
    this.#over = true;
    this.#deadline.clear();
    this.#held = null;
    const session = this.#session;
    if (session === null) return;
    if (this.tls !== null && this.#failure === null) this.#target?.sessions?.keep(session);
    session.free();
    this.#session = null;
  }
}

const EMPTY = Buffer.alloc(0);
