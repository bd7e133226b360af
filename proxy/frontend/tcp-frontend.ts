import type { TcpLimits, TcpListenerConfig } from '../../src/config/proxy-config.ts';
import { sessionObserverOf } from '../access-log/observer-of.ts';
import { type ClientVisitor, showArrivals, showClients } from '../draining/client.ts';
import type { Connection, IoEngine, ListenerHandler } from '../io/engine.ts';
import type { ListenerCells } from '../shared/worker-cells.ts';
import type { TcpContext } from '../tcp/tcp-context.ts';
import { TcpSession } from '../tcp/tcp-session.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { AcceptGate } from './accept-gate.ts';
import { ConnectionSet } from './connection-set.ts';
import { Door, type Entrance, leadTo } from './door.ts';
import type { FailureLog } from './failure-log.ts';
import { type Frontend, type FrontendParts, upstreamOf } from './frontend.ts';
import { ProxyArrivals } from './proxy-arrivals.ts';
import { TlsArrivals } from './tls-arrivals.ts';
import { TlsHandshakes } from './tls-handshakes.ts';

/**
 * A listener that passes bytes on as they are:
 *
 *   accept -> PROXY header (accept_proxy) -> ClientHello (routes) or handshake (tls) -> session
 */
export class TcpFrontend implements Frontend, ListenerHandler, TcpContext {
  readonly engine: IoEngine;
  readonly limits: TcpLimits;
  readonly counters: ListenerCells;
  readonly failures: FailureLog;
  readonly observer: TcpContext['observer'];
  readonly #sessions: ConnectionSet<TcpSession>;
  readonly #gate: AcceptGate;
  /** Null where connections begin with the client's own bytes. */
  readonly #proxied: ProxyArrivals | null;
  /** Null where all connections go to one upstream. */
  readonly #routed: TlsArrivals | null;
  readonly #upstream: Upstream | null;
  /** Null where bytes are passed on as they come. */
  readonly #handshakes: TlsHandshakes | null;

  /** Throws RangeError when an upstream is not there. */
  constructor(config: TcpListenerConfig, parts: FrontendParts) {
    this.engine = parts.engine;
    this.limits = config.limits;
    this.counters = parts.counters;
    this.#sessions = new ConnectionSet(parts.engine.deadlines);
    this.failures = parts.failures;
    this.observer = sessionObserverOf(config, parts);
    this.#gate = new AcceptGate(config, parts);
    this.#upstream = config.upstream === null ? null : upstreamOf(parts.upstreams, config.upstream);
    const serve = (connection: Connection, upstream: Upstream) => this.#begin(connection, upstream);
    const refused = (connection: Connection) => this.#closed(connection);
    this.#routed =
      config.routes.length === 0 ? null : new TlsArrivals(config, { ...parts, serve, refused });
    this.#handshakes = TlsHandshakes.of(config, parts, {
      opened: (connection) => this.#gate.opened(connection, connection),
      serve: (connection) => this.#begin(connection, this.#upstream!),
      refused,
      plain: () => null,
    });
    this.#proxied = ProxyArrivals.of(config, parts, (connection) => this.#serve(connection));
  }

  get connections(): number {
    const early = (this.#proxied?.size ?? 0) + (this.#routed?.size ?? 0);
    return this.#sessions.size + early + (this.#handshakes?.size ?? 0);
  }

  open(fd: number): Entrance {
    return new Door(this.engine, fd, this);
  }

  adopt(entrance: Entrance): void {
    leadTo(entrance, this);
  }

  /** Sessions have no moment between two requests: each goes on to its own end. */
  succeed(): void {}

  get heir(): null {
    return null;
  }

  onConnection(connection: Connection): void {
    if (!this.#gate.admit(connection)) return;
    if (this.#proxied !== null) this.#proxied.receive(connection);
    else this.#serve(connection);
  }

  onError(errorCode: string): void {
    this.#gate.failed(errorCode);
  }

  forget(session: TcpSession, client: Connection): void {
    if (this.#sessions.delete(session)) this.#closed(client);
  }

  *visit(visitor: ClientVisitor): Generator<void> {
    for (const early of [this.#proxied, this.#routed, this.#handshakes]) {
      if (early !== null) yield* showArrivals(visitor, 'tcp', early.arrivals());
    }
    yield* showClients(visitor, this.#sessions.entries());
  }

  drain(): void {
    this.#sessions.drain();
  }

  cut(): number {
    const early = (this.#proxied?.cut() ?? 0) + (this.#routed?.cut() ?? 0);
    return early + (this.#handshakes?.cut() ?? 0) + this.#sessions.cut();
  }

  /** The client is known; where it goes may still depend on what it says. */
  #serve(connection: Connection): void {
    if (this.#handshakes !== null) {
      this.#handshakes.receive(connection);
      return;
    }
    if (!this.#gate.opened(connection, connection)) return;
    if (this.#routed !== null) this.#routed.receive(connection);
    else this.#begin(connection, this.#upstream!);
  }

  #begin(connection: Connection, upstream: Upstream): void {
    const session = new TcpSession(this, upstream, connection);
    this.#sessions.add(session);
    session.start();
  }

  #closed(client: Connection): void {
    this.counters.connectionClosed();
    this.#gate.closed(client);
  }
}
