/**
 * What the main thread has of everything, beside its workers: who makes it, in which order, and who tells
 * whom. Each part follows another config by itself; proxy/reload/ has them do it together.
 */
import type { ProxyConfig } from '../src/config/proxy-config.ts';
import { LineCollector } from './access-log/collector.ts';
import { destinationsOf } from './access-log/destinations.ts';
import { CacheKeepers } from './cache/store/cache-keepers.ts';
import { CertificateKeeper } from './certificates/certificate-keeper.ts';
import { NamedServers } from './discovery/named-servers.ts';
import { DrainKeeper } from './draining/drain-keeper.ts';
import { systemClock } from './health/clock.ts';
import { EjectionWatch } from './health/ejection-watch.ts';
import { HealthMonitor } from './health/monitor.ts';
import { LimitKeeper } from './limiting/limit-keeper.ts';
import { ListenSockets } from './listen-sockets.ts';
import type { BalancerPorts } from './ports.ts';
import { LISTENERS_MAX, SERVERS_MAX } from './shared/limits.ts';
import { processNow } from './shared/process-clock.ts';
import { createSharedState, type SharedState, SharedViews } from './shared/shared-state.ts';
import { TrafficRows } from './shared/traffic-rows.ts';
import { TrafficReader } from './traffic.ts';
import { LiveServers } from './upstream/live-servers.ts';
import { ServerRegistry } from './upstream/registry.ts';
import { ServerOrders } from './upstream/server-orders.ts';
import { ServerWishes } from './upstream/server-wishes.ts';
import { SlowStartTimer } from './upstream/slow-start-timer.ts';
import type { AddressDrainsOrder, CertificatesOrder, ServersOrder } from './worker-messages.ts';

/** What the parts need of the workers, and of whoever has both. */
export interface MainPartsPorts extends BalancerPorts {
  /** To every worker; returns the numbers of those that there are. */
  readonly tell: (order: ServersOrder | CertificatesOrder | AddressDrainsOrder) => number[];
  /** The lowest version of servers that any worker may still give work to; Infinity: no worker. */
  readonly versionInUse: () => number;
  /** Something that readiness depends on has changed. */
  readonly changed: () => void;
  /** Some upstreams have other servers. */
  readonly serversChanged: () => void;
}

/** The parts. */
export class MainParts {
  readonly sockets: ListenSockets;
  readonly state: SharedState;
  readonly views: SharedViews;
  readonly rows: TrafficRows;
  readonly traffic: TrafficReader;
  readonly registry: ServerRegistry;
  readonly servers: LiveServers;
  readonly orders: ServerOrders;
  readonly names: NamedServers;
  readonly slowStart: SlowStartTimer;
  readonly monitor: HealthMonitor;
  readonly ejections: EjectionWatch;
  readonly limits: LimitKeeper;
  readonly caches: CacheKeepers;
  readonly lines: LineCollector;
  readonly certificates: CertificateKeeper;
  readonly drains: DrainKeeper;

  /** Binds, and begins nothing yet. Throws BindError when a listener cannot have its address. */
  constructor(config: ProxyConfig, generation: number, ports: MainPartsPorts) {
    const { workers, listeners } = config;
    const { log } = ports;
    this.sockets = new ListenSockets(generation, listeners, workers);
    const shape = { workers, serversMax: SERVERS_MAX, listenersMax: LISTENERS_MAX };
    this.state = createSharedState(shape);
    this.views = new SharedViews(this.state);
    this.limits = new LimitKeeper(config, processNow, generation);
    this.caches = new CacheKeepers(config, processNow, log, generation);
    this.lines = new LineCollector(destinationsOf(config), ports, generation);
    this.rows = new TrafficRows(this.views, (rows) => this.traffic.pass(rows));
    this.rows.use(this.rows.hold(generation, listeners));
    this.traffic = new TrafficReader(this.views, () => this.rows.counting());
    this.registry = new ServerRegistry(this.state);
    const wishes = new ServerWishes(ports.wishes);
    this.servers = this.#liveServers(config, wishes, ports);
    this.orders = new ServerOrders(this.servers, { registry: this.registry, wishes, log });
    this.slowStart = new SlowStartTimer(this.registry, config.upstreams);
    const tls = (upstream: string) => this.certificates.upstream(upstream);
    const wished = this.servers.upstreams;
    this.monitor = new HealthMonitor(wished, this.registry, { ...ports, tls });
    this.ejections = new EjectionWatch(wished, this.registry, ports);
    this.monitor.onChange(({ health, previous }) => {
      if (health.verdict === 'up' && previous === 'down') this.ejections.restored(health.identity);
    });
    this.names = new NamedServers(config, {
      servers: this.servers,
      log,
      onChange: ports.serversChanged,
    });
    this.certificates = new CertificateKeeper(config, {
      log,
      now: () => Date.now(),
      tell: (material) => {
        ports.tell({ kind: 'certificates', tls: material });
        ports.changed();
      },
    });
    this.drains = new DrainKeeper({
      log,
      now: processNow,
      tell: (list) => ports.tell({ kind: 'addressDrains', list }),
    });
  }

  /** Begins with all that goes on by itself. */
  start(): void {
    this.monitor.start();
    this.limits.start();
    this.caches.start();
    this.certificates.start();
  }

  /** Ends that; what workers still need stays. */
  stop(): void {
    this.names.stop();
    this.certificates.stop();
    this.servers.stop();
    this.monitor.stop();
    this.ejections.stop();
    this.limits.stop();
    void this.caches.stop();
    this.slowStart.stop();
  }

  /** Ends the rest, when no worker is left; resolves when all is written. */
  async close(): Promise<void> {
    this.drains.stop();
    await this.lines.close();
    await this.caches.stop();
  }

  #liveServers(config: ProxyConfig, wishes: ServerWishes, ports: MainPartsPorts): LiveServers {
    return new LiveServers(config.upstreams, {
      registry: this.registry,
      wishes,
      clock: systemClock,
      log: ports.log,
      configure: (current) => {
        this.monitor.configure(current);
        this.ejections.configure(current);
        this.slowStart.configure(current);
      },
      tell: ports.tell,
      versionInUse: ports.versionInUse,
    });
  }
}
