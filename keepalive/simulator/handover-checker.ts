import type { VirtualRouterConfig } from '../../src/config/agent-config.ts';
import type { Agent } from '../agent.ts';
import {
  drainCountMicros,
  drainLeastMicros,
  drainPauseMicros,
  handoverExpectMicros,
  handoverMicros,
} from '../limits.ts';
import type { RouterStatus, Transition } from '../status.ts';
import { millis } from '../transition-text.ts';
import { faultPriority } from '../virtual-router/priority.ts';
import { activeDownInterval } from '../virtual-router/timers.ts';
import type { Cluster } from './cluster.ts';
import { Violation } from './safety-checker.ts';
import { believed, follow } from './sim-clients.ts';
import type { SimHost } from './sim-host.ts';
import { unitsOf } from './sim-units.ts';

/** Slack for what happens at one instant in several steps, and for clocks that run apart. */
const SLACK_MICROS = 5_000;
/** Between two reports of an agent that has nothing new to say, and what a removal takes. */
const HEARTBEAT_MICROS = 1_100_000;

/** What two agents need to know each other again, and what a watch of the other host takes. */
const WATCH_MICROS = 6_000_000;

/** What a host gave away, and owes its connections. */
interface Given {
  readonly host: SimHost;
  readonly agent: Agent;
  readonly router: VirtualRouterConfig;
  readonly peer: SimHost;
  readonly since: number;
  /** When the drain has to be over. */
  readonly until: number;
  /** Its connections must not be reset: nothing has happened to either host since. */
  owed: boolean;
}

/**
 * Agreed handovers (design 4.4): whoever drains is mute; a connection that was there is served until
 * the drain is over; packets never go round; and no handover, however it fails, leaves the addresses
 * without a holder for longer than a plain takeover takes. What an operator wants is kept to.
 */
export class HandoverChecker {
  readonly #cluster: Cluster;
  /** By host and router. */
  readonly #given = new Map<string, Given>();
  /** The agents that gave a router away on an operator's word, by host and router. */
  readonly #yielded = new Map<string, Agent>();
  readonly #held = new Map<SimHost, Agent>();
  /** Since when nobody answers, by router. */
  readonly #gaps = new Map<string, number>();
  /** Since when a host is fit to take over. */
  readonly #fitSince = new Map<SimHost, number>();
  /** Since when both hosts pass the same packets on, by address. */
  readonly #mutual = new Map<string, number>();
  /** When a router last changed its state, by host and router. */
  readonly #changedAt = new Map<string, number>();
  /** When the agents could last not talk beside the LAN as they should. */
  #unlinkedAt = 0;
  /** Longest that a word beside the LAN has taken, by a fault of the link. */
  #slowestMicros = 0;
  #movedAt = 0;
  #lastUntil = 0;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** An operator holds a host, or lets go of it; then what was yielded there may be taken back. */
  hold(host: SimHost, on: boolean): void {
    if (on && host.agent !== null) this.#held.set(host, host.agent);
    else {
      this.#held.delete(host);
      for (const { name } of host.config.virtualRouters) this.#yielded.delete(keyOf(host, name));
    }
  }

  /** Call for every transition. Throws Violation. */
  transition(host: SimHost, transition: Transition): void {
    if (this.#cluster.clients === null) return;
    const { router: name, evidence, from, to } = transition;
    const { now } = this.#cluster.clock;
    const key = keyOf(host, name);
    const router = host.config.virtualRouters.find((one) => one.name === name);
    this.#movedAt = now;
    this.#changedAt.set(key, now);
    this.#given.delete(key);
    if (to === 'Initialize' && evidence.cause === 'stop') this.#yielded.delete(key);
    if (to === 'Active') this.#claimed(host, name, evidence);
    if (evidence.reason === 'handed-over' && router !== undefined && host.agent !== null) {
      this.#gaveAway(host, router, String(evidence.cause));
    } else if (from === 'Active') {
      // Only what was given away goes on.
      for (const { address } of router?.addresses ?? []) host.handover.break(address);
    }
    this.check();
  }

  #claimed(host: SimHost, name: string, { reason, peerPriority }: Transition['evidence']): void {
    const key = keyOf(host, name);
    const yielded = this.#yielded.get(key) === host.agent;
    // What was given up as a group comes back as a group, with members that cannot take part just now.
    for (const unit of unitsOf(host.config).values()) {
      if (!unit.some((member) => member.name === name)) continue;
      for (const member of unit) this.#yielded.delete(keyOf(host, member.name));
    }
    if (reason !== 'peer-lower' || Number(peerPriority) <= faultPriority) return;
    const held = this.#held.get(host) === host.agent;
    if (!held && !yielded) return;
    throw new Violation(
      'hold',
      `${this.#cluster.name(host)} took ${name} from a sound router although ` +
        (held ? 'an operator holds it' : 'an operator had it given away'),
    );
  }

  #gaveAway(host: SimHost, router: VirtualRouterConfig, cause: string): void {
    const { hosts, clock } = this.#cluster;
    const agent = host.agent!;
    const peer = hosts.find((other) => other !== host)!;
    const key = keyOf(host, router.name);
    if (cause === 'operator' || cause === 'stop') this.#yielded.set(key, agent);
    const peerKey = keyOf(peer, router.name);
    const unwanted =
      this.#held.get(host) === agent ||
      (this.#yielded.has(peerKey) && this.#yielded.get(peerKey) === peer.agent);
    if (cause === 'preempted' && unwanted) {
      const name = this.#cluster.name(host);
      throw new Violation('hold', `${name} gave ${router.name} to whoever preempted it`);
    }
    const since = clock.now;
    const until = since + (router.drainTimeoutMs ?? 0) * 1000;
    // Whoever agreed to it may be gone by the time that its answer arrives; the next one knows nothing of it.
    const owed = peer.agent !== null && since - peer.startedAt > handoverMicros;
    this.#given.set(key, { host, agent, router, peer, since, until, owed });
    this.#lastUntil = Math.max(this.#lastUntil, until);
  }

  /** Call after every change, but not within a step of a state machine. Throws Violation. */
  check(): void {
    if (this.#cluster.clients === null) return;
    const { sideLink, clock } = this.#cluster;
    const whole = sideLink !== null && !sideLink.cut && sideLink.loss + sideLink.slowMicros === 0;
    this.#slowestMicros = Math.max(this.#slowestMicros, sideLink?.slowMicros ?? 0);
    const talk = this.#cluster.hosts.every(({ agent, paused }) => agent !== null && !paused);
    if (!whole || !talk) this.#unlinkedAt = clock.now;
    for (const given of this.#given.values()) this.#checkGiven(given);
    this.#checkLoops();
    for (const host of this.#cluster.hosts) this.#feel(host);
    const names = this.#cluster.hosts.flatMap(({ config }) =>
      config.virtualRouters.map(({ name }) => name),
    );
    for (const name of new Set(names)) this.#checkGap(name);
  }

  /** By when nothing drains any more, if nobody has connected from `since` on; a late handover puts it off. */
  emptyBy(since: number): number {
    const from = Math.max(since, this.#movedAt);
    const counted = drainLeastMicros + 2 * drainCountMicros;
    const told = handoverExpectMicros + HEARTBEAT_MICROS;
    const cut = Math.min(this.#lastUntil, from + this.#longestLeft());
    return Math.max(from, cut) + counted + told;
  }

  #longestLeft(): number {
    const open = this.#cluster.hosts.some(({ handover }) => handover.connections.size > 0);
    return open ? (this.#cluster.options.drainTimeoutMs ?? 0) * 1000 : 0;
  }

  /** Nothing drains, and nothing is passed on. Throws Violation. */
  checkEmpty(): void {
    for (const { agent, handover, config } of this.#cluster.hosts) {
      const drains = agent?.status().routers.some(({ drain }) => drain !== null) === true;
      if (!drains && handover.passesOn.size === 0) continue;
      const what = drains ? 'drains' : 'passes packets on';
      throw new Violation('drain', `${config.node} ${what} although nobody is left`);
    }
  }

  #checkGiven(given: Given): void {
    const { host, agent, router, until } = given;
    const { now } = this.#cluster.clock;
    const runs = host.agent === agent && !host.paused;
    if (!runs && host.agent !== agent) {
      given.owed = false;
      return;
    }
    // A claim arms the lease before it is told of.
    if (
      !this.#meddled(host) &&
      host.answersFor(router) &&
      statusOf(agent, router.name)?.state === 'Backup'
    ) {
      const name = this.#cluster.name(host);
      throw new Violation('drain', `${name} drains, and answers for ${router.name}`);
    }
    this.#checkUntil(given, runs);
    this.#release(given);
    if (!given.owed || now > until - SLACK_MICROS) return;
    for (const { address } of router.addresses) this.#checkServed(given, address);
  }

  /**
   * What somebody adds to an interface that has come back without its rules answers until an agent that
   * runs has removed it.
   */
  #meddled(host: SimHost): boolean {
    const { now } = this.#cluster.clock;
    const works = !host.paused && now >= host.resumedAt + this.#removalMicros(host);
    return (works ? now : Math.min(now, host.pausedAt)) < host.meddledUntil;
  }

  #removalMicros(host: SimHost): number {
    const { hosts, addressMicros } = this.#cluster.options;
    const { jitterMicros } = hosts[host.station]!;
    return 4 * addressMicros + drainPauseMicros + jitterMicros + SLACK_MICROS;
  }

  #checkUntil({ host, agent, router, until }: Given, runs: boolean): void {
    const { now } = this.#cluster.clock;
    const woken = Math.max(until, host.resumedAt);
    if (!runs || now < woken + this.#removalMicros(host) || now < host.meddledUntil) return;
    const status = statusOf(agent, router.name);
    const left = router.addresses.find(
      ({ address }) => host.addresses.has(address) && host.lease.passesIp(address),
    );
    if (status?.state !== 'Backup' || (left === undefined && status.drain === null)) return;
    const name = this.#cluster.name(host);
    throw new Violation('drain', `${name} drains ${router.name} beyond its time`);
  }

  /** Whether what has happened to the hosts since excuses a reset. */
  #release(given: Given): void {
    const { host, peer, router } = given;
    const { clock } = this.#cluster;
    const linked = clock.now - this.#unlinkedAt > WATCH_MICROS;
    const changed = [host, peer].some((one) => {
      const own = one.config.virtualRouters.find(({ name }) => name === router.name);
      return own?.addresses.length !== router.addresses.length;
    });
    const meddled = [host, peer].some((one) => clock.now < one.meddledUntil || one.refuseAddresses);
    const apart = !host.hears(peer) && !linked;
    const dead = !host.reachable || peer.handover.refused || peer.agent === null;
    // What is passed on goes to its own address there.
    const nowhere = host.sourceless.has(router.family);
    if (changed || meddled || apart || dead || nowhere) given.owed = false;
  }

  /** A client that has a connection there gets its packets through, or has to send them again. */
  #checkServed({ host, router, since }: Given, address: string): void {
    const { clock, lan, options } = this.#cluster;
    if ((host.handover.connections.get(address) ?? 0) === 0) return;
    if (!host.lease.passesIp(address)) {
      const name = this.#cluster.name(host);
      throw new Violation('broken-connection', `${name} drains ${address}, and is mute`);
    }
    if (lan.quality.loss > 0 || lan.quality.delayMaxMicros > options.delayMaxMicros) return;
    const first = believed(this.#cluster, router, address);
    if (first === null) return;
    const { fate, hops } = follow(this.#cluster, { address, first, owner: host });
    if (fate !== 'reset' && hops < 2) return;
    const [name, at] = [this.#cluster.name(host), this.#cluster.name(first)];
    throw new Violation(
      fate === 'reset' ? 'broken-connection' : 'packet-loop',
      `${at} does not pass what is for ${address} on to ${name}, which gave it away ` +
        `${millis(clock.now - since)} ago`,
    );
  }

  /**
   * What neither host knows would go round, were it not for the guard, while each passes on to the
   * other: right after a handover only.
   */
  #checkLoops(): void {
    const { hosts, clock } = this.#cluster;
    const [a, b] = hosts;
    const run = [a, b].every((host) => host!.agent !== null && !host!.paused);
    // Nothing goes round on a LAN that carries nothing between them.
    const meet = a!.hears(b!) && b!.hears(a!);
    const addresses = run && meet ? [...a!.handover.passesOn.keys()] : [];
    for (const address of this.#mutual.keys()) {
      if (!addresses.includes(address)) this.#mutual.delete(address);
    }
    for (const address of addresses) {
      const stray = { address, first: a!, owner: null };
      if (!b!.handover.passesOn.has(address)) {
        this.#mutual.delete(address);
        continue;
      }
      if (follow(this.#cluster, stray).hops > 1) {
        throw new Violation('packet-loop', `a packet for ${address} goes from host to host`);
      }
      const since = this.#mutual.get(address) ?? clock.now;
      this.#mutual.set(address, since);
      // An offer that is long on its way is prepared for when it comes, too late to be of use.
      const offeredAt = this.#cluster.orderedAt + this.#slowestMicros;
      const woken = Math.max(since, offeredAt, this.#movedAt, a!.resumedAt, b!.resumedAt);
      const late = handoverMicros + SLACK_MICROS + this.#lateMicros();
      if (clock.now <= woken + handoverExpectMicros + late) continue;
      throw new Violation(
        'packet-loop',
        `only the guard keeps packets for ${address} from going round, for ${millis(clock.now - since)}`,
      );
    }
  }

  #lateMicros(): number {
    return 2 * Math.max(...this.#cluster.options.hosts.map(({ jitterMicros }) => jitterMicros));
  }

  /** Since when a host could have taken over: it runs, hears and is heard. */
  #feel(host: SimHost): void {
    const fit = host.agent !== null && !host.paused && host.linkUp && host.sourceless.size === 0;
    if (!fit) this.#fitSince.delete(host);
    else if (!this.#fitSince.has(host)) this.#fitSince.set(host, this.#cluster.clock.now);
  }

  /** A plain takeover's time, with an answer beside the LAN that postpones it. */
  get #boundMicros(): number {
    const { options, intervalMicros } = this.#cluster;
    const down = activeDownInterval(options.version, 1, intervalMicros);
    const slow = options.delayMaxMicros + 2 * options.addressMicros + 2 * this.#lateMicros();
    const startup = options.startupDelayMs * 1000;
    // Whoever lost a tie in its group is patient for two more.
    const patience = options.grouped ? 2 * down : 0;
    return down + patience + startup + intervalMicros + slow + drainPauseMicros + SLACK_MICROS;
  }

  #checkGap(name: string): void {
    const { hosts, clock, severeUntil, lan, options } = this.#cluster;
    const { now } = clock;
    const answers = hosts.some((host) => {
      const router = host.config.virtualRouters.find((one) => one.name === name);
      return router !== undefined && host.answersFor(router);
    });
    const poor = lan.quality.loss > 0 || lan.quality.delayMaxMicros > options.delayMaxMicros;
    if (answers || poor || now <= severeUntil) {
      this.#gaps.delete(name);
      return;
    }
    const since = this.#gaps.get(name) ?? now;
    this.#gaps.set(name, since);
    if (now - since <= this.#boundMicros) return;
    for (const host of hosts) {
      const fitSince = Math.max(this.#fitSince.get(host) ?? now, host.balancerAt);
      if (now - Math.max(since, fitSince) <= this.#boundMicros) continue;
      const status = statusOf(host.agent!, name);
      if (status === undefined || status.state !== 'Backup') continue;
      const listensSince = this.#changedAt.get(keyOf(host, name)) ?? now;
      if (status.priority.claimInMs !== null || now - listensSince <= this.#boundMicros) continue;
      throw new Violation(
        'no-holder',
        `nobody held ${name} for ${millis(now - since)} although ${this.#cluster.name(host)} could have`,
      );
    }
  }
}

function statusOf(agent: Agent, name: string): RouterStatus | undefined {
  return agent.status().routers.find((router) => router.name === name);
}

function keyOf(host: SimHost, router: string): string {
  return `${host.station}/${router}`;
}
