/** A client and a server of ours, without a network: the test says in which pieces bytes arrive. */
import { IGNORING } from '../io/ignoring.ts';
import { type MemoryConnection, MemoryEngine } from '../io/memory-engine.fixture.ts';
import { Recorder } from '../io/recorder.fixture.ts';
import type { ClientHello } from '../tls-hello/client-hello.ts';
import { TlsConnection } from './tls-connection.ts';
import type { TlsContext } from './tls-context.ts';
import { HANDSHAKE_TIMEOUT_MS } from './tls-engine.fixture.ts';
import type { TlsFailure } from './tls-failure.ts';

/** What becomes of bytes on their way. */
export type Way = (bytes: Buffer) => readonly Buffer[];

/** They arrive as they were sent. */
export const WHOLE: Way = (bytes) => [bytes];

/** What a pair is made of; a server that chooses null refuses. */
export interface PairOptions {
  readonly client: TlsContext;
  readonly choose: (hello: ClientHello) => TlsContext | null;
  readonly serverName?: string | null;
  readonly expectedName?: string | null;
}

const SOMEWHERE = { host: '192.0.2.9', port: 443 };

/** Both ends of one connection. */
export class TlsPair {
  readonly engine: MemoryEngine;
  readonly clientEnd = new Recorder();
  readonly serverEnd = new Recorder();
  readonly client: TlsConnection;
  readonly server: TlsConnection;
  readonly clientWire: MemoryConnection;
  readonly serverWire: MemoryConnection;
  /** What the listener was told: the server's connection is secured, or why it is not. */
  told: 'secured' | TlsFailure | null = null;
  #fromClient = 0;
  #fromServer = 0;

  constructor(
    { client, choose, serverName = 'edge.test', expectedName = serverName }: PairOptions,
    engine = new MemoryEngine(),
  ) {
    this.engine = engine;
    this.serverWire = engine.connect(SOMEWHERE, IGNORING);
    this.serverWire.establish();
    this.clientWire = engine.connect(SOMEWHERE, IGNORING);
    this.clientWire.establish();
    this.server = TlsConnection.accept(engine, this.serverWire, {
      handshakeTimeoutMs: HANDSHAKE_TIMEOUT_MS,
      choose,
      plain: () => null,
      secured: (connection) => {
        connection.handler = this.serverEnd;
        this.told = 'secured';
      },
      failed: (_, failure) => {
        this.told = failure;
      },
    });
    const target = {
      context: client,
      serverName,
      expectedName,
      handshakeTimeoutMs: HANDSHAKE_TIMEOUT_MS,
      sessions: null,
    };
    this.client = TlsConnection.connect(engine, this.clientWire, target, this.clientEnd);
    this.clientEnd.connection = this.client;
    this.serverEnd.connection = this.server;
    engine.settle();
  }

  /** Carries bytes to and fro until nobody has anything to say. */
  exchange(toServer: Way = WHOLE, toClient: Way = WHOLE): this {
    while (this.#carry(toServer, toClient)) this.engine.settle();
    return this;
  }

  /** Ends both, as a network that breaks. */
  drop(): void {
    this.client.reset();
    this.server.reset();
    this.engine.settle();
  }

  #carry(toServer: Way, toClient: Way): boolean {
    const { clientWire, serverWire } = this;
    const up = Buffer.from(clientWire.sent.slice(this.#fromClient), 'latin1');
    const down = Buffer.from(serverWire.sent.slice(this.#fromServer), 'latin1');
    this.#fromClient += up.length;
    this.#fromServer += down.length;
    // One by one: there may be more than a call takes arguments.
    if (up.length > 0) for (const piece of toServer(up)) serverWire.arrive(piece);
    if (down.length > 0) for (const piece of toClient(down)) clientWire.arrive(piece);
    return up.length > 0 || down.length > 0;
  }
}
