/** The net engine with TLS on every connection, and peers of node:tls that play the other end. */
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import type { Peers } from '../io/engine.case.ts';
import type {
  Composer,
  Connection,
  ConnectionHandler,
  Destination,
  IoEngine,
  Listener,
  ListenerHandler,
} from '../io/engine.ts';
import { IGNORING } from '../io/ignoring.ts';
import { RawOrigin, RawPeer } from '../raw-peers.fixture.ts';
import { AUTHORITY, EDGE } from './certificates.fixture.ts';
import { TlsConnection } from './tls-connection.ts';
import { type ClientTlsOptions, type ServerTlsOptions, TlsContext } from './tls-context.ts';
import type { TlsFailure } from './tls-failure.ts';
import type { TlsAcceptor } from './tls-roles.ts';

/** What most tests want of a listener. */
export const SERVER_OPTIONS: ServerTlsOptions = {
  certificates: [EDGE],
  minVersion: '1.2',
  ciphers: null,
  ciphersuites: null,
  alpn: [],
  clientCertificates: null,
  sessionContext: 'test',
  tickets: null,
};

/** What most tests want towards a server. */
export const CLIENT_OPTIONS: ClientTlsOptions = {
  minVersion: '1.2',
  ciphers: null,
  ciphersuites: null,
  alpn: [],
  authorities: AUTHORITY,
  certificate: null,
};

/** Times for a handshake in tests. */
export const HANDSHAKE_TIMEOUT_MS = 5000;

/** Another engine with TLS on every connection: those of clients come when their handshakes are through. */
export class TlsEngine implements IoEngine {
  readonly name: IoEngine['name'];
  readonly deadlines: IoEngine['deadlines'];
  readonly clock: IoEngine['clock'];
  readonly datagrams: IoEngine['datagrams'];
  readonly failures: TlsFailure[] = [];
  readonly #under: IoEngine;
  readonly #server: TlsContext;
  readonly #client: TlsContext;

  constructor(under: IoEngine, server: TlsContext, client: TlsContext) {
    this.name = under.name;
    this.deadlines = under.deadlines;
    this.clock = under.clock;
    this.datagrams = under.datagrams;
    this.#under = under;
    this.#server = server;
    this.#client = client;
  }

  listen(fd: number, handler: ListenerHandler): Listener {
    const acceptor: TlsAcceptor = {
      handshakeTimeoutMs: HANDSHAKE_TIMEOUT_MS,
      choose: () => this.#server,
      plain: () => null,
      secured: (connection) => handler.onConnection(connection),
      failed: (_, failure) => this.failures.push(failure),
    };
    return this.#under.listen(fd, {
      onConnection: (inner) => TlsConnection.accept(this.#under, inner, acceptor),
      onError: (code) => handler.onError(code),
    });
  }

  connect(destination: Destination, handler: ConnectionHandler): Connection {
    const target = {
      context: this.#client,
      serverName: 'edge.test',
      expectedName: 'edge.test',
      sessions: null,
      handshakeTimeoutMs: HANDSHAKE_TIMEOUT_MS,
    };
    const inner = this.#under.connect(destination, IGNORING);
    return TlsConnection.connect(this.#under, inner, target, handler);
  }

  close(): void {
    this.#under.close();
  }

  outgoing(size: number): Buffer {
    return this.#under.outgoing(size);
  }

  compose(size: number, composer: Composer): Buffer {
    return this.#under.compose(size, composer);
  }

  flushComposer(): void {
    this.#under.flushComposer();
  }

  allocate(size: number): Buffer {
    return this.#under.allocate(size);
  }
}

/** Peers of node:tls that can do what raw ones can. */
export function tlsPeers(options: tls.ConnectionOptions): Peers {
  return {
    async connect(port) {
      const raw = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
      await once(raw, 'connect');
      const socket = tls.connect({ ...options, socket: raw, allowHalfOpen: true } as TlsOptions);
      const peer = new RawPeer(resettable(socket, raw));
      await once(socket, 'secureConnect');
      return peer;
    },
    listen: () => RawOrigin.on(tlsServer(options), 'secureConnection'),
  };
}

/** node:tls knows the option, its types do not. */
type TlsOptions = tls.ConnectionOptions & { readonly allowHalfOpen: boolean };

function tlsServer({ minVersion, maxVersion }: tls.ConnectionOptions): net.Server {
  const { chain: cert, key } = EDGE;
  return tls.createServer({ cert, key, minVersion, maxVersion, allowHalfOpen: true });
}

function resettable(socket: tls.TLSSocket, raw: net.Socket): net.Socket {
  return Object.assign(socket, { resetAndDestroy: () => raw.resetAndDestroy() });
}

/** Contexts of a listener and towards a server, with some things as the test wants them. */
export function contexts(
  server: Partial<ServerTlsOptions> = {},
  client: Partial<ClientTlsOptions> = {},
): { readonly server: TlsContext; readonly client: TlsContext } {
  return {
    server: TlsContext.server({ ...SERVER_OPTIONS, ...server }),
    client: TlsContext.client({ ...CLIENT_OPTIONS, ...client }),
  };
}
