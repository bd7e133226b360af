import type { UpstreamConfig } from '../../src/config/proxy-config.ts';
import type { IoEngine } from '../io/engine.ts';
import type { Server } from '../upstream/server.ts';
import { OriginConnection, type OriginOwner, type OriginUser } from './origin-connection.ts';

/** One worker's connections to one server that wait for their next request. */
export class OriginPool implements OriginOwner {
  readonly #engine: IoEngine;
  readonly #server: Server;
  readonly #config: UpstreamConfig;
  /** The one used last is used next, so that surplus ones grow old and go. */
  readonly #idle: OriginConnection[] = [];

  constructor(engine: IoEngine, server: Server, config: UpstreamConfig) {
    this.#engine = engine;
    this.#server = server;
    this.#config = config;
  }

  /** A waiting connection if there is one, else one being established. */
  take(user: OriginUser): OriginConnection {
    const origin = this.#idle.pop();
    if (origin === undefined) return this.open(user);
    origin.use(user);
    return origin;
  }

  /** A new connection, whatever waits. */
  open(user: OriginUser): OriginConnection {
    return new OriginConnection(this.#engine, this.#server, this.#config, this, user);
  }

  /** A request is through: keeps the connection for the next one, or ends it. */
  release(origin: OriginConnection): void {
    const room = this.#idle.length < this.#config.keepAliveMax && !this.#server.retired;
    if (!origin.reusable || !room) {
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
}
