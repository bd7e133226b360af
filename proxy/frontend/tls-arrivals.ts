import type { TcpListenerConfig } from '../../src/config/proxy-config.ts';
import type { Arrival } from '../draining/client.ts';
import type { Connection, IoEngine } from '../io/engine.ts';
import { ListenerCounter } from '../shared/layout.ts';
import type { ListenerCells } from '../shared/worker-cells.ts';
import { Alert, alertRecord } from '../tls-hello/alert.ts';
import { type HelloOwner, HelloReceiver, type Opening } from '../tls-hello/hello-receiver.ts';
import { TlsRouteTable } from '../tls-hello/tls-route-table.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { ConnectionSet } from './connection-set.ts';
import type { FailureLog } from './failure-log.ts';
import { upstreamOf } from './frontend.ts';

/** What a TCP listener with `routes` gives its arrivals. */
export interface TlsArrivalParts {
  readonly engine: IoEngine;
  readonly failures: FailureLog;
  readonly counters: ListenerCells;
  readonly upstreams: ReadonlyMap<string, Upstream>;
  /** Serves a connection whose way is known. */
  readonly serve: (connection: Connection, upstream: Upstream) => void;
  /** Is told of a connection that is not served. */
  readonly refused: (connection: Connection) => void;
}

type RefusalCode = 'tls_no_route' | 'tls_expected' | 'tls_malformed' | 'tls_late';

/** Why a connection is refused: for the log (null: the client has left), and for a TLS client. */
interface Refusal {
  readonly code: RefusalCode | null;
  readonly alert: Alert | null;
}

/** Connections whose upstream depends on what their client asks for. */
export class TlsArrivals implements HelloOwner {
  readonly #config: TcpListenerConfig;
  readonly #parts: TlsArrivalParts;
  readonly #routes: TlsRouteTable<Upstream>;
  readonly #fallback: Upstream | null;
  readonly #waiting: ConnectionSet<HelloReceiver>;

  /** Throws RangeError when an upstream is not there. */
  constructor(config: TcpListenerConfig, parts: TlsArrivalParts) {
    this.#config = config;
    this.#parts = parts;
    this.#waiting = new ConnectionSet(parts.engine.deadlines);
    const named = (name: string) => upstreamOf(parts.upstreams, name);
    this.#fallback = config.upstream === null ? null : named(config.upstream);
    this.#routes = new TlsRouteTable(
      config.routes.map((route) => ({ match: route, target: named(route.upstream) })),
    );
  }

  /** How many have not said yet what they want. */
  get size(): number {
    return this.#waiting.size;
  }

  receive(connection: Connection): void {
    const { helloTimeoutMs } = this.#config.limits;
    const { engine } = this.#parts;
    this.#waiting.add(new HelloReceiver(engine, connection, helloTimeoutMs, this));
  }

  opened(receiver: HelloReceiver, connection: Connection, opening: Opening): void {
    this.#waiting.delete(receiver);
    const chosen = this.#choose(opening);
    if ('alert' in chosen) this.#refuse(connection, chosen);
    else this.#parts.serve(connection, chosen);
  }

  /** Those that wait. */
  arrivals(): Iterable<Arrival> {
    return this.#waiting.members();
  }

  /** Ends those that still wait; returns how many there were. */
  cut(): number {
    return this.#waiting.cut();
  }

  #choose(opening: Opening): Upstream | Refusal {
    switch (opening.kind) {
      case 'hello': {
        const found = this.#routes.find(opening);
        if (typeof found !== 'string') return found;
        const alert = found === 'no_name' ? Alert.unrecognizedName : Alert.noApplicationProtocol;
        return this.#fallback ?? { code: 'tls_no_route', alert };
      }
      case 'not_tls':
      case 'silent':
        return this.#fallback ?? { code: 'tls_expected', alert: null };
      case 'malformed':
        return { code: 'tls_malformed', alert: Alert.decodeError };
      case 'late':
        return { code: 'tls_late', alert: null };
      case 'gone':
        return { code: null, alert: null };
    }
  }

  #refuse(connection: Connection, { code, alert }: Refusal): void {
    const { counters, failures, refused } = this.#parts;
    if (code !== null) {
      counters.count(ListenerCounter.tlsRefused);
      failures.note(code, this.#config.name, null, SENTENCES[code]);
    }
    refused(connection);
    if (alert === null) {
      connection.reset();
      return;
    }
    const record = alertRecord(alert);
    connection.write(record, 0, record.length);
    connection.close();
  }
}

const SENTENCES: Readonly<Record<RefusalCode, string>> = {
  tls_no_route: 'TLS clients are refused: no route takes the name and protocol they ask for',
  tls_expected: 'clients are refused: they do not begin with TLS, and the listener has no upstream',
  tls_malformed: 'clients are refused: their ClientHello is malformed',
  tls_late: 'clients are refused: their ClientHello did not come in time',
};
