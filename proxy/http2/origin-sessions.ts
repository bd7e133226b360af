import type { UpstreamConfig } from '../../src/config/proxy-config.ts';
import type { ServerTls } from '../certificates/server-tls.ts';
import type { OriginSource, OriginStream } from '../http1/origin-stream.ts';
import type { OriginUser } from '../http1/origin-user.ts';
import type { IoEngine } from '../io/engine.ts';
import type { Server } from '../upstream/server.ts';
import { type OriginParts, OriginSession } from './origin-session.ts';
import type { Http2OriginStream } from './origin-stream.ts';

/** One worker's connections to one server that speaks HTTP/2: as few as its requests fit on. */
export class OriginSessions implements OriginSource {
  readonly #parts: OriginParts;
  #sessions: OriginSession[] = [];

  constructor(engine: IoEngine, server: Server, config: UpstreamConfig, tls: ServerTls | null) {
    const forget = (session: OriginSession) => {
      this.#sessions = this.#sessions.filter((one) => one !== session);
    };
    const known = { streamsMax: Number.POSITIVE_INFINITY };
    this.#parts = { engine, server, config, tls, known, forget };
  }

  take(user: OriginUser, proxyHeader: Buffer | null): Http2OriginStream {
    return this.#sessionFor(proxyHeader).attach(user);
  }

  /** A connection that has failed takes nothing more, so any that is left will do. */
  open(user: OriginUser, proxyHeader: Buffer | null): Http2OriginStream {
    return this.take(user, proxyHeader);
  }

  release(stream: OriginStream): void {
    (stream as Http2OriginStream).finish();
  }

  clear(): void {
    for (const session of [...this.#sessions]) session.retire();
  }

  /** The first that has room, so that surplus ones grow old and go. */
  #sessionFor(proxyHeader: Buffer | null): OriginSession {
    for (const session of this.#sessions) {
      // The server takes all that comes over a connection for the client it was told of.
      if (session.open && session.proxyHeader === proxyHeader) return session;
    }
    const session = new OriginSession(this.#parts, proxyHeader);
    if (!this.#parts.server.retired) this.#sessions.push(session);
    return session;
  }
}
