import type { VirtualRouterConfig } from '../../src/config/agent-config.ts';
import { addressLifetimeMinSeconds, drainPauseMicros } from '../limits.ts';
import type { Transition } from '../status.ts';
import { millis } from '../transition-text.ts';
import { activeDownInterval } from '../virtual-router/timers.ts';
import type { Cluster } from './cluster.ts';
import type { SimHost } from './sim-host.ts';

/** A broken promise. */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly rule:
    | 'two-holders'
    | 'late-claim'
    | 'not-one-holder'
    | 'wrong-holder'
    | 'split-group'
    | 'orphan'
    | 'flap'
    | 'neighbours'
    | 'drain'
    | 'broken-connection'
    | 'packet-loop'
    | 'no-holder'
    | 'hold';

  constructor(rule: Violation['rule'], text: string) {
    super(text);
    this.rule = rule;
  }
}

/** A host, and its own configuration of a router. */
type Claimant = readonly [SimHost, VirtualRouterConfig];

/** Slack for what happens at one instant in several steps. */
const SLACK_MICROS = 2_000;

/**
 * Safety: two hosts that hear each other never both hold the addresses for longer than it takes an
 * advertisement to be sent, heard and acted on.
 *
 * A process that does not run cannot give anything up: silencing it is the work of the kernel's
 * lease (design 4.3), or of the addresses' lifetime, and takes at most as long as that. A host whose
 * addresses somebody else is changing is not judged.
 */
export class SafetyChecker {
  /** Worst overlap seen so far, for the report. */
  worstMicros = 0;
  readonly #cluster: Cluster;
  readonly #overlaps = new Map<string, { at: number; boundMicros: number }>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** A pause after which every down timer is more than an interval late. */
  get #longMicros(): number {
    const { options, intervalMicros } = this.#cluster;
    const down = activeDownInterval(options.version, 0, intervalMicros);
    return intervalMicros + Math.max(down, options.startupDelayMs * 1000);
  }

  /** Longest overlap when one of two hosts does not run. */
  get #leaseMicros(): number {
    const { options, intervalMicros } = this.#cluster;
    // A lease is shorter than any Active_Down_Interval, which has fewer than four intervals.
    if (options.leased) return 4 * intervalMicros + SLACK_MICROS;
    // Without leases it is the lifetime of the addresses that ends it.
    const downSeconds = Math.ceil((3 * intervalMicros) / 1e6) + 1;
    return Math.max(addressLifetimeMinSeconds, downSeconds) * 1_000_000 + SLACK_MICROS;
  }

  /** Longest overlap of two hosts whose agents run. */
  get #boundMicros(): number {
    const { options, intervalMicros } = this.#cluster;
    const jitter = Math.max(...options.hosts.map(({ jitterMicros }) => jitterMicros));
    // In strict mode a priority that changes meanwhile is said an interval later.
    const intervals = options.strictRfc ? 2 : 1;
    return (
      intervals * intervalMicros +
      options.delayMaxMicros +
      2 * jitter +
      // An addition under way is finished before the removal begins.
      2 * options.addressMicros +
      drainPauseMicros +
      SLACK_MICROS
    );
  }

  /** Call after every change. Throws Violation. */
  check(): void {
    const { hosts } = this.#cluster;
    for (let i = 0; i < hosts.length; i++) {
      for (let j = i + 1; j < hosts.length; j++) this.#checkPair(hosts[i]!, hosts[j]!);
    }
  }

  /**
   * A host must not claim with advertisements unread, and one that did not run for so long that its
   * down timer is far behind must not claim in the moment in which it wakes. Throws Violation.
   */
  transition(host: SimHost, transition: Transition): void {
    if (transition.to !== 'Active' || transition.evidence.reason === 'owner') return;
    this.#checkTogether(host, transition);
    const late =
      host.resumedAt === this.#cluster.clock.now && host.pausedForMicros > this.#longMicros;
    if (!late && host.unread === 0) return;
    throw new Violation(
      'late-claim',
      `${this.#cluster.name(host)} claimed the addresses as it woke: ${transition.why}`,
    );
  }

  /** A member of a group claims when the others may, too. */
  #checkTogether(host: SimHost, { router }: Transition): void {
    const { routers } = host.agent?.status() ?? { routers: [] };
    const group = routers.find(({ name }) => name === router)?.syncGroup?.name;
    const alone = routers.find(
      ({ state, syncGroup }) =>
        state === 'Backup' && syncGroup !== null && syncGroup.name === group && !syncGroup.ready,
    );
    if (alone === undefined) return;
    const name = this.#cluster.name(host);
    throw new Violation('split-group', `${name} claimed without ${alone.name}, which may not`);
  }

  #checkPair(a: SimHost, b: SimHost): void {
    for (const router of a.config.virtualRouters) {
      const other = b.config.virtualRouters.find(({ name }) => name === router.name);
      const key = `${a.station}/${b.station}/${router.name}`;
      if (other === undefined) this.#overlaps.delete(key);
      else this.#checkRouter(key, [a, router], [b, other]);
    }
  }

  #checkRouter(key: string, one: Claimant, two: Claimant): void {
    const [[a, router], [b]] = [one, two];
    const now = this.#cluster.clock.now;
    const since = this.#overlaps.get(key);
    if (since !== undefined) {
      this.worstMicros = Math.max(this.worstMicros, now - since.at);
      if (now - since.at > since.boundMicros) {
        const names = `${this.#cluster.name(a)} and ${this.#cluster.name(b)}`;
        throw new Violation(
          'two-holders',
          `${names} both held the address of ${router.name} for ${millis(now - since.at)}, ` +
            `allowed are ${millis(since.boundMicros)}`,
        );
      }
    }
    if (!this.#overlap(one, two)) {
      if (since !== undefined) this.#overlaps.delete(key);
      return;
    }
    // One that stopped running during the overlap has its lease from then on, and it may wake, and
    // find out, at its end.
    const stalled = [a, b].some((host) => host.agent === null || host.paused);
    const allowed = this.#boundMicros + (stalled ? this.#leaseMicros : 0);
    const boundMicros = Math.max(allowed, since?.boundMicros ?? 0);
    this.#overlaps.set(key, { at: since?.at ?? now, boundMicros });
  }

  #overlap([a, router]: Claimant, [b, other]: Claimant): boolean {
    const shared = router.addresses.some(
      ({ address }) => a.addresses.has(address) && b.addresses.has(address),
    );
    if (!shared || !this.#answers(a, router) || !this.#answers(b, other)) return false;
    const { lan, options } = this.#cluster;
    const { loss, delayMaxMicros } = lan.quality;
    if (loss > 0 || delayMaxMicros > options.delayMaxMicros) return false;
    // The members of a group move together: what is heard in one family settles it for both, once
    // both hosts speak in it.
    return lan.families(a.station, b.station).includes(router.family);
  }

  #answers(host: SimHost, router: VirtualRouterConfig): boolean {
    if (host.refuseSends || host.sourceless.size > 0) return false;
    // What somebody adds while the process does not run, or just before, stays until it does.
    const since = host.paused ? host.pausedAt : this.#cluster.clock.now;
    if (since < host.meddledUntil) return false;
    return host.answersFor(router);
  }
}
