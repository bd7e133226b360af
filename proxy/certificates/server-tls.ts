import { isIP } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import type { ServerConfig, UpstreamConfig } from '../../src/config/proxy-config.ts';
import type { UpstreamTlsConfig } from '../../src/config/tls-config.ts';
import type { Connection, ConnectionHandler, IoEngine } from '../io/engine.ts';
import { IGNORING } from '../io/ignoring.ts';
import { NoConnection } from '../io/no-connection.ts';
import { SavedSessions } from '../tls/saved-sessions.ts';
import { TlsConnection } from '../tls/tls-connection.ts';
import type { TlsContext } from '../tls/tls-context.ts';
import type { TlsTarget } from '../tls/tls-roles.ts';
import { SAVED_SESSIONS_MAX } from './limits.ts';

type Address = Pick<ServerConfig, 'host' | 'port' | 'name'>;

type TlsUpstream = Pick<UpstreamConfig, 'connectTimeoutMs'> & { readonly tls: UpstreamTlsConfig };

/** How the servers of one upstream are spoken to. */
export class ServerTls {
  readonly #config: TlsUpstream;
  /** Null: it cannot be done for want of a file, which the main thread has told. */
  #context: TlsContext | null = null;
  /** By server, the one asked for last at the end. */
  readonly #sessions = new Map<string, SavedSessions>();

  constructor(config: TlsUpstream) {
    this.#config = config;
  }

  /** Is an upstream of that config spoken to in the same way? */
  staysWith({ tls, connectTimeoutMs }: TlsUpstream): boolean {
    return isDeepStrictEqual(
      [this.#config.tls, this.#config.connectTimeoutMs],
      [tls, connectTimeoutMs],
    );
  }

  /** Connections that begin from here on are made under this. */
  use(context: TlsContext | null): void {
    if (context === this.#context) return;
    this.#context = context;
    // A session goes on without a look at the certificate, so it is not for who trusts others now.
    for (const sessions of this.#sessions.values()) sessions.dispose();
    this.#sessions.clear();
  }

  /**
   * Begins to connect; the handler hears `onConnect` when the handshake is through, else `onClose`.
   * `introduction` is sent before the handshake, as the PROXY protocol has it; null: nothing is.
   */
  connect(
    engine: IoEngine,
    server: Address,
    handler: ConnectionHandler,
    introduction: Buffer | null,
  ): Connection {
    const target = this.#target(server);
    if (target === null) return new NoConnection('tls_not_set_up', handler);
    const inner = engine.connect(server, IGNORING);
    const connection = TlsConnection.connect(engine, inner, target, handler);
    if (introduction !== null) {
      inner.handler = {
        ...IGNORING,
        onConnect() {
          inner.handler = connection;
          inner.write(introduction, 0, introduction.length);
          connection.onConnect();
        },
        onClose: (errorCode) => connection.onClose(errorCode),
      };
    }
    return connection;
  }

  #target(server: Address): TlsTarget | null {
    const context = this.#context;
    if (context === null) return null;
    const { tls, connectTimeoutMs } = this.#config;
    const expected = tls.serverName ?? server.name ?? server.host;
    return {
      context,
      // RFC 6066 3: an address is no name to ask for.
      serverName: isIP(expected) === 0 ? expected : null,
      expectedName: tls.verify ? expected : null,
      handshakeTimeoutMs: connectTimeoutMs,
      sessions: tls.sessions ? this.#sessionsOf(server) : null,
    };
  }

  #sessionsOf({ host, port, name = '' }: Address): SavedSessions {
    const key = `${host} ${port} ${name}`;
    const sessions = this.#sessions.get(key) ?? new SavedSessions();
    this.#sessions.delete(key);
    this.#sessions.set(key, sessions);
    if (this.#sessions.size > SAVED_SESSIONS_MAX) {
      const [oldest, forgotten] = this.#sessions.entries().next().value!;
      this.#sessions.delete(oldest);
      forgotten.dispose();
    }
    return sessions;
  }
}

/**
 * Begins to connect to a server, plainly when `tls` is null. Plainly nothing has been sent when the
 * handler hears `onConnect`; under TLS `introduction` has.
 */
export function connectTo(
  engine: IoEngine,
  server: Address,
  tls: ServerTls | null,
  handler: ConnectionHandler,
  introduction: Buffer | null,
): Connection {
  if (tls === null) return engine.connect(server, handler);
  return tls.connect(engine, server, handler, introduction);
}
