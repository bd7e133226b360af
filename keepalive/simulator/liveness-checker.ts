import type { Transition } from '../status.ts';
import { deadPriority, faultPriority } from '../virtual-router/priority.ts';
import type { Cluster } from './cluster.ts';
import { Violation } from './safety-checker.ts';
import type { SimHost } from './sim-host.ts';

/** A host without a source address in either takes no part. */
const FAMILIES = 2;
/** After the last announcement of a schedule's first second there is never a longer gap. */
const ANNOUNCE_SETTLE_MICROS = 1_200_000;

/**
 * Liveness: once nothing but the protocol has changed the world for the settling time, every group
 * of hosts that hear each other has exactly one holder, the right one, which announced last; and
 * nobody changes state any more.
 */
export class LivenessChecker {
  readonly settleMicros: number;
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    const intervalMicros = cluster.options.advertIntervalMs * 1000;
    // A health script's verdict (two runs, five intervals apart), two rounds of
    // Active_Down_Interval (the first may elect a router that a better one preempts), and late
    // wakes that listen again. Version 2 has a skew of up to a second in each round.
    const skews = cluster.options.version === 2 ? 4_000_000 : 0;
    const startup = cluster.options.startupDelayMs * 1000;
    this.settleMicros = 30 * intervalMicros + skews + startup + 500_000;
  }

  /** Call for every transition. Throws Violation for one in a settled world. */
  transition(host: SimHost, transition: Transition): void {
    if (!this.#settled(0)) return;
    throw new Violation(
      'flap',
      `${this.#cluster.name(host)} went from ${transition.from} to ${transition.to} ` +
        `in a settled world: ${transition.why}`,
    );
  }

  /** Call whenever the world may be settled. Throws Violation. */
  check(): void {
    if (!this.#settled(0)) return;
    for (const group of this.#groups()) this.#checkGroup(group);
  }

  #settled(more: number): boolean {
    const { clock, calmSince, lan, options, sideLink } = this.#cluster;
    const { loss, delayMaxMicros } = lan.quality;
    if (loss > 0 || delayMaxMicros > options.delayMaxMicros) return false;
    // Answers that come or do not come by chance decide when somebody claims.
    if (sideLink !== null && (sideLink.loss > 0 || sideLink.slowMicros > 0)) return false;
    return clock.now - calmSince > this.settleMicros + more;
  }

  /** Hosts that all hear each other; none while hearing is one-way or not transitive. */
  #groups(): SimHost[][] {
    const { lan } = this.#cluster;
    const hosts = this.#cluster.hosts.filter(
      (host) =>
        host.agent !== null && !host.paused && host.linkUp && host.sourceless.size < FAMILIES,
    );
    const groups: SimHost[][] = [];
    for (const host of hosts) {
      const group = groups.find((members) => lan.inTouch(members[0]!.station, host.station));
      if (group === undefined) groups.push([host]);
      else group.push(host);
    }
    const sound = groups.every((group) =>
      hosts.every((host) =>
        group.every((member) =>
          member === host || group.includes(host)
            ? member === host || lan.inTouch(member.station, host.station)
            : lan.separated(member.station, host.station),
        ),
      ),
    );
    return sound ? groups : [];
  }

  #checkGroup(group: readonly SimHost[]): void {
    if (group.some((host) => host.refuseSends || host.refuseAddresses)) return;
    if (this.#vouchedFor(group)) return;
    const standings = group.map((host) => host.agent!.status().routers[0]!.priority);
    const names = group.map((host) => this.#cluster.name(host)).join(', ');
    if (
      !group.some((host) => host.answers) &&
      standings.every(({ claimInMs }) => claimInMs !== null)
    )
      return;
    const best = Math.max(...standings.map(({ effective }) => effective));
    const all = new Set<SimHost>();
    for (const router of group[0]!.config.virtualRouters) {
      const holders = group.filter((host) => host.answersFor(router));
      for (const host of holders) all.add(host);
      const able = group.filter(({ sourceless }) => !sourceless.has(router.family));
      // Hosts that are all as sick as can be may block each other where one lacks a family.
      const may = able.length === 0 || (best <= deadPriority && able.length < group.length);
      if (holders.length === 0 && may) continue;
      const holder = holders[0];
      const complete = router.addresses.every(({ address }) => holder?.addresses.has(address));
      if (holders.length !== 1 || !complete) {
        const list = holders.map((host) => this.#cluster.name(host)).join(', ') || 'nobody';
        throw new Violation('not-one-holder', `of ${names}, ${list} held ${router.name}`);
      }
    }
    const [holder] = all;
    const lacking = group.some(({ sourceless }) => sourceless.size > 0);
    if (holder === undefined || (best <= deadPriority && lacking)) return;
    if (all.size !== 1) {
      const list = [...all].map((host) => this.#cluster.name(host)).join(', ');
      throw new Violation('split-group', `${list} share what belongs together`);
    }
    const priority = standings[group.indexOf(holder)]!.effective;
    if (priority < best && this.#mustMove(priority)) {
      throw new Violation(
        'wrong-holder',
        `${this.#cluster.name(holder)} held the addresses at priority ${priority}, ` +
          `another has ${best}`,
      );
    }
    this.#checkNeighbours(holder);
  }

  /** Cut off from the holder, which says on the side link that it is well (design 4.2 rule 4). */
  #vouchedFor([host, ...others]: readonly SimHost[]): boolean {
    const { hosts, sideLink, options } = this.#cluster;
    if (host === undefined || others.length > 0 || host.answers) return false;
    const peer = hosts.find((other) => other !== host);
    if (sideLink === null || sideLink.cut || peer === undefined || peer.paused) return false;
    if (options.strictRfc || options.peer === 'other' || !options.leased) return false;
    const holds = peer.config.virtualRouters.every((router) => peer.answersFor(router));
    return holds && !sideLink.unwitnessed.has(peer.station);
  }

  /** Whether a better router has to have taken over from one of this priority. */
  #mustMove(priority: number): boolean {
    const { preempt, strictRfc } = this.#cluster.options;
    return preempt || (!strictRfc && priority <= faultPriority);
  }

  /**
   * Strict mode has no last advertisement of the loser, so its winner may not know. Neither can it
   * know of one that announced while cut off and died before it was heard again, or whose last
   * advertisement was lost: there the slow refresh is what helps.
   */
  #checkNeighbours(holder: SimHost): void {
    const { lastAnnouncement: last, losslessSince, options, lan, hosts } = this.#cluster;
    const whole = hosts.every((host) => lan.connected(holder.station, host.station));
    if (options.strictRfc || !whole || !this.#settled(ANNOUNCE_SETTLE_MICROS)) return;
    if (last === null || last.host === holder || last.host.agent !== last.agent) return;
    if (last.at < losslessSince) return;
    throw new Violation(
      'neighbours',
      `${this.#cluster.name(holder)} holds the addresses, ` +
        `but ${this.#cluster.name(last.host)} announced them last`,
    );
  }
}
