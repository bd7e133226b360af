import { connectTo } from '../certificates/server-tls.ts';
import type { Client, Departure } from '../draining/client.ts';
import { Deadline } from '../io/deadline-queue.ts';
import type { Connection, ConnectionHandler } from '../io/engine.ts';
import { IGNORING } from '../io/ignoring.ts';
import { shortage } from '../io/shortage.ts';
import { CONNECT_TRIES_MAX, EARLY_READS_MAX, ENDED_CLIENT_CONNECT_MS } from '../limits.ts';
import { proxyHeaderOf } from '../proxy-protocol/sent-header.ts';
import { keyOfText } from '../selection/key-hash.ts';
import { NO_KEY } from '../selection/policy.ts';
import { ListenerCounter, ServerCounter } from '../shared/layout.ts';
import { serverTlsFailure } from '../tls/server-failure.ts';
import type { Server } from '../upstream/server.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { SessionEnd, SessionRecord } from './session-record.ts';
import { Splice, type SpliceEnd, type SpliceOwner } from './splice.ts';
import type { TcpContext } from './tcp-context.ts';

const FAILURE_COUNTERS = {
  connect_failed: ServerCounter.connectFailures,
  connect_timeout: ServerCounter.connectTimeouts,
  server_certificate_refused: ServerCounter.tlsFailures,
  server_tls_failed: ServerCounter.tlsFailures,
} as const;

/**
 * One TCP client: select, connect, splice. Nothing is sent to a server before it has accepted, so
 * trying another one is always safe; what the client sends earlier is kept, within a bound.
 */
export class TcpSession implements Client, ConnectionHandler, SpliceOwner {
  readonly kind = 'tcp';
  readonly #context: TcpContext;
  readonly #upstream: Upstream;
  readonly #client: Connection;
  readonly #deadline: Deadline;
  /** Of the whole session; null where it may live for ever. */
  readonly #lifetime: Deadline | null;
  readonly #tried: Server[] = [];
  readonly #record: SessionRecord | null;
  /** As the record will say. */
  #end: SessionEnd = 'no_server';
  #server: Server | null = null;
  #origin: Connection | null = null;
  #splice: Splice | null = null;
  readonly #early: Buffer[] = [];
  #clientEnded = false;
  #over = false;
  /** What a hash policy chooses by. */
  #key = NO_KEY;
  /** When connecting began. */
  #startedAt = 0;

  constructor(context: TcpContext, upstream: Upstream, client: Connection) {
    this.#context = context;
    this.#upstream = upstream;
    this.#client = client;
    this.#record = context.observer?.begin(client, upstream.name) ?? null;
    this.#deadline = new Deadline(context.engine.deadlines, () => {
      if (this.#clientSilent) this.#giveUp('client_reset');
      else this.#failed('connect_timeout', null);
    });
    const { sessionMaxMs } = context.limits;
    this.#lifetime =
      sessionMaxMs === null ? null : new Deadline(context.engine.deadlines, () => this.#expired());
  }

  get connection(): Connection {
    return this.#client;
  }

  /** It goes on as it began: there is no next request. */
  follow(): void {}

  /** Begins to connect. */
  start(): void {
    this.#lifetime?.set(this.#context.limits.sessionMaxMs!);
    // There is nothing else to tell sessions apart by.
    if (this.#upstream.keyOf !== null) this.#key = keyOfText(this.#client.remoteAddress);
    this.#client.handler = {
      ...IGNORING,
      onData: (bytes, start, end) => this.#keep(bytes, start, end),
      onEnd: () => {
        this.#clientEnded = true;
        if (this.#clientSilent) this.#await();
      },
      onClose: () => this.#giveUp('client_reset'),
    };
    this.#select();
  }

  onConnect(): void {
    const { engine, limits } = this.#context;
    this.#deadline.clear();
    this.#server!.count(ServerCounter.connections);
    const connectMs = performance.now() - this.#startedAt;
    this.#server!.times.connect.observe(connectMs);
    this.#record?.connected(this.#server!);
    this.#server!.answered(0, this.#upstream.timed ? connectMs : 0);
    this.#introduce();
    const idleTimeoutMs = limits.idleTimeoutMs ?? this.#upstream.config.idleTimeoutMs;
    const splice = new Splice(engine, this.#client, this.#origin!, idleTimeoutMs, this);
    this.#splice = splice;
    this.#client.resume();
    for (const bytes of this.#early.splice(0)) splice.fromClient(bytes, 0, bytes.length);
    if (this.#clientEnded) splice.clientEnded();
  }

  onData(): void {}

  onEnd(): void {}

  onDrain(): void {}

  /** It never was established: afterwards the splice has the connection. */
  onClose(errno: string | null): void {
    if (errno === null || shortage(errno) === undefined) {
      const secured = serverTlsFailure(this.#origin, errno);
      if (secured === null) this.#failed('connect_failed', errno);
      else this.#failed(secured.code, secured.reason);
      return;
    }
    this.#context.failures.note('no_resources', this.#upstream.name, errno);
    this.#record?.failed('no_resources');
    this.#giveUp('no_server');
  }

  moved(fromClient: number, fromServer: number): void {
    const { counters } = this.#context;
    const server = this.#server!;
    this.#record?.moved(fromClient, fromServer);
    counters.count(ListenerCounter.bytesIn, fromClient);
    counters.count(ListenerCounter.bytesOut, fromServer);
    server.count(ServerCounter.bytesOut, fromClient);
    server.count(ServerCounter.bytesIn, fromServer);
  }

  ended(how: SpliceEnd): void {
    this.#end = how;
    if (how === 'server_reset') this.#server!.count(ServerCounter.resets);
    if (how === 'idle') this.#server!.count(ServerCounter.idleTimeouts);
    this.#finish();
  }

  /** A session in progress is only over when its ends say so. */
  drain(): void {}

  depart(departure: Departure): void {
    this.#splice?.depart(departure);
  }

  cut(): void {
    if (this.#splice !== null) this.#splice.cut();
    else this.#giveUp('cut');
  }

  #select(): void {
    const { engine } = this.#context;
    const upstream = this.#upstream;
    const server =
      this.#tried.length < CONNECT_TRIES_MAX ? upstream.pick(this.#tried, this.#key) : null;
    if (server === null) {
      this.#context.failures.note('no_server', upstream.name);
      if (this.#tried.length === 0) this.#record?.failed('no_server');
      this.#giveUp('no_server');
      return;
    }
    server.begin();
    if (this.#tried.length > 0) server.count(ServerCounter.retries);
    this.#server = server;
    this.#record?.attempted(server);
    this.#await();
    this.#startedAt = performance.now();
    const introduction = this.#introduction();
    this.#origin = connectTo(engine, server, upstream.tls, this, introduction);
  }

  /** What a server is told first that wants to know whom it serves. */
  #introduction(): Buffer | null {
    const { sendProxy } = this.#upstream.config;
    return sendProxy === null ? null : proxyHeaderOf(sendProxy, this.#client);
  }

  /** Under TLS that has gone before the handshake. */
  #introduce(): void {
    const header = this.#introduction();
    if (header === null) return;
    if (this.#upstream.tls === null) this.#origin!.write(header, 0, header.length);
    this.#server!.count(ServerCounter.bytesOut, header.length);
  }

  #expired(): void {
    this.#context.counters.count(ListenerCounter.expired);
    this.cut();
  }

  /** The client has ended without a word: it has closed, or it only wants to listen. */
  get #clientSilent(): boolean {
    return this.#clientEnded && this.#early.length === 0;
  }

  /** Begins the time that connecting may take. */
  #await(): void {
    const { connectTimeoutMs } = this.#upstream.config;
    const silent = this.#clientSilent;
    this.#deadline.set(
      silent ? Math.min(connectTimeoutMs, ENDED_CLIENT_CONNECT_MS) : connectTimeoutMs,
    );
  }

  /** Bytes for the server that is not there yet. */
  #keep(bytes: Buffer, start: number, end: number): void {
    const kept = this.#context.engine.allocate(end - start);
    bytes.copy(kept, 0, start, end);
    this.#early.push(kept);
    if (this.#early.length >= EARLY_READS_MAX) this.#client.pause();
  }

  /** This server could not be reached; the next one, if there is one. */
  #failed(code: keyof typeof FAILURE_COUNTERS, errno: string | null): void {
    const server = this.#server!;
    server.count(FAILURE_COUNTERS[code]);
    server.failed(code);
    this.#record?.failed(code);
    this.#context.failures.note(code, server.label, errno);
    this.#drop();
    this.#tried.push(server);
    this.#select();
  }

  /** It comes to nothing: a TCP client learns that from a reset. */
  #giveUp(how: SessionEnd): void {
    this.#end = how;
    this.#drop();
    this.#client.handler = IGNORING;
    this.#client.reset();
    this.#finish();
  }

  #drop(): void {
    this.#deadline.clear();
    if (this.#origin !== null) {
      this.#origin.handler = IGNORING;
      this.#origin.reset();
      this.#origin = null;
    }
    this.#server?.end();
    this.#server = null;
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#lifetime?.clear();
    this.#record?.ended(this.#end);
    this.#server?.end();
    this.#server = null;
    this.#context.forget(this, this.#client);
  }
}
