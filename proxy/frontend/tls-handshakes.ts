import type { HttpListenerConfig, TcpListenerConfig } from '../../src/config/proxy-config.ts';
import type { ListenerContexts } from '../certificates/listener-contexts.ts';
import { type Arrival, ownAddressOf } from '../draining/client.ts';
import type { Connection, IoEngine } from '../io/engine.ts';
import { ListenerCounter } from '../shared/layout.ts';
import type { ListenerCells } from '../shared/worker-cells.ts';
import { TlsConnection } from '../tls/tls-connection.ts';
import type { TlsContext } from '../tls/tls-context.ts';
import type { TlsFailure, TlsFailureCode } from '../tls/tls-failure.ts';
import type { TlsAcceptor } from '../tls/tls-roles.ts';
import type { ClientHello } from '../tls-hello/client-hello.ts';
import type { FailureLog } from './failure-log.ts';
import type { FrontendParts } from './frontend.ts';

/** What a listener with `tls` gives its arrivals. */
export interface HandshakeParts {
  readonly engine: IoEngine;
  readonly failures: FailureLog;
  readonly counters: ListenerCells;
  /** May it go on? Asked before anything is computed for it; if not, it is reset already. */
  readonly opened: (connection: TlsConnection) => boolean;
  /** Serves a connection whose handshake is through. */
  readonly serve: (connection: TlsConnection) => void;
  /** Is told of a connection that is not served. */
  readonly refused: (connection: TlsConnection) => void;
  /** What is answered to who speaks plainly, out of its first bytes; null: nothing. */
  readonly plain: (bytes: Buffer, start: number, end: number) => Buffer | null;
}

/** Connections of a listener with `tls` until their handshake is through. */
export class TlsHandshakes implements TlsAcceptor {
  readonly handshakeTimeoutMs: number;
  readonly #listener: string;
  readonly #contexts: ListenerContexts;
  readonly #parts: HandshakeParts;
  readonly #waiting = new Set<TlsConnection>();

  /** Null where clients speak plainly. */
  static of(
    config: HttpListenerConfig | TcpListenerConfig,
    parts: Pick<FrontendParts, 'engine' | 'failures' | 'counters' | 'tls'>,
    own: Omit<HandshakeParts, 'engine' | 'failures' | 'counters'>,
  ): TlsHandshakes | null {
    const contexts = parts.tls.of(config);
    if (config.tls === null || contexts === null) return null;
    const { engine, failures, counters } = parts;
    const { handshakeTimeoutMs } = config.tls;
    const all = { engine, failures, counters, ...own };
    return new TlsHandshakes(config.name, handshakeTimeoutMs, contexts, all);
  }

  private constructor(
    listener: string,
    handshakeTimeoutMs: number,
    contexts: ListenerContexts,
    parts: HandshakeParts,
  ) {
    this.#listener = listener;
    this.handshakeTimeoutMs = handshakeTimeoutMs;
    this.#contexts = contexts;
    this.#parts = parts;
  }

  /** How many have not ended their handshake. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Takes a connection whose client is known. */
  receive(connection: Connection): void {
    const { engine, opened } = this.#parts;
    const secured = TlsConnection.accept(engine, connection, this);
    if (opened(secured)) this.#waiting.add(secured);
  }

  choose(hello: ClientHello): TlsContext | null {
    return this.#contexts.choose(hello.serverName);
  }

  secured(connection: TlsConnection): void {
    const { counters, serve } = this.#parts;
    this.#waiting.delete(connection);
    counters.count(ListenerCounter.tlsHandshakes);
    if (connection.tls?.resumed === true) counters.count(ListenerCounter.tlsResumed);
    serve(connection);
  }

  plain(bytes: Buffer, start: number, end: number): Buffer | null {
    return this.#parts.plain(bytes, start, end);
  }

  failed(connection: TlsConnection, { code, detail }: TlsFailure): void {
    if (!this.#waiting.delete(connection)) return;
    const { counters, failures, refused } = this.#parts;
    const { counter, sentence } = FAILURES[code];
    counters.count(counter);
    refused(connection);
    if (sentence === null) return;
    // What the client has sent must not make a kind of its own: it is in the sentence only.
    const said = detail === '' ? sentence : `${sentence} (${detail})`;
    failures.note(code, this.#listener, null, said);
  }

  /** Those that wait. */
  *arrivals(): Generator<Arrival> {
    for (const connection of this.#waiting) {
      yield { ownAddress: ownAddressOf(connection), cut: () => this.#cut(connection) };
    }
  }

  /** Ends those that still wait; returns how many there were. */
  cut(): number {
    const waiting = [...this.#waiting];
    for (const connection of waiting) this.#cut(connection);
    return waiting.length;
  }

  #cut(connection: TlsConnection): void {
    this.#waiting.delete(connection);
    connection.reset();
    this.#parts.refused(connection);
  }
}

interface FailureKind {
  readonly counter: number;
  /** For the log; null: nobody needs to hear of it. */
  readonly sentence: string | null;
}

const { tlsFailedLeft, tlsFailedMalformed } = ListenerCounter;

const FAILURES: Readonly<Record<TlsFailureCode, FailureKind>> = {
  tls_timeout: {
    counter: ListenerCounter.tlsFailedTimeout,
    sentence: 'TLS handshakes are not through in time: tls.handshake_timeout',
  },
  tls_left: { counter: tlsFailedLeft, sentence: null },
  tls_truncated: { counter: tlsFailedLeft, sentence: null },
  tls_expected: {
    counter: ListenerCounter.tlsFailedNotTls,
    sentence: 'clients speak something else where TLS is expected',
  },
  tls_malformed: { counter: tlsFailedMalformed, sentence: 'clients send broken TLS' },
  tls_too_long: {
    counter: tlsFailedMalformed,
    sentence: 'clients send handshakes that are too long',
  },
  tls_unknown_name: {
    counter: ListenerCounter.tlsFailedUnknownName,
    sentence: 'clients ask for a name that no usable certificate has',
  },
  tls_no_common_ground: {
    counter: ListenerCounter.tlsFailedNoCommonGround,
    sentence: 'clients know no version, cipher or signature that is spoken here',
  },
  tls_no_common_protocol: {
    counter: ListenerCounter.tlsFailedNoCommonProtocol,
    sentence: 'clients know no application protocol that is spoken here',
  },
  tls_certificate_missing: {
    counter: ListenerCounter.tlsFailedCertificateMissing,
    sentence: 'clients show no certificate, and client_certificates demands one',
  },
  tls_certificate_refused: {
    counter: ListenerCounter.tlsFailedCertificateRefused,
    sentence: 'clients show a certificate that is not to be trusted',
  },
  tls_alert: {
    counter: ListenerCounter.tlsFailedAlert,
    sentence: 'clients break off the TLS handshake',
  },
  tls_internal: { counter: ListenerCounter.tlsFailedInternal, sentence: 'TLS handshakes fail' },
};
