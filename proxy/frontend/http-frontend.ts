import type { HttpListenerConfig } from '../../src/config/proxy-config.ts';
import { observerOf } from '../access-log/observer-of.ts';
import { type Client, type ClientVisitor, showArrivals, showClients } from '../draining/client.ts';
import type { RouteFeature } from '../features/feature.ts';
import { ClientConnection } from '../http1/client-connection.ts';
import { DateLine } from '../http1/date-line.ts';
import { Desks } from '../http1/desk.ts';
import { RequestHead } from '../http1/head.ts';
import type { HttpContext } from '../http1/http-context.ts';
import { type IdentityRules, identityRules } from '../http1/identity-rules.ts';
import { OriginPool } from '../http1/origin-pool.ts';
import type { OriginSource } from '../http1/origin-stream.ts';
import { type RequestRules, requestRules } from '../http1/request-rules.ts';
import { Http2Clients } from '../http2/http2-clients.ts';
import { OriginSessions } from '../http2/origin-sessions.ts';
import type { Connection, ConnectionHandler, IoEngine, ListenerHandler } from '../io/engine.ts';
import { refusalsOf } from '../rewriting/refusals.ts';
import { RouteTable } from '../routing/route-table.ts';
import { processNow } from '../shared/process-clock.ts';
import type { ListenerCells } from '../shared/worker-cells.ts';
import type { TlsConnection } from '../tls/tls-connection.ts';
import type { Server } from '../upstream/server.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { AcceptGate } from './accept-gate.ts';
import { ConnectionSet } from './connection-set.ts';
import { Door, type Entrance, leadTo } from './door.ts';
import type { FailureLog } from './failure-log.ts';
import { type Frontend, type FrontendParts, upstreamOf } from './frontend.ts';
import { inTurns } from './in-turns.ts';
import { plainAnswer } from './plain-answer.ts';
import { ProxyArrivals } from './proxy-arrivals.ts';
import { TlsHandshakes } from './tls-handshakes.ts';

/** A listener that speaks HTTP/1. */
export class HttpFrontend implements Frontend, ListenerHandler, HttpContext {
  readonly engine: IoEngine;
  readonly failures: FailureLog;
  readonly counters: ListenerCells;
  readonly limits: HttpListenerConfig['limits'];
  readonly rules: RequestRules;
  readonly identityRules: IdentityRules;
  readonly routes: RouteTable;
  readonly unrouted: HttpContext['unrouted'];
  readonly refusals: HttpContext['refusals'];
  readonly head: RequestHead;
  readonly observer: HttpContext['observer'];
  readonly desks = new Desks(this);
  readonly #pools: FrontendParts['pools'];
  readonly #clients: ConnectionSet<Client>;
  readonly #gate: AcceptGate;
  /** Null where connections begin with a request. */
  readonly #proxied: ProxyArrivals | null;
  /** Null where clients speak plainly. */
  readonly #handshakes: TlsHandshakes | null;
  /** Null where HTTP/1 only is spoken. */
  readonly #http2: Http2Clients | null;
  readonly #date = new DateLine();
  readonly #features: RouteFeature[] = [];
  #heir: HttpFrontend | null = null;
  /** Those that go on with the heir while requests of theirs that began here are still under way. */
  readonly #passed = new Set<Client>();

  /** Throws RangeError when a route names an upstream that is not there. */
  constructor(config: HttpListenerConfig, parts: FrontendParts) {
    this.engine = parts.engine;
    this.failures = parts.failures;
    this.counters = parts.counters;
    this.limits = config.limits;
    this.rules = requestRules(config.rules);
    this.identityRules = identityRules(config.rules, config.tls?.clientCertificates ?? null);
    this.head = new RequestHead(config.limits.headerCountMax);
    this.observer = observerOf(config, parts);
    this.#pools = parts.pools;
    this.#clients = new ConnectionSet(parts.engine.deadlines);
    this.#gate = new AcceptGate(config, parts);
    this.#handshakes = this.#handshakesOf(config, parts);
    this.#proxied = ProxyArrivals.of(config, parts, (connection) => this.#arrived(connection));
    const featureParts = { ...parts, listener: config.name, context: this };
    this.unrouted = parts.features(config, featureParts);
    this.refusals = refusalsOf(config.rewriting, config.name);
    this.#http2 = Http2Clients.of(config, this, (connection, http2) =>
      this.#speak(connection, http2),
    );
    this.routes = new RouteTable(
      config.routes.map((route) => {
        const { upstream: name } = route;
        const upstream = name === null ? null : upstreamOf(parts.upstreams, name);
        const cells = parts.routes(config.name, route.name);
        const features = parts.features(route, featureParts);
        this.#features.push(...features);
        return { config: route, upstream, features, gate: parts.limits.gate(route), cells };
      }),
    );
  }

  get connections(): number {
    const early = (this.#proxied?.size ?? 0) + (this.#handshakes?.size ?? 0);
    return this.#clients.size + early + (this.#http2?.size ?? 0) + this.#passed.size;
  }

  get draining(): boolean {
    return this.#clients.draining;
  }

  now(): number {
    return processNow();
  }

  dateLine(): Buffer {
    return this.#date.line();
  }

  poolOf(upstream: Upstream, server: Server): OriginSource {
    const known = this.#pools.get(server);
    if (known !== undefined) return known;
    const Pool = upstream.config.protocol === 'http2' ? OriginSessions : OriginPool;
    const pool = new Pool(this.engine, server, upstream.config, upstream.tls);
    // A request that was given to a server before that was taken out may come once more.
    if (!server.retired) this.#pools.set(server, pool);
    return pool;
  }

  get heir(): HttpFrontend | null {
    return this.#heir;
  }

  open(fd: number): Entrance {
    return new Door(this.engine, fd, this);
  }

  adopt(entrance: Entrance): void {
    leadTo(entrance, this);
  }

  succeed(heir: Frontend | null): void {
    if (!(heir instanceof HttpFrontend)) {
      this.#heir = null;
      this.drain();
      return;
    }
    this.#heir = heir;
    this.#http2?.succeed(heir.#http2);
    inTurns(this.#followers());
  }

  onConnection(connection: Connection): void {
    if (!this.#gate.admit(connection)) return;
    if (this.#proxied !== null) this.#proxied.receive(connection);
    else this.#arrived(connection);
  }

  onError(errorCode: string): void {
    this.#gate.failed(errorCode);
  }

  pass(client: Client, busy: boolean): void {
    const heir = this.#heir!;
    if (!this.#clients.pass(client, heir.#clients)) return;
    this.counters.connectionLeft();
    this.#gate.closed(client);
    heir.counters.connectionJoined();
    heir.#gate.inherit(client, client.connection);
    if (busy) this.#passed.add(client);
  }

  left(client: Client): void {
    this.#passed.delete(client);
  }

  forget(client: Client): void {
    if (!this.#clients.delete(client)) return;
    this.counters.connectionClosed();
    this.#gate.closed(client);
  }

  *visit(visitor: ClientVisitor): Generator<void> {
    // Somebody's handshake is under way; who has only connected is idle.
    if (this.#proxied !== null) yield* showArrivals(visitor, 'http1', this.#proxied.arrivals());
    if (this.#handshakes !== null) {
      yield* showArrivals(visitor, 'http1', this.#handshakes.arrivals());
    }
    if (this.#http2 !== null) yield* showArrivals(visitor, 'idle', this.#http2.arrivals());
    yield* showClients(visitor, this.#clients.entries());
  }

  drain(): void {
    this.#clients.drain();
  }

  cut(): number {
    for (const feature of this.#features) feature.stop?.();
    const early = (this.#proxied?.cut() ?? 0) + (this.#handshakes?.cut() ?? 0);
    return early + (this.#http2?.cut() ?? 0) + this.#clients.cut();
  }

  #handshakesOf(config: HttpListenerConfig, parts: FrontendParts): TlsHandshakes | null {
    return TlsHandshakes.of(config, parts, {
      opened: (connection) => this.#gate.opened(connection, connection),
      serve: (connection) => this.#serveSecured(connection),
      refused: (connection) => {
        this.counters.connectionClosed();
        this.#gate.closed(connection);
      },
      plain: (bytes, start, end) => plainAnswer(bytes, start, end, this.dateLine()),
    });
  }

  /** The client is known; it may have to shake hands first. */
  #arrived(connection: Connection): void {
    if (this.#handshakes !== null) this.#handshakes.receive(connection);
    else this.#serve(connection);
  }

  /** By the protocol that was agreed on: `connection.tls.alpn`. */
  #serveSecured(connection: TlsConnection): void {
    const client = this.#clientOf(connection, connection.tls?.alpn === 'h2');
    connection.handler = client;
    this.#gate.handOver(connection, client);
    this.#add(client);
  }

  /** The client speaks plainly. */
  #serve(connection: Connection): void {
    if (this.#http2 === null) this.#speak(connection, false);
    else this.#http2.receive(connection);
  }

  /** Who serves a client of HTTP/2, which is offered only where it is spoken, or of HTTP/1. */
  #clientOf(connection: Connection, http2: boolean): ConnectionHandler & Client {
    return http2 ? this.#http2!.session(connection) : new ClientConnection(this, connection);
  }

  /** What it speaks is known, too. */
  #speak(connection: Connection, http2: boolean): void {
    const client = this.#clientOf(connection, http2);
    connection.handler = client;
    if (!this.#gate.opened(client, connection)) {
      // It waits for a request already, and would be kept in memory until that is late.
      client.onClose(null);
      return;
    }
    this.#add(client);
  }

  #add(client: Client): void {
    this.#clients.add(client);
    if (this.draining) client.drain();
    else if (this.#heir !== null) client.follow();
  }

  /** Has each client follow, one with each step. */
  *#followers(): Generator<void> {
    for (const client of this.#clients.members()) {
      client.follow();
      yield;
    }
  }
}
