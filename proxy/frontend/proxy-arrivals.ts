import { BlockList } from 'node:net';
import type { AcceptProxyConfig, ListenerConfig } from '../../src/config/proxy-config.ts';
import type { Arrival } from '../draining/client.ts';
import type { Connection, IoEngine } from '../io/engine.ts';
import { type HeaderOwner, HeaderReceiver } from '../proxy-protocol/header-receiver.ts';
import { ListenerCounter } from '../shared/layout.ts';
import type { ListenerCells } from '../shared/worker-cells.ts';
import { ConnectionSet } from './connection-set.ts';
import type { FailureLog } from './failure-log.ts';

/** What a listener with `accept_proxy` gives its arrivals. */
export interface ArrivalParts {
  readonly listener: string;
  readonly engine: IoEngine;
  readonly failures: FailureLog;
  readonly counters: ListenerCells;
  /** Serves a connection whose client is known. */
  readonly serve: (connection: Connection) => void;
}

const SENTENCES = {
  proxy_header: (peer: string) =>
    `${peer} is in accept_proxy.from but sent no sound PROXY header: connection refused`,
  proxy_peer: (peer: string) =>
    `${peer} is not in accept_proxy.from: connection refused (accept_proxy.others)`,
} as const;

/**
 * Connections that were accepted and are not served yet, because the balancer in front of us has
 * still to say whose they are.
 */
export class ProxyArrivals implements HeaderOwner {
  readonly #config: AcceptProxyConfig;
  readonly #parts: ArrivalParts;
  readonly #trusted = new BlockList();
  readonly #waiting: ConnectionSet<HeaderReceiver>;

  /** Those of a listener; null when no connection of it begins with a header. */
  static of(
    listener: Pick<ListenerConfig, 'name' | 'acceptProxy'>,
    parts: Omit<ArrivalParts, 'listener' | 'serve'>,
    serve: ArrivalParts['serve'],
  ): ProxyArrivals | null {
    const { acceptProxy, name } = listener;
    if (acceptProxy === null) return null;
    const { engine, failures, counters } = parts;
    return new ProxyArrivals(acceptProxy, { listener: name, engine, failures, counters, serve });
  }

  private constructor(config: AcceptProxyConfig, parts: ArrivalParts) {
    this.#config = config;
    this.#parts = parts;
    this.#waiting = new ConnectionSet(parts.engine.deadlines);
    for (const { address, prefixLength } of config.from) {
      this.#trusted.addSubnet(address, prefixLength, familyOf(address));
    }
  }

  /** How many wait for their header. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Takes a connection that was just accepted and counted. */
  receive(connection: Connection): void {
    const { engine, serve } = this.#parts;
    const address = connection.remoteAddress;
    if (address !== '' && this.#trusted.check(address, familyOf(address))) {
      this.#waiting.add(new HeaderReceiver(engine, connection, this.#config.timeoutMs, this));
    } else if (this.#config.others === 'plain') {
      serve(connection);
    } else {
      connection.reset();
      this.#refused('proxy_peer', null, address);
    }
  }

  headerReceived(receiver: HeaderReceiver, connection: Connection): void {
    this.#waiting.delete(receiver);
    this.#parts.serve(connection);
  }

  headerMissing(receiver: HeaderReceiver, reason: string | null): void {
    if (!this.#waiting.delete(receiver)) return;
    this.#refused('proxy_header', reason, reason === null ? '' : receiver.peer);
  }

  /** Those that wait. */
  arrivals(): Iterable<Arrival> {
    return this.#waiting.members();
  }

  /** Ends those that still wait; returns how many there were. */
  cut(): number {
    return this.#waiting.cut();
  }

  /** `peer` is in the sentence only: a log line per address would let anybody fill the log. */
  #refused(code: keyof typeof SENTENCES, detail: string | null, peer: string): void {
    const { counters, failures, listener } = this.#parts;
    counters.count(ListenerCounter.proxyRefused);
    counters.connectionClosed();
    if (peer !== '') failures.note(code, listener, detail, SENTENCES[code](peer));
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}
