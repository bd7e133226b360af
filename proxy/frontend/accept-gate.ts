import type { ListenerConfig } from '../../src/config/proxy-config.ts';
import type { Connection } from '../io/engine.ts';
import { IGNORING } from '../io/ignoring.ts';
import type { ConnectionLimiter } from '../limiting/connection-limiter.ts';
import type { Hold } from '../limiting/request-limit.ts';
import type { WorkerLimits } from '../limiting/worker-limits.ts';
import type { Logger } from '../ports.ts';
import { ListenerCounter } from '../shared/layout.ts';
import { processNow } from '../shared/process-clock.ts';
import type { ListenerCells } from '../shared/worker-cells.ts';

/** What every listener does with a new connection: the phase `accept`. */
export class AcceptGate {
  readonly #config: ListenerConfig;
  readonly #log: Logger;
  readonly #counters: ListenerCells;
  readonly #perSource: ConnectionLimiter | null;
  /** What connections hold of their source's limit; empty without one. */
  readonly #holds = new Map<object, Hold>();
  #full = false;
  #failure = '';

  constructor(
    config: ListenerConfig,
    parts: {
      readonly log: Logger;
      readonly counters: ListenerCells;
      readonly limits: WorkerLimits;
    },
  ) {
    this.#config = config;
    this.#log = parts.log;
    this.#counters = parts.counters;
    this.#perSource = parts.limits.connections(config);
  }

  /** Counts it, or resets it because a limit is reached or it is gone; says whether to serve it. */
  admit(connection: Connection): boolean {
    const { connectionsMax, name } = this.#config;
    if (this.#counters.openConnections() >= connectionsMax) {
      this.#counters.count(ListenerCounter.refused);
      connection.reset();
      if (!this.#full)
        this.#log.warn({ listener: name, connectionsMax }, 'connections at the limit');
      this.#full = true;
      return false;
    }
    this.#full = false;
    this.#failure = '';
    this.#counters.connectionOpened();
    if (connection.remoteAddress !== '') return true;
    // Reset before it was accepted: what it sent can still be read, but not whose it is. Served, it
    // would pass every limit by source, and be our own to a server that believes PROXY headers.
    this.#counters.connectionClosed();
    connection.reset();
    return false;
  }

  /**
   * It is known whose connection this is, and `owner` stands for it until `closed`. False: its
   * source has enough of them, so it is reset.
   */
  opened(owner: object, connection: Connection): boolean {
    if (this.#perSource === null) return true;
    const hold = this.#perSource.open(connection.remoteAddress, processNow());
    if (hold !== null) {
      this.#holds.set(owner, hold);
      return true;
    }
    this.#counters.count(ListenerCounter.refused);
    this.#counters.connectionClosed();
    // Bytes of it may be on their way to its handler: those that came with a PROXY header.
    connection.handler = IGNORING;
    connection.reset();
    return false;
  }

  /** Its connection has ended. */
  closed(owner: object): void {
    if (this.#perSource === null) return;
    this.#holds.get(owner)?.release();
    this.#holds.delete(owner);
  }

  /** Accepting failed; each kind of failure is logged once until a connection comes again. */
  failed(errorCode: string): void {
    if (this.#failure === errorCode) return;
    this.#failure = errorCode;
    this.#log.error({ listener: this.#config.name, code: errorCode }, 'cannot accept');
  }
}
