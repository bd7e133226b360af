import type { EventSink } from '../events/event-types.ts';
import { heldAddresses } from '../holdings/address-keeper.ts';
import {
  drainCountMicros,
  drainCutMicros,
  drainLastCountMicros,
  drainLastMicros,
  drainLeastMicros,
} from '../limits.ts';
import type { LogLimiter } from '../log-limiter.ts';
import type { PeerHandoverReport } from '../peer/peer-port.ts';
import type { AgentPorts, Timer } from '../ports.ts';
import type { RouterDriver } from '../router-driver.ts';
import type { DrainStatus, LastDrainStatus } from '../status.ts';
import type { RouterEvent } from '../virtual-router/event.ts';
import { type AddressConnections, type ConnectionKind, connectionKinds } from './handover-ports.ts';

/** What the drains work with. */
export interface DrainsOptions {
  readonly ports: AgentPorts;
  readonly limiter: LogLimiter;
  /** Name of the other node. */
  readonly peer: () => string;
  readonly emit: EventSink;
  input(router: RouterDriver, event: RouterEvent): void;
}

interface Entry {
  readonly since: number;
  until: number;
  readonly addresses: readonly string[];
  /** As the kernel counted last; null: not yet. */
  connections: number | null;
  /** The last count that was not 0, and when it was taken. */
  some: { readonly connections: number; readonly at: number } | null;
  timer: Timer | null;
}

/**
 * The giver's side after a handover: counts what is left on the addresses, says when nothing is, and
 * keeps the balancer told. The kernel's count decides, for it knows every program's connections; what
 * kind they are only the balancer knows.
 */
export class Drains {
  readonly #options: DrainsOptions;
  readonly #entries = new Map<RouterDriver, Entry>();
  readonly #last = new WeakMap<
    RouterDriver,
    Omit<LastDrainStatus, 'agoMs'> & { readonly at: number }
  >();
  #connections: readonly AddressConnections[] = [];
  #waiting: (() => void)[] = [];

  constructor(options: DrainsOptions) {
    this.#options = options;
  }

  /** What the balancer says of the connections on draining addresses. */
  setConnections(connections: readonly AddressConnections[]): void {
    this.#connections = connections;
  }

  /** The router's state may be another one. */
  after(router: RouterDriver): void {
    const { state } = router;
    const drain = state.name === 'Backup' ? state.drain : null;
    const entry = this.#entries.get(router);
    if (entry?.since === drain?.since) return;
    if (entry !== undefined) this.#end(router, entry);
    if (drain !== null) this.#begin(router, drain);
    // It passes our packets on for as long as we say that we drain.
    this.#options.ports.peer?.changed();
  }

  /** Nothing lasts beyond this; the balancer is told. */
  hurry(until: number): void {
    for (const entry of this.#entries.values()) entry.until = Math.min(entry.until, until);
    this.#tell();
  }

  /** Something drains. */
  get any(): boolean {
    return this.#entries.size > 0;
  }

  /** Resolves when nothing drains, or at `until` (microseconds). */
  async over(until: number): Promise<void> {
    if (this.#entries.size === 0) return;
    const { clock } = this.#options.ports;
    await new Promise<void>((resolve) => {
      const timer = clock.timer(until, resolve);
      this.#waiting.push(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  /** What the peer is told; null: nothing drains. */
  reportOf(router: RouterDriver): PeerHandoverReport['drain'] {
    const status = this.statusOf(router);
    if (status === null) return null;
    const { leftMs, connections, oldestMs } = status;
    return { leftMs, connections, oldestMs };
  }

  /** Null: nothing drains. */
  statusOf(router: RouterDriver): DrainStatus | null {
    const entry = this.#entries.get(router);
    if (entry === undefined) return null;
    const now = this.#options.ports.clock.now();
    const known = this.#connections.filter(({ address }) => entry.addresses.includes(address));
    return {
      leftMs: Math.max(0, entry.until - now) / 1000,
      forMs: (now - entry.since) / 1000,
      connections: entry.connections,
      kinds: known.length === 0 ? null : sumOf(known),
      oldestMs: known.length === 0 ? null : Math.max(...known.map(({ oldestMs }) => oldestMs)),
    };
  }

  /** Null: none has ended. */
  lastOf(router: RouterDriver): LastDrainStatus | null {
    const last = this.#last.get(router);
    if (last === undefined) return null;
    const { at, ...rest } = last;
    return { ...rest, agoMs: (this.#options.ports.clock.now() - at) / 1000 };
  }

  /** Counts no more, and tells nobody. */
  stop(): void {
    for (const { timer } of this.#entries.values()) timer?.cancel();
    this.#entries.clear();
  }

  #begin(router: RouterDriver, { since, until }: { since: number; until: number }): void {
    const { emit, peer } = this.#options;
    const addresses = heldAddresses(router.config).map(({ address }) => address);
    const count = { connections: null, some: null };
    this.#entries.set(router, { since, until, addresses, ...count, timer: null });
    emit({
      type: 'drain-begun',
      router: router.config.name,
      peer: peer(),
      forMs: (until - since) / 1000,
    });
    this.#tell();
    // Not in the moment of the move: it would take the kernel longer than all the rest.
    this.#countAt(router, since + Math.min(drainLeastMicros, (until - since) / 2));
  }

  #countAt(router: RouterDriver, at: number): void {
    const entry = this.#entries.get(router);
    if (entry === undefined) return;
    entry.timer = this.#options.ports.clock.timer(at, () => this.#count(router));
  }

  #end(router: RouterDriver, entry: Entry): void {
    const { emit, ports } = this.#options;
    const { name } = router.config;
    entry.timer?.cancel();
    this.#entries.delete(router);
    const now = ports.clock.now();
    const forMs = (now - entry.since) / 1000;
    const connections = leftAt(now, entry);
    const how = howEnded(router, connections);
    this.#last.set(router, { how, connections, forMs, at: now });
    emit({ type: 'drain-ended', router: name, how, forMs, connections: connections ?? -1 });
    ports.log.info(
      { router: name, how, forMs, connections },
      `${name}: the drain is over: ${HOW[how]}`,
    );
    this.#tell();
    if (this.#entries.size > 0) return;
    for (const done of this.#waiting.splice(0)) done();
  }

  #count(router: RouterDriver): void {
    const entry = this.#entries.get(router);
    const { census, clock } = this.#options.ports;
    if (entry === undefined || census === undefined) return;
    const counted = (connections: number | null) => {
      if (this.#entries.get(router) !== entry) return;
      const now = clock.now();
      if (connections !== null) entry.connections = connections;
      if (connections !== null && connections > 0) entry.some = { connections, at: now };
      if (connections === 0 && now - entry.since >= drainLeastMicros) {
        this.#options.input(router, { type: 'drained' });
        return;
      }
      const isLast = entry.until - now <= drainLastMicros;
      this.#countAt(router, now + (isLast ? drainLastCountMicros : drainCountMicros));
    };
    census.count(entry.addresses).then(counted, (error: Error) => {
      this.#complain(router, error);
      counted(null);
    });
  }

  #complain({ config: { name } }: RouterDriver, error: Error): void {
    const { limiter, ports } = this.#options;
    limiter.limit(`${name} census`, (suppressed) =>
      ports.log.warn(
        { router: name, err: error, suppressed },
        `${name}: cannot count the connections that are left, so the drain lasts to its end: ${error.message}`,
      ),
    );
  }

  #tell(): void {
    const { tellDrains, clock } = this.#options.ports;
    const now = clock.now();
    tellDrains?.(
      [...this.#entries.values()].map(({ addresses, until }) => ({
        addresses,
        leftMs: Math.max(0, until - now) / 1000,
      })),
    );
  }
}

const HOW = {
  empty: 'no connection is left',
  timeout: 'its time is over, and what was left is cut',
  claimed: 'this node holds the addresses again',
  abandoned: 'the router has left the election',
} as const;

/** The balancer cuts at the deadline what was still there shortly before it, be that counted again or not. */
function leftAt(now: number, { until, connections, some }: Entry): number | null {
  if (connections !== 0 || some === null || now < until - drainCutMicros) return connections;
  return now - some.at <= drainCutMicros ? some.connections : 0;
}

function howEnded({ state }: RouterDriver, connections: number | null): keyof typeof HOW {
  if (state.name === 'Active') return 'claimed';
  if (state.name === 'Initialize') return 'abandoned';
  return connections === 0 ? 'empty' : 'timeout';
}

function sumOf(all: readonly AddressConnections[]): Record<ConnectionKind, number> {
  const sums = Object.fromEntries(
    connectionKinds.map((kind) => [kind, all.reduce((sum, one) => sum + one.kinds[kind], 0)]),
  );
  return sums as Record<ConnectionKind, number>;
}
