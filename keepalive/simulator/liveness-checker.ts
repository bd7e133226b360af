import type { VirtualRouterConfig } from '../../src/config/agent-config.ts';
import { handoverExpectMicros, handoverMicros } from '../limits.ts';
import type { RouterStatus, Transition } from '../status.ts';
import { deadPriority, faultPriority } from '../virtual-router/priority.ts';
import type { Cluster } from './cluster.ts';
import { Violation } from './safety-checker.ts';
import type { SimHost } from './sim-host.ts';
import { unitsOf } from './sim-units.ts';

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
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Time after which a world that nothing disturbs has settled. */
  get settleMicros(): number {
    const { intervalMicros, options } = this.#cluster;
    // A health script's verdict (two runs, five intervals apart), two rounds of
    // Active_Down_Interval (the first may elect a router that a better one preempts), and late
    // wakes that listen again. Version 2 has a skew of up to a second in each round.
    const skews = options.version === 2 ? 4_000_000 : 0;
    const startup = options.startupDelayMs * 1000;
    // What is asked, and what is promised, has its time; what the peer wants is said every second.
    const agreed = options.drainTimeoutMs === null ? 0 : handoverMicros + handoverExpectMicros;
    return 30 * intervalMicros + skews + startup + agreed + 500_000;
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
    const { hosts } = this.#cluster;
    const living = hosts.filter(
      (host) =>
        host.agent !== null && !host.paused && host.linkUp && host.sourceless.size < FAMILIES,
    );
    this.#checkOrphans(living);
    const units = new Set(living.flatMap((host) => [...unitsOf(host.config).keys()]));
    for (const unit of units) {
      for (const group of this.#groups(living, unit)) {
        // While a file is being rolled out, not every host needs to have it.
        const members = group.filter((host) => unitsOf(host.config).has(unit));
        const refused = group.some((host) => host.refuseSends || host.refuseAddresses);
        if (members.length > 0 && !refused) this.#checkUnit(members, unit);
      }
    }
  }

  #settled(more: number): boolean {
    const { clock, calmSince, lan, options, sideLink } = this.#cluster;
    const { loss, delayMaxMicros } = lan.quality;
    if (loss > 0 || delayMaxMicros > options.delayMaxMicros) return false;
    // Answers that come or do not come by chance decide when somebody claims.
    if (sideLink !== null && (sideLink.loss > 0 || sideLink.slowMicros > 0)) return false;
    return clock.now - calmSince > this.settleMicros + more;
  }

  /**
   * Hosts that all hear each other in a family of the unit: what moves together is decided in any of
   * them. None while hearing is one-way or not transitive.
   */
  #groups(hosts: readonly SimHost[], unit: string): SimHost[][] {
    const { lan } = this.#cluster;
    const families = new Set(
      hosts.flatMap((host) => (unitsOf(host.config).get(unit) ?? []).map(({ family }) => family)),
    );
    const inTouch = (a: SimHost, b: SimHost) =>
      lan.families(a.station, b.station).some((family) => families.has(family));
    const groups: SimHost[][] = [];
    for (const host of hosts) {
      const group = groups.find((members) => inTouch(members[0]!, host));
      if (group === undefined) groups.push([host]);
      else group.push(host);
    }
    const sound = groups.every((group) =>
      hosts.every((host) =>
        group.every((member) =>
          member === host || group.includes(host)
            ? member === host || inTouch(member, host)
            : lan.separated(member.station, host.station, families),
        ),
      ),
    );
    return sound ? groups : [];
  }

  #checkUnit(group: readonly SimHost[], unit: string): void {
    const routers = unitsOf(group[0]!.config).get(unit)!;
    if (this.#vouchedFor(group, routers)) return;
    const standings = group.map((host) => standingOf(host, routers[0]!.name));
    const names = group.map((host) => this.#cluster.name(host)).join(', ');
    if (
      !group.some((host) => routers.some((router) => host.answersFor(router))) &&
      standings.every(({ claimInMs }) => claimInMs !== null)
    )
      return;
    const best = Math.max(...standings.map(({ effective }) => effective));
    const all = new Set<SimHost>();
    for (const router of routers) {
      const holders = group.filter((host) => host.answersFor(ownOf(host, router)));
      for (const host of holders) all.add(host);
      const able = group.filter(({ sourceless }) => !sourceless.has(router.family));
      // Hosts that are all as sick as can be may block each other where one lacks a family.
      const may = able.length === 0 || (best <= deadPriority && able.length < group.length);
      if (holders.length === 0 && may) continue;
      const [holder] = holders;
      const complete = ownOf(holder ?? group[0]!, router).addresses.every(({ address }) =>
        holder?.addresses.has(address),
      );
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
    this.#checkBest(group, routers, holder);
    this.#checkNeighbours(holder, routers);
  }

  /** Cut off from the holder, which says on the side link that it is well (design 4.2 rule 4). */
  #vouchedFor(
    [host, ...others]: readonly SimHost[],
    routers: readonly VirtualRouterConfig[],
  ): boolean {
    const { hosts, sideLink, options } = this.#cluster;
    if (host === undefined || others.length > 0) return false;
    if (routers.some((router) => host.answersFor(router))) return false;
    const peer = hosts.find((other) => other !== host);
    if (sideLink === null || sideLink.cut || peer === undefined || peer.paused) return false;
    if (options.strictRfc || options.peer === 'other' || !options.leased) return false;
    const holds = routers.every((router) => peer.answersFor(router));
    return holds && !sideLink.unwitnessed.has(peer.station);
  }

  /** Nothing is left on a host that no router of it holds; the rules mute it, but it is not theirs. */
  #checkOrphans(group: readonly SimHost[]): void {
    for (const host of group) {
      const { routers } = host.agent!.status();
      const held = routers
        .filter(({ state, drain }) => state === 'Active' || drain !== null)
        .flatMap(({ addresses }) => addresses.map(({ address }) => address));
      const orphan = [...host.addresses].find((address) => !held.includes(address));
      if (orphan === undefined) continue;
      const name = this.#cluster.name(host);
      throw new Violation('orphan', `${name} has ${orphan}, and is not Active for it`);
    }
  }

  /**
   * Whether a better router has to have taken over, by what its own configuration says. One that does
   * not hear a family of the holder's group may be held back there by what the holder says on the
   * side link, and so in the whole group.
   */
  #checkBest(
    group: readonly SimHost[],
    routers: readonly VirtualRouterConfig[],
    holder: SimHost,
  ): void {
    const { lan, sideLink } = this.#cluster;
    const router = routers[0]!;
    const { effective: priority } = standingOf(holder, router.name);
    for (const host of group) {
      const { effective } = standingOf(host, router.name);
      const { preempt, strictRfc, family } = ownOf(host, router);
      const kept = keeps(host, router.name);
      const must = (preempt && !kept) || (!strictRfc && priority <= faultPriority);
      if (effective <= priority || !must || host.sourceless.has(family)) continue;
      const heard = lan.families(holder.station, host.station);
      if (sideLink !== null && routers.some((one) => !heard.includes(one.family))) continue;
      throw new Violation(
        'wrong-holder',
        `${this.#cluster.name(holder)} held ${router.name} at priority ${priority}, ` +
          `${this.#cluster.name(host)} has ${effective}`,
      );
    }
  }

  /**
   * Strict mode has no last advertisement of the loser, so its winner may not know. Neither can it
   * know of one that announced while cut off and died before it was heard again, or whose last
   * advertisement was lost: there the slow refresh is what helps. The loser of a tie says nothing in
   * the other members of its group, where its address might win.
   */
  #checkNeighbours(holder: SimHost, routers: readonly VirtualRouterConfig[]): void {
    const { announcements, losslessSince, options, lan, hosts } = this.#cluster;
    const whole = hosts.every((host) => lan.connected(holder.station, host.station));
    if (options.strictRfc || !whole || !this.#settled(ANNOUNCE_SETTLE_MICROS)) return;
    for (const { address } of routers.flatMap((router) => ownOf(holder, router).addresses)) {
      const last = announcements.get(address);
      if (last === undefined || last.host === holder || last.host.agent !== last.agent) continue;
      if (last.at < losslessSince) continue;
      if (routers.length > 1 && last.tied) continue;
      throw new Violation(
        'neighbours',
        `${this.#cluster.name(holder)} holds ${address}, ` +
          `but ${this.#cluster.name(last.host)} announced it last`,
      );
    }
  }
}

/** A host's own configuration of a router. */
function ownOf(host: SimHost, { name }: VirtualRouterConfig): VirtualRouterConfig {
  return host.config.virtualRouters.find((router) => router.name === name)!;
}

/** An operator wants no voluntary move there, or has given the addresses away. */
function keeps({ agent }: SimHost, name: string): boolean {
  const { hold, routers } = agent!.status();
  const yielded = routers.some((router) => router.name === name && router.yielded);
  return hold.own || hold.peer || yielded;
}

function standingOf(host: SimHost, name: string): RouterStatus['priority'] {
  return host.agent!.status().routers.find((router) => router.name === name)!.priority;
}
