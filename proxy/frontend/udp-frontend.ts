import type { UdpListenerConfig } from '../../src/config/proxy-config.ts';
import { type ClientVisitor, showArrivals } from '../draining/client.ts';
import type { DatagramEngine, ReturnPath } from '../io/datagrams.ts';
import type { DeadlineQueue } from '../io/deadline-queue.ts';
import type { Logger } from '../ports.ts';
import { keyOfText } from '../selection/key-hash.ts';
import { NO_KEY } from '../selection/policy.ts';
import { ListenerCounter } from '../shared/layout.ts';
import type { ListenerCells } from '../shared/worker-cells.ts';
import { DRAIN_SILENCE_MS } from '../udp/limits.ts';
import type { UdpContext } from '../udp/udp-context.ts';
import { UdpDoor, type UdpHost } from '../udp/udp-door.ts';
import { UdpSession } from '../udp/udp-session.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { Entrance } from './door.ts';
import type { FailureLog } from './failure-log.ts';
import { type Frontend, type FrontendParts, upstreamOf } from './frontend.ts';

/** A listener for datagrams: begins sessions, and brings them to an end. */
export class UdpFrontend implements Frontend, UdpContext, UdpHost {
  readonly datagrams: DatagramEngine;
  readonly deadlines: DeadlineQueue;
  readonly upstream: Upstream;
  readonly counters: ListenerCells;
  readonly failures: FailureLog;
  readonly responses: number | null;
  readonly #config: UdpListenerConfig;
  readonly #log: Logger;
  readonly #doors = new Set<UdpDoor>();
  /** With where each came in. */
  readonly #sessions = new Map<UdpSession, UdpDoor>();
  #heir: Frontend | null = null;
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
  open(fd: number): Entrance {
    const door = new UdpDoor(this.datagrams, fd, this.#config.name, this);
    this.#doors.add(door);
    return door;
  }

  adopt(entrance: Entrance): void {
    if (!(entrance instanceof UdpDoor)) throw new RangeError('no datagrams come in there');
    entrance.leadTo(this);
    this.#doors.add(entrance);
  }

  release(door: UdpDoor): void {
    this.#doors.delete(door);
  }

  /** Sessions go on as they began until they fall silent; where nobody comes any more that is soon. */
  succeed(heir: Frontend | null): void {
    this.#heir = heir;
    if (heir === null) this.drain();
  }

  get heir(): Frontend | null {
    return this.#heir;
  }

  forget(session: UdpSession): void {
    const door = this.#sessions.get(session);
    if (door === undefined) return;
    this.#sessions.delete(session);
    door.forget(session);
    this.counters.connectionClosed();
  }

  /** A flow is no connection: it is not counted, and nobody can tell its client anything. */
  visit(visitor: ClientVisitor): Generator<void> {
    return showArrivals(visitor, null, this.#sessions.keys());
  }

  /** Takes what waits, then begins no more sessions; those there are end when they fall silent. */
  drain(): void {
    for (const door of this.#doors) door.port.readQueued();
    this.#draining = true;
    for (const session of [...this.#sessions.keys()]) session.drain();
  }

  /** Ends all sessions and closes the doors; returns how many sessions that were. */
  cut(): number {
    const sessions = [...this.#sessions.keys()];
    for (const session of sessions) session.end();
    for (const door of this.#doors) door.close();
    this.#doors.clear();
    return sessions.length;
  }

  begin(door: UdpDoor, flow: string, pathOf: () => ReturnPath): UdpSession | null {
    if (!this.#admits()) return null;
    const path = pathOf();
    const hashes = this.upstream.keyOf !== null;
    const key = hashes ? keyOfText(this.datagrams.addressOf(path)) : NO_KEY;
    const session = new UdpSession(this, door.port, flow, path, key);
    this.#sessions.set(session, door);
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

  failed(errorCode: string): void {
    if (this.#failure === errorCode) return;
    this.#failure = errorCode;
    this.#log.error({ listener: this.#config.name, code: errorCode }, 'cannot receive');
  }
}
