/**
 * The data plane of one thread: its own sockets, its own view of the upstreams, its own connections
 * to servers. What it shares with other threads is in shared memory.
 */

import type { ListenerConfig } from '../src/config/proxy-config.ts';
import type { LineMail } from './access-log/outbox.ts';
import { WorkerLogs } from './access-log/worker-logs.ts';
import { openCaches } from './cache/worker-cache.ts';
import type { TlsMaterial } from './certificates/material.ts';
import { WorkerTls } from './certificates/worker-tls.ts';
import type { DrainingAddress } from './draining/drains.ts';
import { type Tell, WorkerDrains } from './draining/worker-drains.ts';
import { featuresOf } from './features/index.ts';
import { FailureLog } from './frontend/failure-log.ts';
import type { Frontend, FrontendParts } from './frontend/frontend.ts';
import { HttpFrontend } from './frontend/http-frontend.ts';
import { TcpFrontend } from './frontend/tcp-frontend.ts';
import { UdpFrontend } from './frontend/udp-frontend.ts';
import type { OriginSource } from './http1/origin-stream.ts';
import type { IoEngine, Listener } from './io/engine.ts';
import { WorkerLimits } from './limiting/worker-limits.ts';
import { DRAIN_POLL_MS } from './limits.ts';
import type { Logger } from './ports.ts';
import { ControlSlot } from './shared/layout.ts';
import { processNow } from './shared/process-clock.ts';
import { RouteCells, routeRows, rowOf } from './shared/route-cells.ts';
import { ListenerCells, WorkerCells } from './shared/worker-cells.ts';
import type { Server } from './upstream/server.ts';
import { Upstream } from './upstream/upstream.ts';
import type { ServersChange, WorkerSetup } from './worker-messages.ts';

/** Serves until it is drained. */
export class DataPlane {
  readonly #frontends = new Map<string, Frontend>();
  readonly #listeners: Listener[];
  readonly #upstreams = new Map<string, Upstream>();
  readonly #pools = new Map<Server, OriginSource>();
  readonly #logs: WorkerLogs;
  readonly #tls: WorkerTls;
  readonly #drains: WorkerDrains;

  /** Accepts from here on. Throws when the setup contradicts itself. */
  constructor(
    setup: WorkerSetup,
    engine: IoEngine,
    log: Logger,
    mail: LineMail,
    features = featuresOf,
  ) {
    this.#logs = new WorkerLogs(setup.config, setup.index, mail, engine.deadlines);
    const cells = new WorkerCells(setup.state, setup.index);
    this.#tls = new WorkerTls(setup.config, setup.tls, log);
    for (const config of setup.config.upstreams) {
      const tls = this.#tls.upstreams.of(config.name);
      this.#upstreams.set(config.name, new Upstream(config, cells, setup.serverSlots, tls));
    }
    const limits = new WorkerLimits(setup.config, setup.limits, setup.index, log, processNow);
    const failures = new FailureLog(log, () => engine.deadlines.now());
    const { control } = cells.views;
    const caches = openCaches(setup.caches, setup.index, processNow);
    const rows = routeRows(setup.config.listeners);
    for (const config of setup.config.listeners) {
      const slot = setup.listenerSlots[config.name];
      if (slot === undefined) throw new RangeError(`no slot for listener ${config.name}`);
      const parts: FrontendParts = {
        engine,
        log,
        failures,
        counters: new ListenerCells(cells, slot),
        upstreams: this.#upstreams,
        limits,
        caches,
        features,
        tls: this.#tls,
        ready: () => Atomics.load(control, ControlSlot.ready) === 1,
        now: processNow,
        tempDirectory: setup.config.tempDirectory,
        logs: this.#logs,
        routes: (listener, route) =>
          new RouteCells(
            cells,
            setup.routeSlots[`${listener}|${route}`] ?? rowOf(rows, listener, route),
          ),
        pools: this.#pools,
      };
      this.#frontends.set(config.name, frontendOf(config, parts));
    }
    this.#drains = new WorkerDrains({
      frontends: () => this.#frontends.values(),
      now: () => engine.deadlines.now(),
    });
    this.#listeners = setup.sockets.flatMap(({ listener, fd }) => {
      const frontend = this.#frontends.get(listener);
      if (frontend === undefined) throw new RangeError(`a socket for no listener ${listener}`);
      if (fd === null) throw new RangeError(`no descriptor for listener ${listener}`);
      return frontend.listen(fd) ?? [];
    });
  }

  /**
   * From here on these are the servers of these upstreams. What is under way at one that is gone ends
   * normally; its idle connections are closed.
   */
  replaceServers(changes: readonly ServersChange[]): void {
    for (const { upstream, servers, slots } of changes) {
      for (const gone of this.#upstreams.get(upstream)?.replace(servers, slots) ?? []) {
        this.#pools.get(gone)?.clear();
        this.#pools.delete(gone);
      }
    }
  }

  /** Accepts what waits, then closes the sockets. Arrivals must have been stopped. */
  async stopAccepting(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.finish()));
  }

  /**
   * Finishes what is in flight, at most `timeoutMs`, then ends the rest; resolves with the number of
   * connections that were cut.
   */
  async drain(timeoutMs: number): Promise<number> {
    const frontends = [...this.#frontends.values()];
    for (const frontend of frontends) frontend.drain();
    const deadline = performance.now() + timeoutMs;
    while (this.#connections() > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS));
    }
    this.#drains.stop();
    const cut = frontends.reduce((sum, frontend) => sum + frontend.cut(), 0);
    for (const pool of this.#pools.values()) pool.clear();
    return cut;
  }

  /** These addresses drain from now on, and no others; `tell` gets what is on them, as that changes. */
  drainAddresses(drains: readonly DrainingAddress[], tell: Tell): void {
    this.#drains.order(drains, tell);
  }

  /** From the next handshake on these are used. */
  useCertificates(tls: TlsMaterial): void {
    this.#tls.use(tls);
  }

  /** The main thread has dealt with the lines that were sent for that destination. */
  linesTaken(destination: number): void {
    this.#logs.taken(destination);
  }

  /** Sends the last lines of the access logs; resolves when they were taken, or it takes too long. */
  lastLines(): Promise<void> {
    return this.#logs.close();
  }

  #connections(): number {
    let sum = 0;
    for (const frontend of this.#frontends.values()) sum += frontend.connections;
    return sum;
  }
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
