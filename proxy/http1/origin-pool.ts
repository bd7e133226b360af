import type { UpstreamConfig } from '../../src/config/proxy-config.ts';
import type { ServerTls } from '../certificates/server-tls.ts';
import type { IoEngine } from '../io/engine.ts';
import type { Server } from '../upstream/server.ts';
import { OriginConnection, type OriginOwner } from './origin-connection.ts';
import type { OriginSource } from './origin-stream.ts';
import type { OriginUser } from './origin-user.ts';

/** One worker's connections to one server that wait for their next request. */
export class OriginPool implements OriginOwner, OriginSource {
  readonly #engine: IoEngine;
  readonly #server: Server;
  readonly #config: UpstreamConfig;
  /** The one used last is used next, so that surplus ones grow old and go. */
  readonly #idle: OriginConnection[] = [];
  readonly #tls: ServerTls | null;

  /** `tls` null: the server is spoken to plainly. */
  constructor(
    engine: IoEngine,
    server: Server,
    config: UpstreamConfig,
    tls: ServerTls | null = null,
  ) {
    this.#tls = tls;
    this.#engine = engine;
    this.#server = server;
    this.#config = config;
  }

  take(user: OriginUser, proxyHeader: Buffer | null): OriginConnection {
    const origin = proxyHeader === null ? this.#idle.pop() : this.#introduced(proxyHeader);
    if (origin === undefined) return this.open(user, proxyHeader);
    origin.use(user);
    return origin;
  }

  open(user: OriginUser, proxyHeader: Buffer | null): OriginConnection {
    const route = { engine: this.#engine, tls: this.#tls };
    return new OriginConnection(route, this.#server, this.#config, this, user, proxyHeader);
  }

  release(origin: OriginConnection): void {
    if (!origin.reusable || !this.#roomFor(origin)) {
      origin.discard();
      return;
    }
    origin.rest();
    this.#idle.push(origin);
  }

  forget(origin: OriginConnection): void {
    const index = this.#idle.indexOf(origin);
    if (index >= 0) this.#idle.splice(index, 1);
  }

  /** Ends all that wait. */
  clear(): void {
    for (const origin of this.#idle.splice(0)) origin.discard();
  }

  /** The server takes all that comes over a connection for the client it was told of. */
  #introduced(proxyHeader: Buffer): OriginConnection | undefined {
    const index = this.#idle.findLastIndex((origin) => origin.proxyHeader === proxyHeader);
    return index < 0 ? undefined : this.#idle.splice(index, 1)[0];
  }

  #roomFor(origin: OriginConnection): boolean {
    if (this.#server.retired) return false;
    const { keepAliveMax } = this.#config;
    if (this.#idle.length < keepAliveMax) return true;
    // The oldest may belong to a client that is long gone, and no other can use it.
    if (origin.proxyHeader !== null) this.#idle[0]?.discard();
    return this.#idle.length < keepAliveMax;
  }
}
