/**
 * The balancer's main thread: opens the sockets, checks the servers, runs the workers, answers what
 * state all this is in. No connection of a client ever comes here.
 *
 *   main: ListenSockets --duplicates--> WorkerSlot[i] --workerData--> worker i: DataPlane
 *         HealthMonitor --verdicts--> shared memory <--in flight, counters-- worker i
 */
import type { ProxyConfig } from '../src/config/proxy-config.ts';
import { LineCollector } from './access-log/collector.ts';
import { destinationsOf } from './access-log/destinations.ts';
import { type BalancerStatus, describeBalancer } from './balancer-status.ts';
import { type PurgeTarget, purgeTest } from './cache/purge-target.ts';
import { CacheKeepers } from './cache/store/cache-keepers.ts';
import { CertificateKeeper } from './certificates/certificate-keeper.ts';
import { NamedServers } from './discovery/named-servers.ts';
import { DrainKeeper } from './draining/drain-keeper.ts';
import type { AddressConnections, AddressDrain } from './draining/drains.ts';
import { systemClock } from './health/clock.ts';
import { EjectionWatch } from './health/ejection-watch.ts';
import { HealthMonitor } from './health/monitor.ts';
import { tallyUpstreams, type UpstreamTally } from './health/upstream-tally.ts';
import { chooseEngine, type EngineChoice, engineWarnings, sayEngine } from './io/choose-engine.ts';
import { ledgerMemory } from './io/uring/descriptor-ledger.ts';
import { LimitKeeper } from './limiting/limit-keeper.ts';
import { ListenSockets } from './listen-sockets.ts';
import type { BalancerPorts, Logger } from './ports.ts';
import type { Readiness } from './readiness.ts';
import { ReloadRefused } from './reload/refused.ts';
import type { PreparedReload } from './reload/reloader.ts';
import { servingDeadline, servingFrom, stepServing } from './serving.ts';
import { ControlSlot } from './shared/layout.ts';
import { LISTENERS_MAX, SERVERS_MAX } from './shared/limits.ts';
import { processNow } from './shared/process-clock.ts';
import { createSharedState, type SharedState, SharedViews } from './shared/shared-state.ts';
import { type Slots, SlotTable } from './shared/slot-table.ts';
import { releaseWorker } from './shared/totals.ts';
import { StartError } from './start-error.ts';
import { randomTicketSecret } from './tls/tickets.ts';
import { type Traffic, trafficReader } from './traffic.ts';
import { LiveServers } from './upstream/live-servers.ts';
import { ServerRegistry } from './upstream/registry.ts';
import { type OrderResult, type ServerOrder, ServerOrders } from './upstream/server-orders.ts';
import { type NamedWish, ServerWishes } from './upstream/server-wishes.ts';
import { SlowStartTimer } from './upstream/slow-start-timer.ts';
import type { DrainingReport, LinesReport, WorkerSetup } from './worker-messages.ts';
import { type SlotOwner, WORKER_ENTRY, WorkerSlot } from './worker-slot.ts';

/** How a stop went. */
export interface StopOutcome {
  /** Connections that were not through when the time was up, and were cut. */
  readonly cut: number;
}

const NAMES_DUE = 'the first look-up of the names of servers is not finished';
const CHECKS_DUE = 'the first round of health checks is not finished';
const ARRIVALS_GO_ON =
  'the kernel does not let us stop new connections: those that come as the sockets close are reset';

/** A running balancer. */
export class Balancer implements SlotOwner {
  readonly #config: ProxyConfig;
  readonly #log: Logger;
  readonly #engine: EngineChoice;
  readonly #state: SharedState;
  readonly #views: SharedViews;
  readonly #registry: ServerRegistry;
  readonly #servers: LiveServers;
  readonly #orders: ServerOrders;
  readonly #names: NamedServers;
  readonly #listenerSlots: Slots;
  readonly #sockets: ListenSockets;
  readonly #slowStart: SlowStartTimer;
  readonly #monitor: HealthMonitor;
  readonly #ejections: EjectionWatch;
  readonly #limits: LimitKeeper;
  readonly #caches: CacheKeepers;
  readonly #lines: LineCollector;
  readonly #certificates: CertificateKeeper;
  readonly #drains: DrainKeeper;
  readonly #workers: readonly WorkerSlot[];
  readonly #listeners: ((readiness: Readiness) => void)[] = [];
  readonly #started = Promise.withResolvers<void>();
  /** What came in since the start, and nothing else: little work, for who asks often. */
  readonly traffic: () => Traffic;
  readonly #serverListeners: (() => void)[] = [];
  #told = '';
  #everRan = false;
  #serving = servingFrom(performance.now());
  #servingTimer: NodeJS.Timeout | undefined;
  #checked = false;
  #stopping: Promise<StopOutcome> | null = null;

  /** Binds and begins. Throws BindError when a listener cannot have its address. */
  constructor(config: ProxyConfig, ports: BalancerPorts, workerEntry = WORKER_ENTRY) {
    const { workers, upstreams, listeners } = config;
    // Without a secret of the pair's, sessions are resumed by all workers of this process.
    const ticketSecret = config.ticketSecret ?? randomTicketSecret();
    this.#config = { ...config, ticketSecret };
    this.#log = ports.log;
    this.#engine = chooseEngine(config.io, ports.uringRefusal ?? null);
    sayEngine(this.#engine, ports.log);
    this.#sockets = new ListenSockets(listeners, workers);
    const shape = { workers, serversMax: SERVERS_MAX, listenersMax: LISTENERS_MAX };
    this.#state = createSharedState(shape);
    this.#limits = new LimitKeeper(config, processNow);
    this.#caches = new CacheKeepers(config, processNow, ports.log);
    this.#views = new SharedViews(this.#state);
    this.#registry = new ServerRegistry(this.#state);
    const names = listeners.map(({ name }) => name);
    this.#listenerSlots = new SlotTable('listener', LISTENERS_MAX).assign(names);
    this.traffic = trafficReader(this.#views, listeners, this.#listenerSlots);
    const wishes = new ServerWishes(ports.wishes);
    this.#servers = new LiveServers(upstreams, {
      registry: this.#registry,
      wishes,
      clock: systemClock,
      log: ports.log,
      configure: (current) => {
        this.#monitor.configure(current);
        this.#ejections.configure(current);
      },
      tell: (order) => {
        for (const worker of this.#workers) worker.tell(order);
      },
      versionInUse: () => Math.min(...this.#workers.map(({ serversVersion }) => serversVersion)),
    });
    const { log } = ports;
    this.#orders = new ServerOrders(this.#servers, { registry: this.#registry, wishes, log });
    this.#slowStart = new SlowStartTimer(this.#registry, upstreams);
    this.#lines = new LineCollector(destinationsOf(config), ports);
    const tls = (upstream: string) => this.#certificates.upstream(upstream);
    const wished = this.#servers.upstreams;
    this.#monitor = new HealthMonitor(wished, this.#registry, { ...ports, tls });
    this.#ejections = new EjectionWatch(wished, this.#registry, ports);
    this.#monitor.onChange(({ health, previous }) => {
      if (health.verdict === 'up' && previous === 'down') this.#ejections.restored(health.identity);
    });
    this.#names = new NamedServers(config, {
      servers: this.#servers,
      log: ports.log,
      onChange: () => this.#serversChanged(),
    });
    this.#certificates = new CertificateKeeper(config, {
      log: ports.log,
      now: () => Date.now(),
      tell: (tls) => {
        for (const worker of this.#workers) worker.tell({ kind: 'certificates', tls });
        this.changed();
      },
    });
    this.#drains = new DrainKeeper({
      log: ports.log,
      now: processNow,
      tell: (list) =>
        this.#workers.flatMap((worker, index) =>
          worker.tell({ kind: 'addressDrains', list }) ? [index] : [],
        ),
    });
    this.#workers = Array.from(
      { length: workers },
      (_, index) => new WorkerSlot(index, this, ports.log, workerEntry),
    );
    for (const worker of this.#workers) worker.start();
    this.#monitor.start();
    this.#limits.start();
    this.#caches.start();
    this.#certificates.start();
    void this.#firstRound().then(() => {
      this.#checked = true;
      this.changed();
    });
  }

  /** Resolves when every worker accepts for the first time. */
  get started(): Promise<void> {
    return this.#started.promise;
  }

  /** Everything about it, as plain JSON. */
  status(): BalancerStatus {
    return describeBalancer({
      config: { ...this.#config, upstreams: this.#servers.upstreams },
      names: this.#names.status(),
      io: this.#engine,
      readiness: this.readiness(),
      workers: this.#workers.map((worker) => worker.status()),
      health: this.#monitor.status(),
      ejections: this.#ejections,
      registry: this.#registry,
      servers: this.#servers,
      absentServers: this.#orders.absent,
      views: this.#views,
      listenerSlots: this.#listenerSlots,
      sockets: this.#sockets,
      limits: this.#limits.status(),
      caches: this.#caches.status(),
      accessLogs: this.#lines.status(),
      certificates: this.#certificates.status(),
      draining: this.#drains.status(),
    });
  }

  /** Rejects with ReloadRefused. */
  prepareReload(_config: ProxyConfig): Promise<PreparedReload> {
    return Promise.reject(new ReloadRefused(['this balancer is read its file at the start only']));
  }

  /** Ready: all workers accepted once, one does now, and every server had its first verdict. */
  readiness(): Readiness {
    const reasons: string[] = [];
    if (this.#stopping !== null) reasons.push('stopping');
    if (!this.#everRan) reasons.push('the workers are starting');
    else if (!this.#workers.some(({ running }) => running)) reasons.push('no worker is running');
    if (!this.#serving.serving) reasons.push('the workers keep failing');
    if (!this.#checked) reasons.push(this.#names.waiting ? NAMES_DUE : CHECKS_DUE);
    reasons.push(...this.#certificates.reasons());
    const warnings = [
      ...engineWarnings(this.#engine),
      ...this.#workers.flatMap((worker) => worker.warnings()),
      ...this.#names.warnings(),
      ...this.#certificates.warnings(),
    ];
    const said = warnings.length === 0 ? {} : { warnings };
    return { ready: reasons.length === 0, reasons, ...said, serving: this.#serving.serving };
  }

  /** Calls back whenever readiness has changed. */
  onReadiness(listener: (readiness: Readiness) => void): void {
    this.#listeners.push(listener);
  }

  /** How many servers of each upstream are up, whatever routes to them. */
  upstreams(): readonly UpstreamTally[] {
    return this.#names.tally(tallyUpstreams(this.#monitor.status()));
  }

  /** Checks every server now; resolves when all were judged anew. */
  checkOrigins(): Promise<void> {
    return this.#monitor.checkNow();
  }

  /** Calls back after each change of a server's health. */
  onServerHealth(listener: () => void): void {
    this.#monitor.onChange(() => listener());
    this.#serverListeners.push(listener);
  }

  /** Drains servers, or gives them another weight. Throws RangeError when there are no such ones. */
  orderServers(order: ServerOrder): OrderResult {
    const changed = this.#orders.carryOut(order);
    this.#serversChanged();
    return changed;
  }

  /** All that orders have made different from the file, for the balancer after this one. */
  get wishes(): readonly NamedWish[] {
    return this.#orders.wishes;
  }

  /**
   * These addresses leave this host from now on, and no others: what is connected to them goes on, is asked
   * to leave when the time is nearly up, and is cut then.
   */
  drainAddresses(drains: readonly AddressDrain[]): void {
    this.#drains.order(drains);
  }

  /** What is connected to them; undefined: none drains, or nobody has counted yet. */
  connections(): readonly AddressConnections[] | undefined {
    return this.#drains.connections();
  }

  /** Calls back as that changes, a few times a second at most. */
  onConnections(listener: () => void): void {
    this.#drains.onChange(listener);
  }

  draining(index: number, { version, connections }: DrainingReport): void {
    this.#drains.heard(index, version, connections);
  }

  /**
   * Stops: no new connections, those waiting are accepted, what is in flight is answered within the
   * config's drain timeout. Idempotent.
   */
  stop(): Promise<StopOutcome> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  setup(index: number): WorkerSetup {
    return {
      index,
      io: this.#engine.io,
      ...(this.#engine.io === 'uring' ? { descriptors: ledgerMemory() } : {}),
      config: { ...this.#config, upstreams: this.#servers.upstreams },
      state: this.#state,
      serverSlots: this.#servers.slots,
      serversVersion: this.#servers.version,
      listenerSlots: this.#listenerSlots,
      sockets: this.#sockets.duplicates(index),
      limits: this.#limits.memory,
      caches: this.#caches.memories,
      tls: this.#certificates.material(),
      ...this.#drains.forWorker(),
      warmUp: !this.#everRan && this.#config.listeners.some(({ protocol }) => protocol !== 'udp'),
    };
  }

  lines({ destination, bytes, lines }: LinesReport, done: () => void): void {
    this.#lines.write(destination, bytes, lines, done);
  }

  /**
   * Drops from one cache, or from all, what is meant; resolves with how many entries, null: there is no
   * such cache. Throws RangeError for what is no target.
   */
  purge(target: PurgeTarget, cache: string | null): Promise<number | null> {
    return this.#caches.purge(cache, purgeTest(target));
  }

  /** Opens the files of the access logs anew: somebody has moved them away. */
  reopenLogs(): void {
    this.#lines.reopen();
  }

  released(index: number): void {
    releaseWorker(this.#views, index);
    this.#limits.released(index);
    this.#caches.released(index);
    this.#drains.released(index);
    if (this.#everRan || this.#stopping !== null) return;
    // What fails at the very start fails again; whoever started us should hear of it.
    const message = `worker ${index} ended before it could serve; the log says why it failed`;
    this.#started.reject(new StartError(message));
    void this.stop();
  }

  changed(): void {
    if (!this.#everRan && this.#workers.every(({ running }) => running)) {
      this.#everRan = true;
      this.#started.resolve();
    }
    this.#judgeServing();
    const readiness = this.readiness();
    Atomics.store(this.#views.control, ControlSlot.ready, Number(readiness.ready));
    const text = readiness.reasons.join();
    if (text === this.#told) return;
    this.#told = text;
    for (const listener of this.#listeners) listener(readiness);
  }

  /** Every server has a first verdict, those included that names stand for. */
  async #firstRound(): Promise<void> {
    const hurry = await this.#names.start();
    await this.#monitor.firstRound;
    if (hurry) await this.#monitor.checkNow();
  }

  #serversChanged(): void {
    for (const listener of this.#serverListeners) listener();
  }

  /** Does anybody serve? Not asked of a balancer that has not begun, or is stopping. */
  #judgeServing(): void {
    clearTimeout(this.#servingTimer);
    if (!this.#everRan || this.#stopping !== null) return;
    const now = performance.now();
    const running = this.#workers.some((worker) => worker.running);
    this.#serving = stepServing(this.#serving, running, now);
    const deadline = servingDeadline(this.#serving);
    if (deadline === null) return;
    this.#servingTimer = setTimeout(() => this.changed(), Math.max(1, deadline - now));
  }

  async #stop(): Promise<StopOutcome> {
    // `stop` has to have been noted before readiness is told.
    await Promise.resolve();
    this.changed();
    this.#names.stop();
    this.#certificates.stop();
    this.#servers.stop();
    this.#monitor.stop();
    this.#ejections.stop();
    this.#limits.stop();
    this.#caches.stop();
    this.#slowStart.stop();
    const refused = this.#sockets.stopArrivals();
    if (refused !== null) this.#log.warn({ error: refused.message }, ARRIVALS_GO_ON);
    const drains = this.#workers.map((worker) => worker.drain(this.#config.drainTimeoutMs));
    await Promise.all(drains.map(({ deaf }) => deaf));
    this.#sockets.close();
    const cuts = await Promise.all(drains.map(({ ended }) => ended));
    this.#drains.stop();
    await this.#lines.close();
    await this.#caches.stop();
    return { cut: cuts.reduce((sum, cut) => sum + cut, 0) };
  }
}
