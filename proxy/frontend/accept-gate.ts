import type { ListenerConfig } from '../../src/config/proxy-config.ts';
import { AccessRules } from '../access/access-feature.ts';
import type { Connection } from '../io/engine.ts';
import { IGNORING } from '../io/ignoring.ts';
import { shortage } from '../io/shortage.ts';
import type { ConnectionLimiter } from '../limiting/connection-limiter.ts';
import type { Hold } from '../limiting/request-limit.ts';
import type { WorkerLimits } from '../limiting/worker-limits.ts';
import { ListenerCounter } from '../shared/layout.ts';
import { processNow } from '../shared/process-clock.ts';
import type { ListenerCells } from '../shared/worker-cells.ts';
import type { FailureLog } from './failure-log.ts';

/** What every listener does with a new connection: the phase `accept`. */
export class AcceptGate {
  readonly #config: ListenerConfig;
  readonly #failures: FailureLog;
  readonly #counters: ListenerCells;
  readonly #perSource: ConnectionLimiter | null;
  /** Who may come; HTTP listeners ask each request instead, for it may be another client's. */
  readonly #access: readonly AccessRules[];
  /** What connections hold of their source's limit; empty without one. */
  readonly #holds = new Map<object, Hold>();

  constructor(
    config: ListenerConfig,
    parts: {
      readonly failures: FailureLog;
      readonly counters: ListenerCells;
      readonly limits: WorkerLimits;
    },
  ) {
    this.#config = config;
    this.#failures = parts.failures;
    this.#counters = parts.counters;
    this.#perSource = parts.limits.connections(config);
    const lists = config.protocol === 'tcp' ? (config.access ?? []) : [];
    this.#access = lists.map((list) => new AccessRules(list));
  }

  /** Counts it, or resets it because a limit is reached or it is gone; says whether to serve it. */
  admit(connection: Connection): boolean {
    const { connectionsMax, name } = this.#config;
    if (this.#counters.openConnections() >= connectionsMax) {
      this.#counters.count(ListenerCounter.refused);
      connection.reset();
      const sentence = `all ${connectionsMax} connections (limits.connections) are taken: new ones are reset`;
      this.#failures.note('connections_max', name, null, sentence);
      return false;
    }
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
   * source may not come or has enough of them, so it is reset.
   */
  opened(owner: object, connection: Connection): boolean {
    if (this.#takes(owner, connection.remoteAddress)) return true;
    this.#counters.count(ListenerCounter.refused);
    this.#counters.connectionClosed();
    // Bytes of it may be on their way to its handler: those that came with a PROXY header.
    connection.handler = IGNORING;
    connection.reset();
    return false;
  }

  #takes(owner: object, address: string): boolean {
    if (!this.#access.every((rules) => rules.admits(address))) return false;
    if (this.#perSource === null) return true;
    const hold = this.#perSource.open(address, processNow());
    if (hold !== null) this.#holds.set(owner, hold);
    return hold !== null;
  }

  /** Somebody else stands for the connection from here on. */
  handOver(owner: object, heir: object): void {
    const hold = this.#holds.get(owner);
    if (hold === undefined) return;
    this.#holds.delete(owner);
    this.#holds.set(heir, hold);
  }

  /** It has been served elsewhere so far: it counts for its source, however many that has. */
  inherit(owner: object, connection: Connection): void {
    const hold = this.#perSource?.open(connection.remoteAddress, processNow()) ?? null;
    if (hold !== null) this.#holds.set(owner, hold);
  }

  /** Its connection has ended. */
  closed(owner: object): void {
    if (this.#perSource === null) return;
    this.#holds.get(owner)?.release();
    this.#holds.delete(owner);
  }

  /** Accepting failed, and goes on when it can. */
  failed(errorCode: string): void {
    const why = shortage(errorCode);
    const sentence = `clients cannot be accepted${why === undefined ? '' : `: ${why}`}`;
    this.#failures.note('accept_failed', this.#config.name, errorCode, sentence);
  }
}
