import type { TcpListenerConfig } from '../../src/config/proxy-config.ts';
import type { Connection, IoEngine } from '../io/engine.ts';
import type { ListenerCells } from '../shared/worker-cells.ts';
import type { TcpContext } from '../tcp/tcp-context.ts';
import { TcpSession } from '../tcp/tcp-session.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { AcceptGate } from './accept-gate.ts';
import { ConnectionSet, type Drainable } from './connection-set.ts';
import type { FailureLog } from './failure-log.ts';
import type { Frontend, FrontendParts } from './frontend.ts';

/** A listener that passes bytes on as they are. */
export class TcpFrontend implements Frontend, TcpContext {
  readonly engine: IoEngine;
  readonly upstream: Upstream;
  readonly counters: ListenerCells;
  readonly failures: FailureLog;
  readonly #sessions = new ConnectionSet();
  readonly #gate: AcceptGate;

  /** Throws RangeError when the upstream is not there. */
  constructor(config: TcpListenerConfig, parts: FrontendParts) {
    const upstream = parts.upstreams.get(config.upstream);
    if (upstream === undefined) throw new RangeError(`no upstream ${config.upstream}`);
    this.engine = parts.engine;
    this.upstream = upstream;
    this.counters = parts.counters;
    this.failures = parts.failures;
    this.#gate = new AcceptGate(config, parts);
  }

  get connections(): number {
    return this.#sessions.size;
  }

  onConnection(connection: Connection): void {
    if (!this.#gate.admit(connection)) return;
    const session = new TcpSession(this, connection);
    this.#sessions.add(session);
    this.#gate.opened(session);
    session.start();
  }

  onError(errorCode: string): void {
    this.#gate.failed(errorCode);
  }

  forget(session: Drainable): void {
    if (!this.#sessions.delete(session)) return;
    this.counters.connectionClosed();
    this.#gate.closed(session);
  }

  drain(): void {
    this.#sessions.drain();
  }

  cut(): number {
    return this.#sessions.cut();
  }
}
