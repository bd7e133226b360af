/**
 * Addresses that move by agreement, so that no connection breaks (design 4.4). Everything of an agent
 * that is about it meets here.
 *
 *     step: seek-handover ------>  Negotiations ~~~~> the other agent
 *     tandem handover, stop ---->       |    ^~~~~~~~ its offers and requests
 *                                       v
 *     funnel <-- hand-over, expect, given, handover-answer
 *     funnel <-- drained <-------  Drains: what is left on addresses that were given away
 *                SecondChances:    rules that pass strangers' packets on to a peer that drains
 */
import type { EventSink } from '../events/event-types.ts';
import { handoverMicros, stopDrainMaxMicros } from '../limits.ts';
import type { LogLimiter } from '../log-limiter.ts';
import type {
  HandoverQuestion,
  PeerAnswer,
  PeerHandoverReport,
  PeerReport,
} from '../peer/peer-port.ts';
import type { AgentPorts } from '../ports.ts';
import type { RouterDriver } from '../router-driver.ts';
import type { HandoverResult, HandoverStatus, HoldStatus } from '../status.ts';
import type { ProxyReport } from '../tracking/proxy-tracker.ts';
import type { TransitionReason } from '../virtual-router/action.ts';
import type { HandoverCause, RouterEvent } from '../virtual-router/event.ts';
import { Drains } from './drains.ts';
import { removeLeftRules } from './left-rules.ts';
import { Negotiations, type Settled } from './negotiations.ts';
import type { Refusal } from './refusals.ts';
import { SecondChances } from './second-chances.ts';

/** What the handovers work with. */
export interface HandoversOptions {
  readonly ports: AgentPorts;
  readonly limiter: LogLimiter;
  readonly routers: () => readonly RouterDriver[];
  /** The router and those that move with it. */
  readonly membersOf: (router: RouterDriver) => readonly RouterDriver[];
  readonly emit: EventSink;
  /** The agent's funnel. */
  input(router: RouterDriver, event: RouterEvent): void;
}

/** See the file's comment. */
export class Handovers {
  readonly #options: HandoversOptions;
  readonly #negotiations: Negotiations;
  readonly #chances: SecondChances;
  readonly #drains: Drains;
  /** What is expected of the peer, and since when. */
  readonly #expected = new Map<RouterDriver, { cause: HandoverCause; since: number }>();
  #hold: HoldStatus = { own: false, peer: false };
  /** The agent is about to stop: what it has given away is not taken back. */
  #leaving = false;

  constructor(options: HandoversOptions) {
    const { ports, limiter, routers, emit, input } = options;
    this.#options = options;
    this.#chances = new SecondChances({ ports, limiter, routers });
    this.#drains = new Drains({ ports, limiter, peer: () => this.#peerName(), emit, input });
    this.#negotiations = new Negotiations({
      ports,
      chances: this.#chances,
      named: (name) => routers().find(({ config }) => config.name === name),
      membersOf: options.membersOf,
      leaving: () => this.#leaving,
      onHold: () => this.#hold.own,
      onExpected: (router, cause) => this.#expect(router, cause),
      onGiven: (given, cause, since) => this.#given(given, cause, since),
      input,
    });
  }

  /** Before the election; it takes the kernel some 10 ms a family. */
  rehearse(): void {
    this.#chances.rehearse();
  }

  /** Removes what an earlier agent left behind. */
  start(): void {
    const { secondChances, log } = this.#options.ports;
    if (secondChances !== undefined) removeLeftRules(secondChances, log);
  }

  /** A router's state machine wants one rather than move alone; the outcome is an input of all members. */
  seek(router: RouterDriver, cause: 'priority' | 'preempted', asked: number): void {
    const members = this.#takingPart(router);
    const settled: Settled = (refusal, first) => {
      if (refusal !== null && refusal.needless !== true && first) {
        this.#refused(members, cause, refusal);
      }
      const granted = refusal === null;
      for (const member of members) {
        this.#options.input(member, { type: 'handover-answer', asked, granted });
      }
    };
    if (cause === 'priority') this.#negotiations.offer(members, cause, settled);
    else this.#negotiations.request(members, settled);
  }

  /**
   * Gives away all that this node is Active for, or these routers with those that move with them.
   * Resolves when each was given or refused.
   */
  give(
    names: readonly string[] | null,
    cause: 'operator' | 'stop',
  ): Promise<readonly HandoverResult[]> {
    const chosen = this.#options
      .routers()
      .filter(({ config }) => names === null || names.includes(config.name));
    const units = new Map(
      chosen.map((router) => {
        const members = this.#takingPart(router);
        return [members[0] ?? router, members.length === 0 ? [router] : members];
      }),
    );
    return Promise.all([...units.values()].map((members) => this.#giveUnit(members, cause)));
  }

  /** There is something to give away, or that was and still drains. */
  get concerned(): boolean {
    return this.#giveable().length > 0 || this.#drains.any;
  }

  /** Before the agent stops: gives all away, and lets the connections end. */
  async leave(): Promise<void> {
    const { clock, log } = this.#options.ports;
    const until = clock.now() + stopDrainMaxMicros;
    this.#leaving = true;
    this.#tellHold(false);
    const names = this.#giveable().map(({ config }) => config.name);
    if (names.length > 0) await this.give(names, 'stop');
    this.#drains.hurry(until);
    const draining = this.#options.routers().filter((router) => this.#drains.statusOf(router));
    if (draining.length === 0) return;
    log.info(
      { routers: draining.map(({ config }) => config.name), forMs: stopDrainMaxMicros / 1000 },
      `stopping: waits for the connections that are left, at most ${stopDrainMaxMicros / 1_000_000} s ` +
        '(a second signal ends them at once)',
    );
    await this.#drains.over(until);
  }

  /** No voluntary move from now on, or again; then what was given up here on an operator's word may be taken back. */
  hold(own: boolean, by: 'operator' | 'restart'): void {
    const { emit, ports } = this.#options;
    if (own !== this.#hold.own) {
      emit({ type: 'hold', on: own, by });
      ports.log.info({ on: own, by }, HOLD_TEXT[own ? by : 'released']);
    }
    this.#setHold({ ...this.#hold, own }, !own);
  }

  /** As of now. */
  get holding(): HoldStatus {
    return this.#hold;
  }

  /** A step of the peer's. */
  answer(question: HandoverQuestion, respond: (answer: PeerAnswer) => void): void {
    this.#negotiations.answer(question, respond);
  }

  /** The peer's report, or null when the connection with it was lost. */
  heard(report: PeerReport | null): void {
    this.#chances.heard(report);
    // What it wanted last holds while nobody hears of it: losing the connection moves no address.
    if (report === null) return;
    const peer = report.routers.some(({ handover }) => handover?.onHold === true);
    // That one ends with the peer's agent, too: what an operator gave up here is released here.
    this.#setHold({ ...this.#hold, peer }, false);
  }

  /** What the balancer says. */
  setProxy({ connections = [] }: ProxyReport): void {
    this.#drains.setConnections(connections);
  }

  /** An input was applied to the router; `reason`: of its transition. */
  after(router: RouterDriver, reason: TransitionReason | null): void {
    this.#drains.after(router);
    this.#chances.after(router);
    // One that a new configuration added has not heard of it.
    const onHold = this.#onHold;
    if (router.state.onHold !== onHold) {
      this.#options.input(router, { type: 'hold', onHold, released: false });
    }
    if (router.state.name !== 'Active' || reason === null) return;
    this.#takeBack(router);
    const expected = this.#expected.get(router);
    this.#expected.delete(router);
    if (expected === undefined || reason.code !== 'given') return;
    const { emit, ports } = this.#options;
    const tookMs = (ports.clock.now() - expected.since) / 1000;
    const { name } = router.config;
    router.statistics.handoversReceived += 1;
    emit({
      type: 'handover-received',
      router: name,
      peer: this.#peerName(),
      cause: expected.cause,
      tookMs,
    });
  }

  /** What was given up as a group is this host's again as a group, with those that cannot take part now. */
  #takeBack(router: RouterDriver): void {
    for (const member of this.#options.membersOf(router)) {
      if (member.state.name === 'Active' || !member.state.yielded) continue;
      this.#options.input(member, { type: 'hold', onHold: this.#onHold, released: true });
    }
  }

  /** What the peer is told of a router; null: it hands nothing over. */
  reportOf(router: RouterDriver, address: string | null): PeerHandoverReport | null {
    const drain = this.#drains.reportOf(router);
    // A drain that has begun goes on when the file allows no other one.
    if (router.state.parameters.drainMicros === 0 && drain === null) return null;
    return { address, onHold: this.#hold.own, drain };
  }

  /** Its part of a router's status. */
  statusOf(router: RouterDriver): HandoverStatus {
    const { state } = router;
    return {
      drain: this.#drains.statusOf(router),
      lastDrain: this.#drains.lastOf(router),
      secondChance: this.#chances.statusOf(router),
      passedOn: this.#chances.passedOn(router),
      cannotPassOn: this.#chances.obstacle(router),
      yielded: state.name === 'Backup' && state.yielded,
    };
  }

  /** Removes the rules, and counts no more. */
  stop(): void {
    this.#drains.stop();
    this.#chances.stop();
  }

  #giveable(): readonly RouterDriver[] {
    return this.#options
      .routers()
      .filter(({ state }) => state.name === 'Active' && state.parameters.drainMicros > 0);
  }

  /** Members that are out of the election have nothing to give or take. */
  #takingPart(router: RouterDriver): readonly RouterDriver[] {
    return this.#options.membersOf(router).filter(({ state }) => state.name !== 'Initialize');
  }

  #giveUnit(members: readonly RouterDriver[], cause: 'operator' | 'stop'): Promise<HandoverResult> {
    const routers = members.map(({ config }) => config.name);
    const to = this.#options.ports.peer === undefined ? null : this.#peerName();
    if (members.every(({ state }) => state.name !== 'Active')) {
      const states = members.map(({ config, state }) => `${config.name} is ${state.name}`);
      const reason = `${states.join(', ')} on this node`;
      return Promise.resolve({ routers, outcome: 'not-active', reason, to });
    }
    return new Promise((resolve) => {
      this.#negotiations.offer(members, cause, (refusal) => {
        if (refusal !== null) this.#refused(members, cause, refusal);
        const outcome = refusal === null ? 'given' : 'refused';
        resolve({ routers, outcome, reason: refusal?.why ?? null, to });
      });
    });
  }

  /** Since the first word of it: what this host asked for is offered to it a moment later. */
  #expect(router: RouterDriver, cause: HandoverCause): void {
    const now = this.#options.ports.clock.now();
    const before = this.#expected.get(router);
    const same = before?.cause === cause && now - before.since <= handoverMicros;
    if (!same) this.#expected.set(router, { cause, since: now });
  }

  #given(members: readonly RouterDriver[], cause: HandoverCause, since: number): void {
    const { emit, ports } = this.#options;
    const tookMs = (ports.clock.now() - since) / 1000;
    for (const { config, statistics } of members) {
      statistics.handoversGiven += 1;
      emit({ type: 'handover-given', router: config.name, peer: this.#peerName(), cause, tookMs });
    }
  }

  #refused(members: readonly RouterDriver[], cause: HandoverCause, refusal: Refusal): void {
    const { emit, limiter, ports } = this.#options;
    const { type: kind, why } = refusal;
    for (const { config, statistics } of members) {
      const { name: router } = config;
      statistics.handoversRefused[kind] += 1;
      emit({
        type: 'handover-refused',
        router,
        peer: this.#peerName(),
        cause,
        refusal: kind,
        why,
      });
      limiter.limit(`${router} handover ${kind}`, (suppressed) =>
        ports.log.warn(
          { router, cause, refusal: kind, suppressed },
          `${router}: no agreed handover (${cause}): ${why}`,
        ),
      );
    }
  }

  #setHold(hold: HoldStatus, released: boolean): void {
    const before = this.#onHold;
    this.#hold = hold;
    if (released || this.#onHold !== before) this.#tellHold(released);
  }

  /** No voluntary move, for one reason or another. */
  get #onHold(): boolean {
    return this.#hold.own || this.#hold.peer || this.#leaving;
  }

  #tellHold(released: boolean): void {
    const onHold = this.#onHold;
    for (const router of this.#options.routers()) {
      this.#options.input(router, { type: 'hold', onHold, released });
    }
  }

  #peerName(): string {
    return this.#options.ports.peer?.status().peer ?? '';
  }
}

const HOLD_TEXT = {
  operator: 'on hold: the addresses stay where they are unless their host fails',
  restart:
    'on hold, as before the restart: the addresses stay where they are unless their host fails',
  released: 'released: the addresses move as usual again',
} as const;
