/**
 * What one worker makes of one config: its frontends and all that they are made of. A reload has another
 * one built beside it; what began in this one ends in it.
 */
import type { ListenerConfig } from '../src/config/proxy-config.ts';
import type { WorkerLogs } from './access-log/worker-logs.ts';
import { openCaches, type WorkerCache } from './cache/worker-cache.ts';
import type { ContextPool } from './certificates/context-pool.ts';
import type { TlsMaterial } from './certificates/material.ts';
import { WorkerTls } from './certificates/worker-tls.ts';
import type { featuresOf } from './features/index.ts';
import type { FailureLog } from './frontend/failure-log.ts';
import type { Frontend, FrontendParts } from './frontend/frontend.ts';
import { HttpFrontend } from './frontend/http-frontend.ts';
import { TcpFrontend } from './frontend/tcp-frontend.ts';
import { UdpFrontend } from './frontend/udp-frontend.ts';
import type { OriginSource } from './http1/origin-stream.ts';
import type { IoEngine } from './io/engine.ts';
import { WorkerLimits } from './limiting/worker-limits.ts';
import type { Logger } from './ports.ts';
import { heirOf } from './reload/heir.ts';
import { ControlSlot } from './shared/layout.ts';
import { processNow } from './shared/process-clock.ts';
import { RouteCells } from './shared/route-cells.ts';
import type { Slots } from './shared/slot-table.ts';
import { routeKey } from './shared/traffic-rows.ts';
import { ListenerCells, type WorkerCells } from './shared/worker-cells.ts';
import { serverIdentity } from './upstream/identity.ts';
import type { Server } from './upstream/server.ts';
import { Upstream } from './upstream/upstream.ts';
import type { GenerationSetup, ServersChange } from './worker-messages.ts';

/** What a worker has whatever its config is. */
export interface WorkerParts {
  readonly index: number;
  readonly engine: IoEngine;
  readonly log: Logger;
  readonly cells: WorkerCells;
  readonly logs: WorkerLogs;
  readonly failures: FailureLog;
  readonly contexts: ContextPool;
  /** Waiting connections to servers. */
  readonly pools: Map<Server, OriginSource>;
  /** Makes what a route does beside forwarding. */
  readonly features: typeof featuresOf;
}

/** One config in one worker. */
export class Generation {
  readonly setup: GenerationSetup;
  /** By listener. */
  readonly frontends = new Map<string, Frontend>();
  readonly #parts: WorkerParts;
  readonly #upstreams = new Map<string, Upstream>();
  readonly #limits: WorkerLimits;
  readonly #caches: ReadonlyMap<string, WorkerCache>;
  readonly #tls: WorkerTls;

  /**
   * Nothing is served by it yet, and what it shares with `before`, which is used, is as before. Throws
   * RangeError when the setup contradicts itself.
   */
  constructor(setup: GenerationSetup, parts: WorkerParts, before: Generation | null) {
    const { config } = setup;
    const { index, log, cells, engine } = parts;
    this.setup = setup;
    this.#parts = parts;
    this.#tls = new WorkerTls(
      config,
      setup.tls,
      log,
      parts.contexts,
      before === null ? null : before.#tls,
    );
    try {
      for (const upstream of config.upstreams) {
        const tls = this.#tls.upstreams.of(upstream.name);
        const known = before === null ? undefined : before.#upstreams.get(upstream.name);
        const stays = known?.staysWith(upstream, tls) === true;
        if (stays) demandSlots(upstream.name, upstream.servers, setup.serverSlots);
        const own = stays ? known : new Upstream(upstream, cells, setup.serverSlots, tls);
        this.#upstreams.set(upstream.name, own);
      }
      const { limits } = setup;
      const former = before === null ? null : before.#limits;
      this.#limits = new WorkerLimits(config, limits, index, log, processNow, former);
      const open = before === null ? new Map() : before.#caches;
      this.#caches = openCaches(setup.caches, index, processNow, open);
      parts.logs.learn(setup.destinations);
      const { control } = cells.views;
      const shared = {
        engine,
        log,
        failures: parts.failures,
        upstreams: this.#upstreams,
        limits: this.#limits,
        caches: this.#caches,
        features: parts.features,
        tls: this.#tls,
        ready: () => Atomics.load(control, ControlSlot.ready) === 1,
        now: processNow,
        tempDirectory: config.tempDirectory,
        logs: parts.logs,
        routes: (listener: string, route: string) => {
          return new RouteCells(cells, slotOf(setup.routeSlots, routeKey({ listener, route })));
        },
        pools: parts.pools,
      };
      for (const listener of config.listeners) {
        const counters = new ListenerCells(cells, slotOf(setup.listenerSlots, listener.name));
        this.frontends.set(listener.name, frontendOf(listener, { ...shared, counters }));
      }
    } catch (error) {
      this.#tls.dispose(null);
      throw error;
    }
  }

  /** From here on it is used, instead of `before`. */
  begin(before: Generation | null): void {
    this.#tls.use(this.setup.tls);
    if (before === null) return;
    for (const [name, upstream] of before.#upstreams) {
      if (this.#upstreams.get(name) !== upstream) this.#clear(upstream.retire());
    }
    for (const { name, servers } of this.setup.config.upstreams) {
      const upstream = this.#upstreams.get(name)!;
      if (before.#upstreams.get(name) === upstream) {
        this.#clear(upstream.replace(servers, this.setup.serverSlots));
      }
    }
  }

  /** It is never used. */
  abandon(): void {
    for (const frontend of this.frontends.values()) frontend.cut();
    this.#tls.dispose(null);
  }

  /** Nothing is left of what began in it; `heir` is used. */
  end(heir: Generation): void {
    for (const frontend of this.frontends.values()) frontend.cut();
    this.#tls.dispose(heir.#tls);
  }

  /** Client connections or sessions that it has, and requests elsewhere that began in it. */
  get connections(): number {
    let sum = 0;
    for (const frontend of this.frontends.values()) sum += frontend.connections;
    return sum;
  }

  /** The frontend in `next` that clients of each of this one's go on with; null: none. */
  heirs(next: Generation): ReadonlyMap<Frontend, Frontend | null> {
    const heirs = new Map<Frontend, Frontend | null>();
    const [before, after] = [this.setup.sockets, next.setup.sockets];
    for (const listener of this.setup.config.listeners) {
      const heir = heirOf(listener, before, after, next.setup.config.listeners);
      const frontend = heir === null ? null : next.frontends.get(heir.name)!;
      heirs.set(this.frontends.get(listener.name)!, frontend);
    }
    return heirs;
  }

  /**
   * From here on these are the servers of these upstreams. What is under way at one that is gone ends
   * normally; its idle connections are closed.
   */
  replaceServers(changes: readonly ServersChange[]): void {
    for (const { upstream, servers, slots } of changes) {
      this.#clear(this.#upstreams.get(upstream)?.replace(servers, slots) ?? []);
    }
  }

  /** From the next handshake on these are used. */
  useCertificates(tls: TlsMaterial): void {
    this.#tls.use(tls);
  }

  #clear(gone: readonly Server[]): void {
    const { pools } = this.#parts;
    for (const server of gone) {
      pools.get(server)?.clear();
      pools.delete(server);
    }
  }
}

function demandSlots(
  upstream: string,
  servers: readonly Parameters<typeof serverIdentity>[1][],
  slots: Slots,
): void {
  for (const server of servers) slotOf(slots, serverIdentity(upstream, server));
}

function slotOf(slots: Slots, name: string): number {
  const slot = slots[name];
  if (slot === undefined) throw new RangeError(`no slot for ${name}`);
  return slot;
}

function frontendOf(config: ListenerConfig, parts: FrontendParts): Frontend {
  switch (config.protocol) {
    case 'http':
      return new HttpFrontend(config, parts);
    case 'tcp':
      return new TcpFrontend(config, parts);
    case 'udp':
      return new UdpFrontend(config, parts);
  }
}
