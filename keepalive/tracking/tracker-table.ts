/**
 * All trackers of the agent, and which of them count for which virtual router.
 *
 *     balancer's report ──> proxy, upstreams ─┐
 *     link events ────────> interfaces        ├─ readings(router) ──> effective priority
 *     questions on the LAN ─> gateways        │
 *     script runner ───────> scripts          │
 *     file watcher ────────> files            │
 *     process scanner ─────> processes       ─┘
 *
 * Virtual routers that track the same thing in the same way share one tracker.
 */

import type { AgentConfig, VirtualRouterConfig } from '../../src/config/agent-config.ts';
import { heldAddresses } from '../holdings/address-keeper.ts';
import { LogLimiter } from '../log-limiter.ts';
import type { AgentPorts, LinkState } from '../ports.ts';
import type { ScriptStatus } from '../status.ts';
import { ownerPriority, type TrackerReading } from '../virtual-router/priority.ts';
import { FileTracker } from './file-tracker.ts';
import { GatewayTracker } from './gateway-tracker.ts';
import { InterfaceTracker } from './interface-tracker.ts';
import { OriginChecks } from './origin-checks.ts';
import { ProcessTracker, ProcessWatch } from './process-tracker.ts';
import { type ProxyReport, ProxyTracker } from './proxy-tracker.ts';
import { ScriptTracker } from './script-tracker.ts';
import type { Tracker } from './tracker.ts';
import { UpstreamTracker } from './upstream-tracker.ts';

interface Settings {
  readonly name: string;
  /** Where it is, for what has its place on an interface. */
  readonly interface?: string;
}

/** A tracker that a configuration asks for. */
interface Wanted {
  readonly kind: TrackerReading['kind'];
  readonly settings: Settings;
  readonly make: () => Tracker;
  /** Those of the configuration before. */
  readonly before: ReadonlyMap<string, Entry>;
}

/** A tracker, and what makes one of another configuration its successor. */
interface Entry {
  readonly tracker: Tracker;
  readonly lineage: string;
}

/** See the file's comment. */
export class TrackerTable {
  /** The balancer, tracked or not. */
  readonly proxy = new ProxyTracker();
  /** Whether the balancer has looked at its origins since a link came up. */
  readonly origins: OriginChecks;
  readonly #ports: AgentPorts;
  readonly #onChange: () => void;
  #trackers = new Map<string, Entry>();
  /** Of all virtual routers, canonical text. */
  #virtual: readonly string[] = [];
  #started = false;
  readonly #limiter: LogLimiter;
  readonly #processes: ProcessWatch;
  readonly #byRouter = new Map<string, readonly Tracker[]>();

  /** `onChange` is called when a reading changed for a reason this table alone knows. */
  constructor(config: AgentConfig, ports: AgentPorts, onChange: () => void) {
    this.#ports = ports;
    this.origins = new OriginChecks(ports);
    this.#limiter = new LogLimiter(ports.clock);
    this.#onChange = onChange;
    this.#processes = new ProcessWatch(ports.clock, ports.processes, onChange);
    this.#buildAll(config, new Map());
  }

  /** Begins to watch. */
  start(): void {
    this.#started = true;
    for (const tracker of this.#all) tracker.start();
  }

  /** No timer is left behind. */
  stop(): void {
    for (const tracker of this.#all) tracker.stop();
  }

  /**
   * Another configuration: what is tracked as before goes on undisturbed, what is tracked in another
   * way keeps its verdict, and what is new counts for nothing until it has one.
   */
  reconfigure(config: AgentConfig): void {
    const before = this.#trackers;
    const virtual = this.#virtual;
    this.#trackers = new Map();
    this.#byRouter.clear();
    this.#buildAll(config, before);
    const kept = new Set(this.#all);
    for (const { tracker } of before.values()) if (!kept.has(tracker)) tracker.stop();
    const known = new Set([...before.values()].map(({ tracker }) => tracker));
    const moved = virtual.join() !== this.#virtual.join();
    for (const tracker of this.#all) {
      if (moved && tracker instanceof GatewayTracker) tracker.readdress();
      if (known.has(tracker)) continue;
      if (tracker instanceof UpstreamTracker) tracker.update(this.proxy.report);
      if (this.#started) tracker.start();
    }
  }

  #buildAll(config: AgentConfig, before: ReadonlyMap<string, Entry>): void {
    this.#virtual = config.virtualRouters.flatMap((router) =>
      heldAddresses(router).map(({ address }) => address),
    );
    for (const router of config.virtualRouters) {
      // No tracker applies to an address owner (design 4.1).
      const trackers = router.priority === ownerPriority ? [] : this.#build(config, router, before);
      this.#byRouter.set(router.name, trackers);
    }
  }

  get #all(): Tracker[] {
    return [...this.#trackers.values()].map(({ tracker }) => tracker);
  }

  /** What the balancer says of itself. */
  setProxy(report: ProxyReport): void {
    this.proxy.update(report);
    this.origins.update(report);
    for (const tracker of this.#of(UpstreamTracker)) tracker.update(report);
  }

  /** An interface changed, or is looked at for the first time. */
  setLink(name: string, link: LinkState | null): void {
    this.origins.setLink(name, link);
    for (const tracker of this.#of(InterfaceTracker)) {
      if (tracker.name === name) tracker.update(link);
    }
  }

  /** What each tracker of a virtual router says, in the order of the config's reference. */
  readings(router: VirtualRouterConfig): TrackerReading[] {
    return (this.#byRouter.get(router.name) ?? []).map((tracker) => tracker.reading());
  }

  /** The health scripts, for the status at `now` (microseconds). */
  scripts(now: number): ScriptStatus[] {
    return this.#of(ScriptTracker).map((script) => script.status(now));
  }

  #of<T extends Tracker>(type: abstract new (...args: never[]) => T): T[] {
    return this.#all.filter((tracker): tracker is T => tracker instanceof type);
  }

  #build(
    config: AgentConfig,
    { track, interface: name }: VirtualRouterConfig,
    before: ReadonlyMap<string, Entry>,
  ): Tracker[] {
    const { clock, network, scripts } = this.#ports;
    const onChange = this.#onChange;
    const virtual = () => this.#virtual;
    const shared = (kind: TrackerReading['kind'], settings: Settings, make: () => Tracker) =>
      this.#shared({ kind, settings, make, before });
    const scriptsTracked = config.healthScripts.filter(({ name }) => track.scripts.includes(name));
    return [
      ...(track.proxy ? [shared('proxy', { name: 'proxy' }, () => this.proxy)] : []),
      ...(track.upstreams ?? []).map((upstream) =>
        shared('upstream', upstream, () => new UpstreamTracker(upstream)),
      ),
      ...track.interfaces.map((tracked) =>
        shared('interface', tracked, () => new InterfaceTracker(tracked, clock, onChange)),
      ),
      ...(track.gateways ?? []).map((gateway) =>
        shared('gateway', { ...gateway, interface: name }, () => {
          return new GatewayTracker({
            config: gateway,
            interface: name,
            get never() {
              return virtual();
            },
            clock,
            network,
            onChange,
          });
        }),
      ),
      ...scriptsTracked.map((script) =>
        shared('script', script, () => new ScriptTracker(script, clock, scripts, onChange)),
      ),
      ...(track.files ?? []).map((file) =>
        shared('file', file, () => {
          const { files, log } = this.#ports;
          return new FileTracker({ config: file, files, log, limiter: this.#limiter, onChange });
        }),
      ),
      ...(track.processes ?? []).map((process) =>
        shared('process', process, () => new ProcessTracker(process, this.#processes)),
      ),
    ];
  }

  #shared({ kind, settings, make, before }: Wanted): Tracker {
    const key = `${kind} ${JSON.stringify(settings)}`;
    const known = this.#trackers.get(key) ?? before.get(key);
    const lineage = `${kind} ${settings.interface ?? ''} ${settings.name}`;
    const entry = known ?? { tracker: make(), lineage };
    this.#trackers.set(key, entry);
    if (known === undefined && this.#started) {
      const old = [...before.values()].find((other) => other.lineage === lineage);
      entry.tracker.join(old?.tracker ?? null);
    }
    return entry.tracker;
  }
}
