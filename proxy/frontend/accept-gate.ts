import type { ListenerConfig } from '../../src/config/proxy-config.ts';
import type { Connection } from '../io/engine.ts';
import type { Logger } from '../ports.ts';
import { ListenerCounter } from '../shared/layout.ts';
import type { ListenerCells } from '../shared/worker-cells.ts';

/** What every listener does with a new connection: the phase `accept`. */
export class AcceptGate {
  readonly #config: ListenerConfig;
  readonly #log: Logger;
  readonly #counters: ListenerCells;
  #full = false;
  #failure = '';

  constructor(
    config: ListenerConfig,
    parts: { readonly log: Logger; readonly counters: ListenerCells },
  ) {
    this.#config = config;
    this.#log = parts.log;
    this.#counters = parts.counters;
  }

  /** Counts it, or resets it because `connectionsMax` is reached; says whether to serve it. */
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
    return true;
  }

  /** Accepting failed; each kind of failure is logged once until a connection comes again. */
  failed(errorCode: string): void {
    if (this.#failure === errorCode) return;
    this.#failure = errorCode;
    this.#log.error({ listener: this.#config.name, code: errorCode }, 'cannot accept');
  }
}
