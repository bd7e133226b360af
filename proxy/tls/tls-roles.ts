/** The two ways to a TLS connection: from a client, to a server. */
import type { ClientHello } from '../tls-hello/client-hello.ts';
import type { SavedSessions } from './saved-sessions.ts';
import type { TlsConnection } from './tls-connection.ts';
import type { TlsContext } from './tls-context.ts';
import type { TlsFailure } from './tls-failure.ts';

/** Who takes TLS connections of clients. */
export interface TlsAcceptor {
  /** From the connection to the end of the handshake. */
  readonly handshakeTimeoutMs: number;
  /** What a client gets that asks for this; null: nothing, it is told that its name is not known. */
  choose(hello: ClientHello): TlsContext | null;
  /** The handshake is through: `tls` is there. Give the connection its handler before returning. */
  secured(connection: TlsConnection): void;
  /** What a client is answered whose first bytes, [start, end), are no TLS; null: nothing. */
  plain(bytes: Buffer, start: number, end: number): Buffer | null;
  /** There will be no connection; it is being closed, and nothing more is told of it. */
  failed(connection: TlsConnection, failure: TlsFailure): void;
}

/** A connection to a server. */
export interface TlsTarget {
  readonly context: TlsContext;
  /** Named to the server; null: none, as it has no name but an address. */
  readonly serverName: string | null;
  /** A name or an address that its certificate has to be for; null: whatever the context verifies. */
  readonly expectedName: string | null;
  /** From the established TCP connection to the end of the handshake. */
  readonly handshakeTimeoutMs: number;
  /** Of that server, under that context; null: every handshake is a full one. */
  readonly sessions: SavedSessions | null;
}
