import type { UdpListenerConfig } from '../../src/config/proxy-config.ts';
import { type ClientVisitor, showArrivals } from '../draining/client.ts';
import type { DatagramEngine, DatagramPort, PortHandler, ReturnPath } from '../io/datagrams.ts';
import type { DeadlineQueue } from '../io/deadline-queue.ts';
import type { Logger } from '../ports.ts';
import { keyOfText } from '../selection/key-hash.ts';
import { NO_KEY } from '../selection/policy.ts';
import { ListenerCounter } from '../shared/layout.ts';
import type { ListenerCells } from '../shared/worker-cells.ts';
import { DRAIN_SILENCE_MS } from '../udp/limits.ts';
import type { UdpContext } from '../udp/udp-context.ts';
import { UdpSession } from '../udp/udp-session.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { FailureLog } from './failure-log.ts';
import { type Frontend, type FrontendParts, upstreamOf } from './frontend.ts';

/** A listener for datagrams: finds each its session, or begins one. */
export class UdpFrontend implements Frontend, UdpContext {
  readonly datagrams: DatagramEngine;
  readonly deadlines: DeadlineQueue;
  readonly upstream: Upstream;
  readonly counters: ListenerCells;
  readonly failures: FailureLog;
  readonly responses: number | null;
  readonly #config: UdpListenerConfig;
  readonly #log: Logger;
  readonly #ports: DatagramPort[] = [];
  readonly #sessions = new Map<string, UdpSession>();
  #draining = false;
  #failure = '';

  /** Throws RangeError when the upstream is not there. */
  constructor(config: UdpListenerConfig, parts: FrontendParts) {
    this.datagrams = parts.engine.datagrams;
    this.deadlines = parts.engine.deadlines;
    this.upstream = upstreamOf(parts.upstreams, config.upstream);
    this.counters = parts.counters;
    this.failures = parts.failures;
    this.responses = config.responses;
    this.#config = config;
    this.#log = parts.log;
  }

  /** Sessions it has now. */
  get connections(): number {
    return this.#sessions.size;
  }

  get draining(): boolean {
    return this.#draining;
  }

  get silenceMs(): number {
    const { idleTimeoutMs } = this.#config;
    return this.#draining ? Math.min(DRAIN_SILENCE_MS, idleTimeoutMs) : idleTimeoutMs;
  }

  /** Nothing is accepted, and the socket serves until `cut`: sessions need it to the end. */
  listen(fd: number): null {
    // A flow is one of its port's: a client may ask two of ours from one of its own.
    const prefix = String.fromCharCode(this.#ports.length);
    const handler: PortHandler = {
      onDatagram: (payload, flow, path) => this.#received(port, payload, prefix + flow, path),
      onError: (code) => this.#failed(code),
    };
    const port = this.datagrams.bind(fd, `listener ${this.#config.name}`, handler);
    this.#ports.push(port);
    return null;
  }

  forget(session: UdpSession): void {
    if (this.#sessions.delete(session.flow)) this.counters.connectionClosed();
  }

  /** A flow is no connection: it is not counted, and nobody can tell its client anything. */
  visit(visitor: ClientVisitor): Generator<void> {
    return showArrivals(visitor, null, this.#sessions.values());
  }

  /** Takes what waits, then begins no more sessions; those there are end when they fall silent. */
  drain(): void {
    for (const port of this.#ports) port.readQueued();
    this.#draining = true;
    for (const session of [...this.#sessions.values()]) session.drain();
  }

  /** Ends all sessions and closes the ports; returns how many sessions that were. */
  cut(): number {
    const sessions = [...this.#sessions.values()];
    for (const session of sessions) session.end();
    for (const port of this.#ports.splice(0)) port.close();
    return sessions.length;
  }

  #received(port: DatagramPort, payload: Uint8Array, flow: string, path: () => ReturnPath): void {
    const known = this.#sessions.get(flow);
    if (known !== undefined) known.forward(payload);
    else if (this.#admits()) this.#begin(port, flow, path()).forward(payload);
  }

  #begin(port: DatagramPort, flow: string, path: ReturnPath): UdpSession {
    const hashes = this.upstream.keyOf !== null;
    const key = hashes ? keyOfText(this.datagrams.addressOf(path)) : NO_KEY;
    const session = new UdpSession(this, port, flow, path, key);
    this.#sessions.set(flow, session);
    this.counters.connectionOpened();
    this.counters.count(ListenerCounter.requests);
    return session;
  }

  /** May another session begin? A full table keeps the sessions it has: a flood ends nobody's. */
  #admits(): boolean {
    const { connectionsMax, name } = this.#config;
    const full = this.counters.openConnections() >= connectionsMax;
    if (!full && !this.#draining) return true;
    this.counters.count(ListenerCounter.refused);
    this.counters.count(ListenerCounter.datagramsDropped);
    if (full) {
      const sentence = `all ${connectionsMax} sessions (limits.sessions) are taken: new clients are dropped`;
      this.failures.note('sessions_max', name, null, sentence);
    }
    return false;
  }

  #failed(errorCode: string): void {
    if (this.#failure === errorCode) return;
    this.#failure = errorCode;
    this.#log.error({ listener: this.#config.name, code: errorCode }, 'cannot receive');
  }
}
