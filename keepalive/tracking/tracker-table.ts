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
import { LogLimiter } from '../log-limiter.ts';
import type { AgentPorts, LinkState } from '../ports.ts';
import type { ScriptStatus } from '../status.ts';
import { ownerPriority, type TrackerReading } from '../virtual-router/priority.ts';
import { FileTracker } from './file-tracker.ts';
import { GatewayTracker } from './gateway-tracker.ts';
import { InterfaceTracker } from './interface-tracker.ts';
import { ProcessTracker, ProcessWatch } from './process-tracker.ts';
import { type ProxyReport, ProxyTracker } from './proxy-tracker.ts';
import { ScriptTracker } from './script-tracker.ts';
import type { Tracker } from './tracker.ts';
import { UpstreamTracker } from './upstream-tracker.ts';

/** See the file's comment. */
export class TrackerTable {
  /** The balancer, tracked or not. */
  readonly proxy = new ProxyTracker();
  readonly #ports: AgentPorts;
  readonly #onChange: () => void;
  readonly #trackers = new Map<string, Tracker>();
  readonly #limiter: LogLimiter;
  readonly #processes: ProcessWatch;
  readonly #byRouter = new Map<string, readonly Tracker[]>();

  /** `onChange` is called when a reading changed for a reason this table alone knows. */
  constructor(config: AgentConfig, ports: AgentPorts, onChange: () => void) {
    this.#ports = ports;
    this.#limiter = new LogLimiter(ports.clock);
    this.#onChange = onChange;
    this.#processes = new ProcessWatch(ports.clock, ports.processes, onChange);
    for (const router of config.virtualRouters) {
      // No tracker applies to an address owner (design 4.1).
      const trackers = router.priority === ownerPriority ? [] : this.#build(config, router);
      this.#byRouter.set(router.name, trackers);
    }
  }

  /** Begins to watch. */
  start(): void {
    for (const tracker of this.#trackers.values()) tracker.start();
  }

  /** No timer is left behind. */
  stop(): void {
    for (const tracker of this.#trackers.values()) tracker.stop();
  }

  /** What the balancer says of itself. */
  setProxy(report: ProxyReport): void {
    this.proxy.update(report);
    for (const tracker of this.#of(UpstreamTracker)) tracker.update(report);
  }

  /** An interface changed, or is looked at for the first time. */
  setLink(name: string, link: LinkState | null): void {
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
    return [...this.#trackers.values()].filter((tracker): tracker is T => tracker instanceof type);
  }

  #build(config: AgentConfig, { track, interface: name }: VirtualRouterConfig): Tracker[] {
    const { clock, network, scripts } = this.#ports;
    const onChange = this.#onChange;
    const never = config.virtualRouters.flatMap(({ addresses }) =>
      addresses.map(({ address }) => address),
    );
    const scriptsTracked = config.healthScripts.filter(({ name }) => track.scripts.includes(name));
    return [
      ...(track.proxy ? [this.#shared('proxy', {}, () => this.proxy)] : []),
      ...(track.upstreams ?? []).map((upstream) =>
        this.#shared('upstream', upstream, () => new UpstreamTracker(upstream)),
      ),
      ...track.interfaces.map((tracked) =>
        this.#shared('interface', tracked, () => new InterfaceTracker(tracked, clock, onChange)),
      ),
      ...(track.gateways ?? []).map((gateway) =>
        this.#shared('gateway', { name, gateway }, () => {
          const place = { interface: name, never, clock, network, onChange };
          return new GatewayTracker({ config: gateway, ...place });
        }),
      ),
      ...scriptsTracked.map((script) =>
        this.#shared('script', script, () => new ScriptTracker(script, clock, scripts, onChange)),
      ),
      ...(track.files ?? []).map((file) =>
        this.#shared('file', file, () => {
          const { files, log } = this.#ports;
          return new FileTracker({ config: file, files, log, limiter: this.#limiter, onChange });
        }),
      ),
      ...(track.processes ?? []).map((process) =>
        this.#shared('process', process, () => new ProcessTracker(process, this.#processes)),
      ),
    ];
  }

  #shared(kind: TrackerReading['kind'], settings: object, make: () => Tracker): Tracker {
    const key = `${kind} ${JSON.stringify(settings)}`;
    let tracker = this.#trackers.get(key);
    if (tracker === undefined) {
      tracker = make();
      this.#trackers.set(key, tracker);
    }
    return tracker;
  }
}
