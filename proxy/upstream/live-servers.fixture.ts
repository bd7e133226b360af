/** The servers of an upstream, and who has to follow when they change. */
import type { ServerConfig, UpstreamConfig } from '../../src/config/proxy-config.ts';
import { VirtualClock } from '../health/virtual-clock.fixture.ts';
import { RECLAIM_INTERVAL_MS } from '../limits.ts';
import type { Logger } from '../ports.ts';
import { WorkerCells } from '../shared/worker-cells.ts';
import type { ServersOrder } from '../worker-messages.ts';
import { LiveServers } from './live-servers.ts';
import { ServerRegistry } from './registry.ts';
import { ServerWishes } from './server-wishes.ts';
import { stateOf } from './upstream.fixture.ts';
import { Upstream } from './upstream.ts';

/** For servers. */
export const SLOTS = 8;

/** Live servers; two workers that take an order when the test says so, and a health monitor that only listens. */
export class Scene {
  readonly state = stateOf(2, SLOTS);
  readonly registry = new ServerRegistry(this.state);
  readonly wishes = new ServerWishes();
  readonly clock = new VirtualClock();
  readonly errors: string[] = [];
  readonly configured: (readonly UpstreamConfig[])[] = [];
  readonly live: LiveServers;
  readonly workers: { upstream: Upstream; version: number }[];
  orders: ServersOrder[] = [];

  constructor(upstream: UpstreamConfig, ...others: UpstreamConfig[]) {
    const log: Logger = {
      debug() {},
      info() {},
      warn() {},
      error: (_, message) => this.errors.push(message),
      child: () => log,
    };
    this.live = new LiveServers([upstream, ...others], {
      registry: this.registry,
      wishes: this.wishes,
      clock: this.clock,
      log,
      configure: (upstreams) => this.configured.push(upstreams),
      tell: (order) => this.orders.push(order),
      versionInUse: () => Math.min(...this.workers.map(({ version }) => version)),
    });
    this.workers = [0, 1].map((index) => ({
      upstream: new Upstream(upstream, new WorkerCells(this.state, index), this.live.slots),
      version: 0,
    }));
  }

  update(servers: readonly ServerConfig[]): boolean {
    return this.live.update(() => servers);
  }

  /** This worker takes all orders. */
  take(index: number): void {
    const worker = this.workers[index]!;
    for (const { version, changes } of this.orders) {
      if (version <= worker.version) continue;
      for (const { servers, slots } of changes) worker.upstream.replace(servers, slots);
      worker.version = version;
    }
  }

  /** Long enough for two looks at what is to be reclaimed. */
  settle(): Promise<void> {
    return this.clock.advance(3 * RECLAIM_INTERVAL_MS);
  }
}
