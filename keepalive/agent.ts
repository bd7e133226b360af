/**
 * The driver. It owns the sockets, timers and trackers, turns what happens into events, runs the
 * state machines and does what they ask.
 *
 *     LAN, protocol 112                 timer      link and address      trackers: balancer,
 *      | AdvertisementLink (TTL 255)      |        events of the kernel  interfaces, ... (TrackerTable)
 *      v packet-intake --bad--> counters  | tick         | startup,            | standing
 *      +-------------------+              |              | shutdown, doubt     |
 *                          v              v              v                     v
 *                        #input: THE one funnel ----------------------> journal (JSONL)
 *                          v
 *                 RouterDriver.apply --> virtual-router/step (pure)
 *                          |
 *      advertisement --> AdvertisementLink --> LAN     addresses --> AddressKeeper --> kernel
 *      announcement  --> NetworkPort.announce          transition --> log, status, callback
 */
import type { AgentConfig, VirtualRouterConfig } from '../src/config/agent-config.ts';
import { formatIp } from '../src/os/ip-address.ts';
import { Admission } from './admission.ts';
import type { AdvertisementLink, Arrival } from './advertisement-link.ts';
import { PeerWatches } from './bfd/peer-watches.ts';
import { DeadlineTimer } from './deadline-timer.ts';
import type { EventSink } from './events/event-types.ts';
import { trackerNews } from './events/tracker-news.ts';
import { InputFunnel, type RouterInput } from './input-funnel.ts';
import { formatEntry } from './journal.ts';
import { neverReadyHoldMicros } from './limits.ts';
import { LogLimiter } from './log-limiter.ts';
import { takeIn } from './packet-intake.ts';
import { AgentDesk } from './peer/agent-desk.ts';
import type { AgentPorts, NetworkEvent } from './ports.ts';
import { RouterDriver } from './router-driver.ts';
import { routerStatus } from './router-status.ts';
import { RouterTable } from './router-table.ts';
import { logPriority, priorityReasons, standingOf } from './standing.ts';
import type { AgentStatus, Transition } from './status.ts';
import { SyncGroups } from './sync-groups.ts';
import type { ProxyReport } from './tracking/proxy-tracker.ts';
import { TrackerTable } from './tracking/tracker-table.ts';
import type { RouterEvent } from './virtual-router/event.ts';
import { ownerPriority } from './virtual-router/priority.ts';
import { nextDeadline, type Standing } from './virtual-router/state.ts';
import { groupStanding } from './virtual-router/sync-group.ts';

/** The running agent. */
export class Agent {
  readonly #config: AgentConfig;
  readonly #ports: AgentPorts;
  readonly #startedAt: number;
  readonly #limiter: LogLimiter;
  readonly #timer: DeadlineTimer;
  readonly #table: RouterTable;
  readonly #admission: Admission;
  readonly #groups = new SyncGroups();
  readonly #trackers: TrackerTable;
  readonly #listeners: ((transition: Transition) => void)[] = [];
  readonly #bfd: PeerWatches;
  readonly #emit: EventSink;
  readonly #funnel = new InputFunnel<RouterInput>(
    (input) => this.#act(input),
    () => this.#arm(),
  );
  #stopping: Promise<void> | null = null;

  /** Builds everything; nothing touches the network before `start`. */
  constructor(config: AgentConfig, ports: AgentPorts) {
    this.#config = config;
    this.#ports = ports;
    this.#emit = ports.events ?? (() => {});
    this.#startedAt = ports.clock.now();
    this.#limiter = new LogLimiter(ports.clock);
    this.#timer = new DeadlineTimer(ports.clock, () => this.#tick());
    this.#trackers = new TrackerTable(config, ports, () => this.#retrack());
    this.#table = new RouterTable({
      network: ports.network,
      log: ports.log,
      limiter: this.#limiter,
      onArrival: (link, arrival) => this.#arrived(link, arrival),
    });
    for (const router of config.virtualRouters) this.#addRouter(router);
    this.#admission = new Admission({
      table: this.#table,
      network: ports.network,
      clock: ports.clock,
      log: ports.log,
      emit: this.#emit,
      onLink: (name, link) => {
        this.#trackers.setLink(name, link);
        this.#bfd.setLink(name, link);
      },
      input: (router, event) => this.#input(router, event),
      // Who takes part counts in a sync group.
      onEvaluated: () => this.#retrack(),
    });
    this.#bfd = new PeerWatches({
      routers: config.virtualRouters,
      ports,
      limiter: this.#limiter,
      onNews: (name, news) => {
        for (const router of this.#table.routers) {
          if (router.config.name !== name) continue;
          if (news.type === 'peer-lost' || news.type === 'peer-heard') this.#input(router, news);
          else router.fence(news);
        }
      },
    });
  }

  #addRouter(config: VirtualRouterConfig): void {
    const router: RouterDriver = new RouterDriver({
      config,
      link: this.#table.linkFor(config),
      network: this.#ports.network,
      leases: this.#ports.leases ?? null,
      paired: this.#config.nodes.length > 1,
      clock: this.#ports.clock,
      log: this.#ports.log,
      limiter: this.#limiter,
      emit: this.#emit,
      standing: this.#standing({ config, readings: this.#trackers.readings(config) }),
      onTransition: (transition) => {
        for (const listener of this.#listeners) listener(transition);
      },
      onDoubt: () => this.#input(router, { type: 'doubt' }),
      onLeaseLost: (silent) => {
        this.#emit({ type: 'lease-lost', router: config.name, silent });
        this.#input(router, { type: 'lease-lost', silent });
      },
      onStanding: () => this.#retrack(),
    });
    this.#table.add(router);
    this.#groups.add(router);
  }

  #arrived(link: AdvertisementLink, arrival: Arrival): void {
    if (this.#stopping !== null) return;
    const intake = takeIn(
      { log: this.#ports.log, limiter: this.#limiter, find: this.#find },
      link,
      arrival,
      this.#ports.clock.now(),
    );
    if (intake !== null) this.#input(intake.router, intake.event);
  }

  readonly #find = (link: AdvertisementLink, vrid: number): RouterDriver | undefined =>
    this.#table.find(link, vrid);

  /** Removes stale addresses, opens the sockets and enters the election. */
  start(): void {
    const { network } = this.#ports;
    const { node, digest } = this.#config;
    this.#emit({ type: 'started', node, digest });
    network.subscribe((event) => this.#networkEvent(event));
    const names = new Set<string>();
    for (const { config } of this.#table.routers) {
      names.add(config.interface);
      for (const tracked of config.track.interfaces) names.add(tracked.name);
    }
    for (const name of names) this.#admission.setLink(name, network.link(name));
    this.#trackers.start();
    for (const router of this.#table.routers) void router.keeper.sweep();
    this.#retrack();
    for (const name of names) this.#admission.evaluate(name);
    this.#sweepLeases();
    this.#ports.peer?.serve(new AgentDesk(() => this.#table.routers));
  }

  /**
   * After the leases of this agent were opened: those have taken the place of an earlier agent's, so
   * that an address it left behind is never unguarded. A host that has no leases has said so then.
   */
  #sweepLeases(): void {
    try {
      this.#ports.leases?.sweep([]);
    } catch (error) {
      this.#ports.log.debug({ err: error }, 'no leases to sweep');
    }
  }

  /** What the balancer says of itself. `alive: false` as soon as its socket closes. */
  setProxy(report: ProxyReport): void {
    this.#trackers.setProxy(report);
    this.#retrack();
  }

  /** Calls back after each change of state, once its actions were begun. */
  onTransition(callback: (transition: Transition) => void): void {
    this.#listeners.push(callback);
  }

  /** Everything known now; safe to keep and to serialise. */
  status(): AgentStatus {
    const now = this.#ports.clock.now();
    return {
      node: this.#config.node,
      digest: this.#config.digest,
      uptimeMs: (now - this.#startedAt) / 1000,
      timerLateness: {
        ...this.#timer.lateness.summary(now),
        histogram: structuredClone(this.#timer.lateness.total),
      },
      proxy: { ...this.#trackers.proxy.report, everReady: this.#trackers.proxy.everReady },
      routers: this.#table.routers.map((router) => routerStatus(router, now)),
      links: this.#table.links.map((link) => {
        const address = link.sourceAddress();
        return {
          interface: link.interface,
          family: link.family,
          running: this.#admission.running(link.interface),
          address: address === null ? null : formatIp(address),
          statistics: { ...link.statistics },
        };
      }),
      scripts: this.#trackers.scripts(now),
      bfd: this.#bfd.status(),
      pair: this.#ports.peer?.status() ?? null,
    };
  }

  /**
   * Resigns (priority 0 where Active), takes the addresses off and closes the agent's sockets.
   * Resolves when the addresses are gone. The ports are closed by whoever opened them.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#shutdown();
    return this.#stopping;
  }

  async #shutdown(): Promise<void> {
    this.#emit({ type: 'stopping', node: this.#config.node });
    for (const router of this.#table.routers) this.#resign(router);
    // When stopped out of a callback, the funnel is still busy; it is not after this.
    await Promise.resolve();
    this.#timer.cancel();
    this.#admission.stop();
    this.#trackers.stop();
    this.#bfd.close();
    await Promise.all(this.#table.routers.map((router) => router.keeper.settle()));
    for (const router of this.#table.routers) {
      router.keeper.close();
      router.faults.close();
      // An address that could not be removed stays mute.
      if (router.keeper.gone) router.lease.close();
      else router.lease.leave();
    }
    for (const link of this.#table.links) link.close();
  }

  /** A defect in one router keeps no other from resigning, and no address on this host. */
  #resign(router: RouterDriver): void {
    try {
      this.#input(router, { type: 'shutdown', cause: 'stop' });
    } catch (error) {
      const { name } = router.config;
      this.#ports.log.error({ router: name, err: error }, `${name}: a defect while stopping`);
      router.keeper.release();
    }
  }

  /** THE funnel: every input of every state machine passes here, and nowhere else. */
  #input(router: RouterDriver, event: RouterEvent): void {
    this.#funnel.take({ router, event });
  }

  #act({ router, event }: RouterInput): readonly RouterInput[] {
    const now = this.#ports.clock.now();
    this.#ports.journal?.(formatEntry({ at: now, router: router.config.name, event }));
    const before = router.state.name;
    const reason = router.apply(event, now);
    if (reason !== null || event.type === 'standing') this.#ports.peer?.changed();
    return this.#groups.after(router, { event, before, reason });
  }

  #tick(): void {
    const now = this.#ports.clock.now();
    const due = ({ state }: RouterDriver) => (nextDeadline(state) ?? now + 1) <= now;
    // A down timer is not believed before what lies in the socket is read: it may be the very
    // advertisement that was waited for, behind a short stall of this process.
    const claiming = this.#table.routers.filter(
      ({ state }) => state.name === 'Backup' && (state.ready || state.activeDownAt <= now),
    );
    for (const link of new Set(claiming.map(({ link }) => link))) link.readQueued();
    for (const router of this.#table.routers)
      if (due(router)) this.#input(router, { type: 'tick' });
    this.#arm();
  }

  #arm(): void {
    if (this.#stopping !== null) return;
    let earliest: number | null = null;
    for (const { state } of this.#table.routers) {
      const deadline = nextDeadline(state);
      if (deadline !== null && (earliest === null || deadline < earliest)) earliest = deadline;
    }
    this.#timer.set(earliest);
  }

  #networkEvent(event: NetworkEvent): void {
    if (this.#stopping !== null) return;
    switch (event.type) {
      case 'link':
        if (!this.#admission.knows(event.interface)) return;
        this.#admission.setLink(event.interface, event.link);
        this.#retrack();
        this.#admission.evaluate(event.interface);
        break;
      case 'address-added':
      case 'address-removed': {
        const change = event.type === 'address-added' ? 'added' : 'removed';
        for (const router of this.#table.on(event.interface)) {
          router.keeper.changed(event.address, change);
        }
        // It may be the one we send from.
        this.#admission.evaluate(event.interface);
        break;
      }
      case 'resync':
        this.#admission.lookAgain();
        this.#retrack();
        for (const router of this.#table.routers) router.keeper.changed(null, 'unknown');
        break;
    }
  }

  /** Something tracked changed: every router whose standing follows from it is told. */
  #retrack(): void {
    if (this.#stopping !== null) return;
    for (const router of this.#table.routers) {
      const faults = router.config.priority === ownerPriority ? [] : router.faults.readings();
      const missing = this.#groups.missing(router);
      const readings = [...this.#trackers.readings(router.config), ...faults, ...missing];
      const news = trackerNews(router.config.name, router.readings, readings);
      router.readings = readings;
      for (const event of news) this.#emit(event);
    }
    for (const router of this.#table.routers) {
      const members = this.#groups.membersOf(router);
      const standing = groupStanding(members.map((member) => this.#standing(member)));
      const { priority, claimNotBefore } = router.state.standing;
      if (standing.priority === priority && standing.claimNotBefore === claimNotBefore) continue;
      this.#reportPriority(router, members, standing.priority);
      this.#input(router, { type: 'standing', standing });
    }
  }

  #reportPriority(router: RouterDriver, members: readonly RouterDriver[], priority: number): void {
    const before = router.state.standing.priority;
    if (before === priority) return;
    const reasons = priorityReasons(router, members);
    const { name } = router.config;
    this.#emit({ type: 'priority', router: name, before, priority, reasons });
    logPriority(this.#ports.log, { router: name, before, priority, reasons });
  }

  #standing({ config, readings }: Pick<RouterDriver, 'config' | 'readings'>): Standing {
    const everReady = this.#trackers.proxy.everReady;
    return standingOf(config, readings, everReady ? null : this.#startedAt + neverReadyHoldMicros);
  }
}
