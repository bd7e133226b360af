/**
 * The balancer's main thread: opens the sockets, checks the servers, runs the workers, answers what
 * state all this is in. No connection of a client ever comes here.
 *
 *   main: ListenSockets --duplicates--> WorkerSlot[i] --workerData--> worker i: DataPlane
 *         HealthMonitor --verdicts--> shared memory <--in flight, counters-- worker i
 *         Reloader --prepare, apply--> all parts and workers: another config, and nobody is disturbed
 */
import type { ProxyConfig } from '../src/config/proxy-config.ts';
import { type BalancerStatus, describeBalancer } from './balancer-status.ts';
import { type PurgeTarget, purgeTest } from './cache/purge-target.ts';
import type { AddressConnections, AddressDrain } from './draining/drains.ts';
import { tallyUpstreams, type UpstreamTally } from './health/upstream-tally.ts';
import { chooseEngine, type EngineChoice, engineWarnings, sayEngine } from './io/choose-engine.ts';
import { ledgerMemory } from './io/uring/descriptor-ledger.ts';
import { MainParts } from './main-parts.ts';
import type { BalancerPorts, Logger } from './ports.ts';
import type { Readiness } from './readiness.ts';
import { type PreparedReload, Reloader } from './reload/reloader.ts';
import { servingDeadline, servingFrom, stepServing } from './serving.ts';
import { ControlSlot } from './shared/layout.ts';
import { releaseWorker } from './shared/totals.ts';
import { StartError } from './start-error.ts';
import { randomTicketSecret } from './tls/tickets.ts';
import type { Traffic } from './traffic.ts';
import type { OrderResult, ServerOrder } from './upstream/server-orders.ts';
import type { NamedWish } from './upstream/server-wishes.ts';
import type {
  DrainingReport,
  GenerationSetup,
  LinesReport,
  WorkerSetup,
} from './worker-messages.ts';
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

/** Of the config that the balancer is started with. */
const FIRST_GENERATION = 1;

/** A running balancer. */
export class Balancer implements SlotOwner {
  readonly #log: Logger;
  readonly #engine: EngineChoice;
  readonly #parts: MainParts;
  readonly #workers: readonly WorkerSlot[];
  readonly #reloader: Reloader;
  readonly #listeners: ((readiness: Readiness) => void)[] = [];
  readonly #started = Promise.withResolvers<void>();
  readonly #serverListeners: (() => void)[] = [];
  #told = '';
  #everRan = false;
  #serving = servingFrom(performance.now());
  #servingTimer: NodeJS.Timeout | undefined;
  #checked = false;
  #stopping: Promise<StopOutcome> | null = null;

  /** Binds and begins. Throws BindError when a listener cannot have its address. */
  constructor(given: ProxyConfig, ports: BalancerPorts, workerEntry = WORKER_ENTRY) {
    const config = comparable(given);
    // Without a secret of the pair's, sessions are resumed by all workers of this process.
    const ownSecret = randomTicketSecret();
    const { log } = ports;
    this.#log = log;
    this.#engine = chooseEngine(config.io, ports.uringRefusal ?? null);
    sayEngine(this.#engine, log);
    this.#parts = new MainParts(config, FIRST_GENERATION, {
      ...ports,
      tell: (order) =>
        this.#workers.flatMap((worker, index) => (worker.tell(order) ? [index] : [])),
      versionInUse: () => Math.min(...this.#workers.map(({ serversVersion }) => serversVersion)),
      changed: () => this.changed(),
      serversChanged: () => this.#serversChanged(),
    });
    this.#reloader = new Reloader(config, FIRST_GENERATION, {
      parts: this.#parts,
      workers: () => this.#workers,
      log,
      complete: (file) => ({ ...file, ticketSecret: file.ticketSecret ?? ownSecret }),
      changed: () => {
        this.changed();
        this.#serversChanged();
      },
    });
    this.#workers = Array.from(
      { length: config.workers },
      (_, index) => new WorkerSlot(index, this, log, workerEntry),
    );
    for (const worker of this.#workers) worker.start();
    this.#parts.start();
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
    const { config, formerConfigs } = this.#reloader;
    return describeBalancer({
      config: { ...config, upstreams: this.#parts.servers.upstreams },
      formerConfigs,
      io: this.#engine,
      readiness: this.readiness(),
      workers: this.#workers.map((worker) => worker.status()),
      parts: this.#parts,
    });
  }

  /** What came in since the start, and nothing else: little work, for who asks often. */
  traffic(): Traffic {
    return this.#parts.traffic.read();
  }

  /**
   * Makes everything ready for another config; for clients nothing changes before `apply`. Rejects with
   * ReloadRefused, with all reasons, when it cannot be had; then nothing is left of it. One at a time.
   */
  prepareReload(config: ProxyConfig): Promise<PreparedReload> {
    return this.#reloader.prepare(comparable(config));
  }

  /** Ready: all workers accepted once, one does now, and every server had its first verdict. */
  readiness(): Readiness {
    const { names, certificates } = this.#parts;
    const reasons: string[] = [];
    if (this.#stopping !== null) reasons.push('stopping');
    if (!this.#everRan) reasons.push('the workers are starting');
    else if (!this.#workers.some(({ running }) => running)) reasons.push('no worker is running');
    if (!this.#serving.serving) reasons.push('the workers keep failing');
    if (!this.#checked) reasons.push(names.waiting ? NAMES_DUE : CHECKS_DUE);
    reasons.push(...certificates.reasons());
    const warnings = [
      ...engineWarnings(this.#engine),
      ...this.#workers.flatMap((worker) => worker.warnings()),
      ...names.warnings(),
      ...certificates.warnings(),
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
    return this.#parts.names.tally(tallyUpstreams(this.#parts.monitor.status()));
  }

  /** Checks every server now; resolves when all were judged anew. */
  checkOrigins(): Promise<void> {
    return this.#parts.monitor.checkNow();
  }

  /** Calls back after each change of a server's health. */
  onServerHealth(listener: () => void): void {
    this.#parts.monitor.onChange(() => listener());
    this.#serverListeners.push(listener);
  }

  /** Drains servers, or gives them another weight. Throws RangeError when there are no such ones. */
  orderServers(order: ServerOrder): OrderResult {
    const changed = this.#parts.orders.carryOut(order);
    this.#serversChanged();
    return changed;
  }

  /** All that orders have made different from the file, for the balancer after this one. */
  get wishes(): readonly NamedWish[] {
    return this.#parts.orders.wishes;
  }

  /**
   * These addresses leave this host from now on, and no others: what is connected to them goes on, is asked
   * to leave when the time is nearly up, and is cut then.
   */
  drainAddresses(drains: readonly AddressDrain[]): void {
    this.#parts.drains.order(drains);
  }

  /** What is connected to them; undefined: none drains, or nobody has counted yet. */
  connections(): readonly AddressConnections[] | undefined {
    return this.#parts.drains.connections();
  }

  /** Calls back as that changes, a few times a second at most. */
  onConnections(listener: () => void): void {
    this.#parts.drains.onChange(listener);
  }

  draining(index: number, { version, connections }: DrainingReport): void {
    this.#parts.drains.heard(index, version, connections);
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
    const present = this.#reloader.setup(index);
    const { listeners } = present.config;
    return {
      ...present,
      index,
      io: this.#engine.io,
      ...(this.#engine.io === 'uring' ? { descriptors: ledgerMemory() } : {}),
      state: this.#parts.state,
      warmUp: !this.#everRan && listeners.some(({ protocol }) => protocol !== 'udp'),
    };
  }

  prepared(index: number): GenerationSetup | null {
    return this.#reloader.preparedFor(index);
  }

  built(index: number, generation: number, refusal: string | null): void {
    this.#reloader.built(index, generation, refusal);
  }

  generations(): void {
    this.#reloader.generationsChanged();
  }

  lines({ destination, bytes, lines }: LinesReport, done: () => void): void {
    this.#parts.lines.write(destination, bytes, lines, done);
  }

  /**
   * Drops from one cache, or from all, what is meant; resolves with how many entries, null: there is no
   * such cache. Throws RangeError for what is no target.
   */
  purge(target: PurgeTarget, cache: string | null): Promise<number | null> {
    return this.#parts.caches.purge(cache, purgeTest(target));
  }

  /** Opens the files of the access logs anew: somebody has moved them away. */
  reopenLogs(): void {
    this.#parts.lines.reopen();
  }

  released(index: number): void {
    releaseWorker(this.#parts.views, index);
    this.#parts.limits.released(index);
    this.#parts.caches.released(index);
    this.#parts.drains.released(index);
    this.#reloader.released(index);
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
    Atomics.store(this.#parts.views.control, ControlSlot.ready, Number(readiness.ready));
    const text = readiness.reasons.join();
    if (text === this.#told) return;
    this.#told = text;
    for (const listener of this.#listeners) listener(readiness);
  }

  /** Every server has a first verdict, those included that names stand for. */
  async #firstRound(): Promise<void> {
    const hurry = await this.#parts.names.start();
    await this.#parts.monitor.firstRound;
    if (hurry) await this.#parts.monitor.checkNow();
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
    this.#reloader.stop();
    this.#parts.stop();
    const { sockets } = this.#parts;
    const refused = sockets.stopArrivals();
    if (refused !== null) this.#log.warn({ error: refused.message }, ARRIVALS_GO_ON);
    const { drainTimeoutMs } = this.#reloader.config;
    const drains = this.#workers.map((worker) => worker.drain(drainTimeoutMs));
    await Promise.all(drains.map(({ deaf }) => deaf));
    sockets.close();
    const cuts = await Promise.all(drains.map(({ ended }) => ended));
    await this.#parts.close();
    return { cut: cuts.reduce((sum, cut) => sum + cut, 0) };
  }
}

/** A secret is a Buffer where the file was read, and other bytes to who compares once it came from a thread. */
function comparable(config: ProxyConfig): ProxyConfig {
  return structuredClone(config);
}
