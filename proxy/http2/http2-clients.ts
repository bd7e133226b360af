import { isDeepStrictEqual } from 'node:util';
import type { HttpListenerConfig } from '../../src/config/proxy-config.ts';
import type { Arrival, Client } from '../draining/client.ts';
import { ConnectionSet } from '../frontend/connection-set.ts';
import type { HttpContext } from '../http1/http-context.ts';
import type { IdentityRules } from '../http1/identity-rules.ts';
import type { Connection, ConnectionHandler } from '../io/engine.ts';
import { AbusiveSources } from './abusive-sources.ts';
import { type PrefaceOwner, PrefaceReceiver } from './preface-receiver.ts';
import { Setting } from './protocol.ts';
import { RequestText } from './request-text.ts';
import { ServerSession } from './server-session.ts';
import type { SessionParts } from './session-parts.ts';
import { settingsFrame } from './write-frames.ts';

/** Serves a connection whose client's protocol is known. */
type Serve = (connection: Connection, http2: boolean) => void;

/** The part of an HTTP listener that speaks HTTP/2. */
export class Http2Clients implements PrefaceOwner {
  readonly #parts: SessionParts;
  readonly #serve: Serve;
  readonly #waiting: ConnectionSet<PrefaceReceiver>;

  /** That of a listener; null: it speaks HTTP/1 only. */
  static of(config: HttpListenerConfig, context: HttpContext, serve: Serve): Http2Clients | null {
    const { http2 = null } = config;
    return http2 === null ? null : new Http2Clients({ ...config, http2 }, context, serve);
  }

  private constructor(
    listener: HttpListenerConfig & { readonly http2: SessionParts['config'] },
    context: HttpContext,
    serve: Serve,
  ) {
    const { http2: config, limits, name } = listener;
    this.#serve = serve;
    this.#waiting = new ConnectionSet(context.engine.deadlines);
    this.#parts = {
      context,
      config,
      name,
      sources: new AbusiveSources(),
      heir: null,
      identityRules: overHttp2(context.identityRules),
      text: new RequestText(limits.requestLineMax, limits.headBytesMax),
      settings: settingsFrame([
        [Setting.maxConcurrentStreams, config.streamsMax],
        [Setting.initialWindowSize, config.streamWindowBytes],
        [Setting.maxHeaderListSize, limits.headBytesMax],
        [Setting.noRfc7540Priorities, 1],
      ]),
    };
  }

  /** How many have not said yet what they speak. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Serves a connection without TLS by what its client speaks, now or when that is known. */
  receive(connection: Connection): void {
    const { config, context } = this.#parts;
    if (config.cleartext) {
      const { keepAliveTimeoutMs } = context.limits;
      this.#waiting.add(new PrefaceReceiver(context.engine, connection, keepAliveTimeoutMs, this));
    } else {
      this.#serve(connection, false);
    }
  }

  /** Who serves a client of HTTP/2. */
  session(connection: Connection): ConnectionHandler & Client {
    return new ServerSession(this.#parts, connection);
  }

  /**
   * Sessions go on with `heir` after a reload, or come to an end: null, or where a client has been told
   * other settings.
   */
  succeed(heir: Http2Clients | null): void {
    const parts = this.#parts;
    const next = heir === null ? null : heir.#parts;
    const goesOn =
      next !== null &&
      isDeepStrictEqual(next.config, parts.config) &&
      next.settings.equals(parts.settings);
    parts.heir = goesOn ? next : null;
    if (next !== null) next.sources = parts.sources;
  }

  spoke(receiver: PrefaceReceiver, connection: Connection, http2: boolean): void {
    this.#waiting.delete(receiver);
    this.#serve(connection, http2);
  }

  silent(receiver: PrefaceReceiver): void {
    if (this.#waiting.delete(receiver)) this.#parts.context.counters.connectionClosed();
  }

  /** Those that have not said yet what they speak. */
  arrivals(): Iterable<Arrival> {
    return this.#waiting.members();
  }

  /** Ends those that still wait; returns how many there were. */
  cut(): number {
    return this.#waiting.cut();
  }
}

/** The same rules, for requests that came over HTTP/2. */
function overHttp2(rules: IdentityRules): IdentityRules {
  const line = rules.via[2];
  return { ...rules, http2: true, via: [line, line, line] };
}
