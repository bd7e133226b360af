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
 *      advertisement --> AdvertisementLink --> LAN     addresses --> Holdings --> kernel
 *      announcement  --> NetworkPort.announce          transition --> log, status, callback
 */
import type { AgentConfig, VirtualRouterConfig } from '../src/config/agent-config.ts';
import { Admission } from './admission.ts';
import type { AdvertisementLink } from './advertisement-link.ts';
import { agentStatus } from './agent-status.ts';
import { PeerWatches } from './bfd/peer-watches.ts';
import { DeadlineTimer } from './deadline-timer.ts';
import { DuplicateWatches } from './duplicates/duplicate-watches.ts';
import type { EventSink } from './events/event-types.ts';
import { Handovers } from './handover/handovers.ts';
import { removeLeftovers } from './holdings/leftovers.ts';
import { InputFunnel, type RouterInput } from './input-funnel.ts';
import { Recorder } from './journal/recorder.ts';
import { LogLimiter } from './log-limiter.ts';
import { takeNetworkNews } from './network-news.ts';
import { takeIn } from './packet-intake.ts';
import { PeerRelations } from './peer/peer-relations.ts';
import type { AgentPorts, ReceivedPacket } from './ports.ts';
import { logPlan } from './reconfiguration.ts';
import { interfacesOf, Reconfigurer } from './reconfigurer.ts';
import { RouterDriver } from './router-driver.ts';
import { RouterTable } from './router-table.ts';
import { Standings } from './standings.ts';
import type { AgentStatus, HandoverResult, Transition } from './status.ts';
import { SyncGroups } from './sync-groups.ts';
import type { ProxyReport } from './tracking/proxy-tracker.ts';
import { TrackerTable } from './tracking/tracker-table.ts';
import { transitionReason } from './virtual-router/action.ts';
import type { RouterEvent } from './virtual-router/event.ts';
import { nextDeadline } from './virtual-router/state.ts';

/** The running agent. */
export class Agent {
  #config: AgentConfig;
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
  readonly #duplicates: DuplicateWatches;
  readonly #peer: PeerRelations;
  readonly #handovers: Handovers;
  readonly #emit: EventSink;
  readonly #recorder: Recorder;
  readonly #funnel = new InputFunnel<RouterInput>(
    (input) => this.#act(input),
    () => this.#arm(),
  );
  readonly #standings: Standings;
  readonly #reconfigurer: Reconfigurer;
  /** One reconfiguration after the other. */
  #reconfigured: Promise<unknown> = Promise.resolve();
  #leaving: Promise<void> | null = null;
  #stopping: Promise<void> | null = null;

  /** Builds everything; nothing touches the network before `start`. */
  constructor(config: AgentConfig, ports: AgentPorts) {
    const input = (router: RouterDriver, event: RouterEvent) => this.#input(router, event);
    this.#config = config;
    this.#ports = ports;
    this.#emit = ports.events ?? (() => {});
    this.#recorder = new Recorder(ports, () => [this.#config, this.#table.routers]);
    this.#startedAt = ports.clock.now();
    this.#limiter = new LogLimiter(ports.clock);
    this.#timer = new DeadlineTimer(ports.clock, () => this.#tick());
    this.#trackers = new TrackerTable(config, ports, () => this.#retrack());
    this.#table = new RouterTable({
      network: ports.network,
      log: ports.log,
      limiter: this.#limiter,
      onPacket: (link, packet) => this.#arrived(link, packet),
    });
    this.#standings = new Standings({
      table: this.#table,
      groups: this.#groups,
      trackers: this.#trackers,
      startedAt: this.#startedAt,
      log: ports.log,
      emit: this.#emit,
      input,
    });
    for (const router of config.virtualRouters) this.#addRouter(router);
    const routers = () => this.#table.routers;
    this.#handovers = new Handovers({
      ports,
      limiter: this.#limiter,
      routers,
      membersOf: (router) => this.#groups.membersOf(router),
      emit: this.#emit,
      input: (router, event) => {
        if (this.#stopping === null) this.#input(router, event);
      },
    });
    this.#peer = new PeerRelations({ config, ports, routers, handovers: this.#handovers, input });
    this.#admission = new Admission({
      table: this.#table,
      network: ports.network,
      clock: ports.clock,
      log: ports.log,
      emit: this.#emit,
      onLink: (name, link) => {
        this.#trackers.setLink(name, link);
        this.#bfd.setLink(name, link);
        this.#duplicates.setLink(name, link);
      },
      input,
      // Who takes part counts in a sync group.
      onEvaluated: () => this.#retrack(),
    });
    this.#duplicates = this.#watchDuplicates();
    this.#bfd = this.#watchPeers();
    this.#reconfigurer = new Reconfigurer({
      table: this.#table,
      groups: this.#groups,
      admission: this.#admission,
      trackers: this.#trackers,
      bfd: this.#bfd,
      duplicates: this.#duplicates,
      network: ports.network,
      add: (added) => this.#recorder.added(this.#addRouter(added)),
      adopt: (adopted) => {
        this.#config = adopted;
        this.#peer.reconfigure(adopted);
      },
      standings: this.#standings,
      input,
      resign: (router) => this.#resign(router),
      stopping: () => this.#stopping !== null,
    });
  }

  #watchDuplicates(): DuplicateWatches {
    return new DuplicateWatches({
      config: this.#config,
      ports: this.#ports,
      limiter: this.#limiter,
      onOrder: (name, event) => {
        const router = this.#table.named(name);
        if (router !== undefined && this.#stopping === null) this.#input(router, event);
      },
    });
  }

  #watchPeers(): PeerWatches {
    return new PeerWatches({
      routers: this.#config.virtualRouters,
      ports: this.#ports,
      limiter: this.#limiter,
      onNews: (name, news) => {
        const router = this.#table.named(name);
        if (router === undefined) return;
        if (news.type === 'peer-lost' || news.type === 'peer-heard') this.#input(router, news);
        else router.fence(news);
      },
    });
  }

  #addRouter(config: VirtualRouterConfig): RouterDriver {
    const paired = () => this.#config.nodes.length > 1;
    const router: RouterDriver = new RouterDriver({
      config,
      link: this.#table.linkFor(config),
      network: this.#ports.network,
      leases: this.#ports.leases ?? null,
      get paired() {
        return paired();
      },
      clock: this.#ports.clock,
      wallClock: this.#ports.wallClock ?? (() => this.#ports.clock.now()),
      log: this.#ports.log,
      limiter: this.#limiter,
      emit: this.#emit,
      standing: this.#standings.first(config),
      onTransition: (transition) => {
        this.#peer.transition(router, transition.to);
        for (const listener of this.#listeners) listener(transition);
      },
      onDoubt: () => this.#input(router, { type: 'doubt' }),
      onLeaseLost: (silent) => {
        this.#emit({ type: 'lease-lost', router: router.config.name, silent });
        this.#input(router, { type: 'lease-lost', silent });
      },
      onStanding: () => this.#retrack(),
      askPeer: (asked) => this.#peer.ask(router, asked),
      onDrainRefused: () => this.#input(router, { type: 'drained' }),
      seekHandover: (...of) => this.#handovers.seek(router, ...of),
    });
    this.#table.add(router);
    this.#groups.add(router);
    return router;
  }

  #arrived(link: AdvertisementLink, packet: ReceivedPacket): void {
    if (this.#stopping !== null) return;
    const { clock, log } = this.#ports;
    const find = (from: AdvertisementLink, vrid: number) => this.#table.find(from, vrid);
    const intake = takeIn({ log, limiter: this.#limiter, find }, link, packet, clock.now());
    if (intake !== null) this.#input(intake.router, intake.event);
  }

  /** Removes stale addresses, opens the sockets and enters the election. */
  start(): void {
    const { network } = this.#ports;
    const { node, digest } = this.#config;
    this.#emit({ type: 'started', node, digest });
    this.#recorder.begin();
    const news = { table: this.#table, admission: this.#admission, retrack: () => this.#retrack() };
    network.subscribe((event) => {
      if (this.#stopping === null) takeNetworkNews(event, news);
    });
    const names = interfacesOf(this.#config);
    for (const name of names) this.#admission.setLink(name, network.link(name));
    this.#trackers.start();
    void removeLeftovers(this.#config, this.#ports);
    for (const router of this.#table.routers) void router.keeper.sweep();
    this.#retrack();
    this.#handovers.rehearse();
    for (const name of names) this.#admission.evaluate(name);
    this.#sweepLeases();
    this.#handovers.start();
    this.#peer.start();
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
    this.#handovers.setProxy(report);
    this.#retrack();
  }

  /**
   * Goes on under another configuration of the same node (reconfigurer.ts). What is the same in both
   * is not touched: no advertisement is late for it. Rejects when the new one cannot be used; then the
   * old one stands. Does nothing on an agent that stops.
   */
  reconfigure(config: AgentConfig): Promise<void> {
    const done = this.#reconfigured.then(async () => {
      if (this.#stopping !== null) return;
      const plan = await this.#reconfigurer.run(this.#config, config);
      logPlan(this.#ports.log, plan, config.digest);
    });
    this.#reconfigured = done.catch(() => {});
    return done;
  }

  /**
   * Gives the addresses of these routers, and of those that move with them, to the peer; null: of all
   * that this node is Active for. Their connections go on here. Resolves when each was given or refused.
   */
  handover(routers: readonly string[] | null): Promise<readonly HandoverResult[]> {
    return this.#handovers.give(routers, 'operator');
  }

  /** True: no voluntary move until further notice. False: as usual again. `restart`: it was so before. */
  hold(on: boolean, by: 'operator' | 'restart' = 'operator'): void {
    this.#handovers.hold(on, by);
    this.#peer.changed();
  }

  /** Calls back after each change of state, once its actions were begun. */
  onTransition(callback: (transition: Transition) => void): void {
    this.#listeners.push(callback);
  }

  /** Everything known now; safe to keep and to serialise. */
  status(): AgentStatus {
    return agentStatus({
      config: this.#config,
      now: this.#ports.clock.now(),
      startedAt: this.#startedAt,
      lateness: this.#timer.lateness,
      trackers: this.#trackers,
      table: this.#table,
      admission: this.#admission,
      peer: this.#peer,
      handovers: this.#handovers,
      bfd: this.#bfd,
      duplicates: this.#duplicates,
    });
  }

  /**
   * Hands over what the peer agrees to take and lets its connections end (`stopDrainMaxMicros`), resigns
   * the rest (priority 0 where Active), takes the addresses off and closes the agent's sockets.
   * Resolves when the addresses are gone. The ports are closed by whoever opened them. `at-once`: hands
   * nothing over and waits for nobody, also when it has begun to.
   */
  stop(how: 'in-order' | 'at-once' = 'in-order'): Promise<void> {
    const shutdown = () => (this.#stopping ??= this.#shutdown());
    if (how === 'at-once') return shutdown();
    if (this.#leaving === null && !this.#handovers.concerned) return shutdown();
    this.#leaving ??= this.#handovers.leave().then(shutdown);
    return this.#leaving;
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
    this.#duplicates.close();
    this.#handovers.stop();
    this.#peer.stop();
    await Promise.all(this.#table.routers.map((router) => router.close()));
    await this.#reconfigurer.settle();
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
    const before = router.state.name;
    const reason = transitionReason(this.#recorder.apply(router, event, now));
    if (reason !== null || event.type === 'standing' || event.type === 'reconfigure')
      this.#peer.changed();
    this.#duplicates.after(router.config.name, event, router.state);
    this.#handovers.after(router, reason);
    return this.#groups.after(router, { event, before, reason });
  }

  #tick(): void {
    const now = this.#ports.clock.now();
    const due = ({ state }: RouterDriver) => (nextDeadline(state) ?? now + 1) <= now;
    // A down timer is not believed before what lies in the socket is read: it may be the very
    // advertisement that was waited for, behind a short stall of this process.
    const claiming = this.#table.routers.filter(
      (router) => router.state.name === 'Backup' && (router.state.ready || due(router)),
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

  /** Something tracked changed. */
  #retrack(): void {
    if (this.#stopping === null) this.#standings.update();
  }
}
