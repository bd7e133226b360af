import type { VirtualRouterConfig } from '../src/config/agent-config.ts';
import type { AdvertisementLink } from './advertisement-link.ts';
import { Advertiser } from './advertiser.ts';
import { Authenticator } from './auth/authenticator.ts';
import type { FenceNews } from './bfd/peer-watch.ts';
import type { EventSink } from './events/event-types.ts';
import { heldAddresses } from './holdings/address-keeper.ts';
import { Holdings } from './holdings/holdings.ts';
import { LeaseKeeper } from './holdings/lease-keeper.ts';
import { LatenessRecorder } from './lateness.ts';
import { addressLifetimeMinSeconds, transitionsKeptMax } from './limits.ts';
import type { LogLimiter } from './log-limiter.ts';
import type { ChecksumForm } from './packet/advertisement.ts';
import { virtualMacOf } from './packet/virtual-mac.ts';
import type { Clock, LeasePort, Logger, NetworkPort } from './ports.ts';
import type { RouterChange } from './reconfiguration.ts';
import { RouterNews } from './router-news.ts';
import { parametersOf } from './router-parameters.ts';
import { type RouterStatistics, routerStatistics } from './statistics.ts';
import type { Transition } from './status.ts';
import { SelfFaults } from './tracking/self-faults.ts';
import { describeReason, reasonFields } from './transition-text.ts';
import { type RouterAction, transitionReason } from './virtual-router/action.ts';
import type { RouterEvent, ShutdownCause } from './virtual-router/event.ts';
import type { TrackerReading } from './virtual-router/priority.ts';
import { type Expectation, expectationOf } from './virtual-router/receive-checks.ts';
import { initialState, type RouterState, type Standing } from './virtual-router/state.ts';
import { step } from './virtual-router/step.ts';

/** What a driver works with. */
export interface RouterDriverOptions {
  /** At the start. */
  readonly config: VirtualRouterConfig;
  readonly link: AdvertisementLink;
  readonly network: NetworkPort;
  /** Null: this host has none. */
  readonly leases: LeasePort | null;
  /** There is a peer that may take over; as it is now. */
  readonly paired: boolean;
  readonly clock: Clock;
  /** Microseconds since 1970; may step. */
  readonly wallClock: () => number;
  readonly log: Logger;
  readonly limiter: LogLimiter;
  readonly emit: EventSink;
  readonly standing: Standing;
  onTransition(transition: Transition): void;
  /** The neighbours may need another announcement. */
  onDoubt(): void;
  /** The kernel holds our advertisements back. `silent`: perhaps for some time. */
  onLeaseLost(silent: boolean): void;
  /** Something that the priority follows from has changed. */
  onStanding(): void;
  /** The peer is to be asked who holds the addresses. */
  askPeer(asked: number): void;
  /** The kernel does not let connections go on without the lease: nothing drains. */
  onDrainRefused(): void;
  /** The addresses are to move by agreement, if the peer agrees. */
  seekHandover(cause: 'priority' | 'preempted', asked: number): void;
}

/** One virtual router: its state, and the hands that do what `step` asks for. */
export class RouterDriver {
  readonly link: AdvertisementLink;
  readonly statistics: RouterStatistics = routerStatistics();
  /** Of its advertisements. */
  readonly lateness = new LatenessRecorder(this.statistics.advertLateness);
  readonly keeper: Holdings;
  readonly faults: SelfFaults;
  readonly lease: LeaseKeeper;
  readonly authenticator: Authenticator;
  /** Trackers behind the standing, for the status. */
  readings: readonly TrackerReading[] = [];
  /** Why the router is out of the election. */
  waitingFor: ShutdownCause | null = null;
  /** Form of the peer's checksum, once heard. */
  peerChecksum: ChecksumForm | null = null;
  readonly #options: RouterDriverOptions;
  readonly #transitions: Transition[] = [];
  readonly #advertiser: Advertiser;
  #news: RouterNews;
  #config: VirtualRouterConfig;
  #expectation: Expectation;
  #state: RouterState;
  #stateSince: number;
  #announcePending = false;

  constructor(options: RouterDriverOptions) {
    const { config } = options;
    this.#options = options;
    // What the hands are given is what it is when they look.
    const live = {
      config: () => this.#config,
      paired: () => options.paired,
      addresses: () => this.#expectation.addresses,
      delivery: () => this.#expectation.delivery,
    };
    this.#news = this.#newsOf(config);
    this.#config = config;
    this.authenticator = new Authenticator(options.wallClock, config.advertIntervalMs * 1000);
    this.link = options.link;
    this.#expectation = expectationOf(config);
    this.#state = initialState(parametersOf(config), options.standing);
    this.#stateSince = options.clock.now();
    this.lease = new LeaseKeeper({
      get config() {
        return live.config();
      },
      get paired() {
        return live.paired();
      },
      leases: options.leases,
      clock: options.clock,
      log: options.log,
      limiter: options.limiter,
      emit: options.emit,
      onLost: (silent) => options.onLeaseLost(silent),
    });
    this.faults = new SelfFaults(options.clock, () => options.onStanding());
    this.#advertiser = new Advertiser({
      get config() {
        return live.config();
      },
      get addresses() {
        return live.addresses();
      },
      get delivery() {
        return live.delivery();
      },
      link: options.link,
      lease: this.lease,
      authenticator: this.authenticator,
      faults: this.faults,
      statistics: this.statistics,
      onLeaseLost: () => options.onLeaseLost(true),
      onRefused: (error) => this.#complain('send', error, 'cannot send an advertisement'),
    });
    this.keeper = new Holdings({
      get config() {
        return live.config();
      },
      network: options.network,
      clock: options.clock,
      log: options.log,
      limiter: options.limiter,
      emit: options.emit,
      statistics: this.statistics,
      lifetimeSeconds: () => this.#lifetimeSeconds(),
      onHeld: () => this.#addressesHeld(),
      onRepaired: () => {
        const { name: router, interface: device } = this.config;
        options.emit({ type: 'addresses-restored', router, interface: device });
        options.onDoubt();
      },
      onRefused: (reason) => this.faults.raise('address', reason),
      onRetired: () => this.lease.revise([]),
    });
  }

  #newsOf({ name, interface: device }: VirtualRouterConfig): RouterNews {
    const { log, limiter, emit } = this.#options;
    return new RouterNews({ name, interface: device, log, limiter, emit });
  }

  /** What it runs under now. */
  get config(): VirtualRouterConfig {
    return this.#config;
  }

  /** What a peer's advertisements are held against. */
  get expectation(): Expectation {
    return this.#expectation;
  }

  /**
   * Goes on under another configuration, before the state machine hears of it. The rules of the
   * lease cover what comes before it is there, and what goes until `settleAddresses`.
   */
  reconfigure({ before, after }: RouterChange): void {
    this.#expectation = expectationOf(after);
    this.#config = after;
    if (after.name !== before.name) this.#news = this.#newsOf(after);
    this.lease.revise(heldAddresses(before));
  }

  /** Takes off what no router of the interface has any more; the rules let go of it when it is gone. */
  settleAddresses({ retired, readdressed, rerouted }: RouterChange): void {
    this.lease.revise(retired);
    if (readdressed) this.keeper.readdress(retired);
    if (rerouted !== null) this.keeper.reroute(rerouted);
  }

  /**
   * After it has left the election: resolves when its addresses are off the interface, or cannot be
   * taken off; those stay mute.
   */
  async close(): Promise<void> {
    await this.keeper.settle();
    this.keeper.close();
    this.faults.close();
    if (this.keeper.gone) this.lease.close();
    else this.lease.leave();
  }

  /** Where the lease cannot fence a stalled process off, a lifetime is slower, and better than nothing. */
  #lifetimeSeconds(): number | null {
    if (!this.lease.needed || this.lease.open) return null;
    const downSeconds = Math.ceil((3 * this.config.advertIntervalMs) / 1000) + 1;
    return Math.max(addressLifetimeMinSeconds, downSeconds);
  }

  /** The address its advertisements leave from, which also decides ties; null while there is none. */
  sourceAddress(): Uint8Array | null {
    return this.link.sourceAddress(this.expectation.delivery.source);
  }

  get state(): RouterState {
    return this.#state;
  }

  get stateSince(): number {
    return this.#stateSince;
  }

  get transitions(): readonly Transition[] {
    return this.#transitions;
  }

  /**
   * Applies one event and returns what it led to. The agent's funnel is the only caller.
   */
  apply(event: RouterEvent, now: number): readonly RouterAction[] {
    const before = this.#state;
    if (before.name === 'Active' && now >= before.advertiseAt) {
      const late = now - before.advertiseAt;
      if (event.type === 'tick') this.lateness.record(late, now);
      // Two intervals without an advertisement: the lease may end in the very moment in which the
      // next one leaves.
      if (late > this.config.advertIntervalMs * 1000) this.#advertiser.doubtLease();
    }
    const result = step(before, event, now);
    this.#state = result.state;
    if (result.state.name !== before.name) this.#stateSince = now;
    const turn = { event, before, after: result.state, reason: transitionReason(result.actions) };
    this.#news.begin(turn);
    for (const action of result.actions) this.#execute(action, now);
    if (this.#news.end(turn, now)) this.statistics.takeoversPostponed += 1;
    return result.actions;
  }

  #execute(action: RouterAction, now: number): void {
    switch (action.type) {
      case 'arm-lease':
        this.lease.arm();
        break;
      case 'end-lease':
        this.lease.end();
        break;
      case 'send-advertisement':
        this.#advertiser.send(action.priority);
        break;
      case 'add-addresses':
        this.keeper.hold();
        break;
      case 'remove-addresses':
        this.#announcePending = false;
        this.keeper.release();
        break;
      case 'announce':
        this.#announcePending = true;
        if (this.keeper.held) this.#announce();
        break;
      case 'begin-drain':
        this.#announcePending = false;
        if (this.lease.drain(action.micros / 1000)) this.keeper.drain();
        else this.#options.onDrainRefused();
        break;
      case 'end-drain':
        this.lease.endDrain();
        break;
      case 'seek-handover':
        this.#options.seekHandover(action.cause, action.asked);
        break;
      case 'ask-peer':
        this.statistics.peerAsked += 1;
        this.#options.askPeer(action.asked);
        break;
      case 'woke-late':
        this.statistics.wokeLate += 1;
        this.#news.wokeLate(action);
        break;
      case 'preempt-held':
        this.#news.preemptHeld(action);
        break;
      case 'transition':
        this.#transition(action, now);
        break;
    }
  }

  /**
   * The interface is gone, or has another name now: the lease goes once the addresses have gone, for
   * an address that is still somewhere on this host has to stay mute.
   */
  async leaveInterface(): Promise<void> {
    await this.keeper.settle();
    if (this.waitingFor === 'interface-missing' && this.keeper.gone) this.lease.close();
  }

  /** What BFD means for the lease: its pace has changed, or our packets left late. */
  fence(news: FenceNews): void {
    // First: a lease that is over must not be given back by what follows.
    if (this.#state.name === 'Active') this.#advertiser.checkLease();
    if (news.type === 'pace') this.lease.watch(news.pace);
  }

  #addressesHeld(): void {
    this.faults.clear('address');
    if (this.#announcePending) this.#announce();
  }

  /** Gratuitous ARP or unsolicited neighbour advertisement, once the addresses are there. */
  #announce(): void {
    this.#announcePending = false;
    const { network } = this.#options;
    for (const address of heldAddresses(this.config)) {
      try {
        network.announce(this.config.interface, address, virtualMacOf(this.config));
        this.statistics.announcementsSent += 1;
      } catch (error) {
        this.statistics.announceErrors += 1;
        this.#complain('announce', error, `cannot announce ${address.address}`);
      }
    }
  }

  #complain(what: string, error: unknown, text: string): void {
    const { log, limiter } = this.#options;
    const reason = error instanceof Error ? error.message : String(error);
    limiter.limit(`${this.config.name} ${what}`, (suppressed) =>
      log.warn(
        { router: this.config.name, interface: this.config.interface, err: error, suppressed },
        `${this.config.name}: ${text}: ${reason}`,
      ),
    );
  }

  #transition(action: RouterAction & { type: 'transition' }, now: number): void {
    const { config } = this;
    const { from, to, reason } = action;
    if (to === 'Active') this.statistics.becameActive += 1;
    const why = describeReason(reason);
    const transition: Transition = {
      router: config.name,
      vrid: config.vrid,
      interface: config.interface,
      from,
      to,
      why,
      evidence: reasonFields(reason),
      priority: this.#state.standing.priority,
      at: now,
    };
    this.#transitions.push(transition);
    if (this.#transitions.length > transitionsKeptMax) this.#transitions.shift();
    this.#options.log.info(
      {
        router: config.name,
        vrid: config.vrid,
        interface: config.interface,
        from,
        to,
        priority: transition.priority,
        ...transition.evidence,
      },
      `${config.name}: ${from} to ${to}: ${why}`,
    );
    const { at, ...event } = transition;
    this.#options.emit({ type: 'transition', ...event });
    this.#options.onTransition(transition);
  }
}
