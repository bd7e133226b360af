/**
 * One run: a swarm drawn from the seed lives through faults drawn from the seed, is healed, and has
 * to settle. The agents are the real ones; only their ports are simulated.
 */
import { Cluster, formatTrace } from './cluster.ts';
import type { Fault } from './fault.ts';
import { beginFault } from './faults.ts';
import { HandoverChecker } from './handover-checker.ts';
import { LivenessChecker } from './liveness-checker.ts';
import { Prng } from './prng.ts';
import { SafetyChecker, Violation } from './safety-checker.ts';
import { drawOptions, type SwarmOptions } from './swarm-options.ts';

/** What a seed came to. */
export interface SimulationResult {
  readonly seed: number;
  readonly options: SwarmOptions;
  /** Null when every promise was kept. */
  readonly violation: Violation | null;
  /** What happened, one line each, the violation last. */
  readonly trace: string;
  /**
   * Every input of every state machine (journal.ts), each line after its host's name; null when not
   * asked for.
   */
  readonly journal: readonly string[] | null;
  readonly faults: number;
  readonly transitions: number;
  readonly simulatedMicros: number;
  /** Longest time that two hosts which hear each other both held the addresses. */
  readonly worstOverlapMicros: number;
}

/** Drains of at least this outlast a run. */
const LONG_DRAIN_MS = 60_000;
/** Between two looks at what lasts for seconds. */
const CHECK_MICROS = 100_000;

/** How to run a seed. */
export interface SimulateOptions {
  /** Keep the journal. */
  readonly journal?: boolean;
  /** Of whatever the seed draws, make a pair whose addresses move by agreement. */
  readonly handover?: boolean;
}

/** Intervals that a healed swarm is watched after it had to be settled. */
const WATCH_INTERVALS = 20;

/**
 * Runs one seed. A broken promise is a result, not an exception. The journal takes a third of the
 * time, so it is kept only on demand: the same seed lives the same life again.
 */
export async function simulate(
  seed: number,
  { journal = false, handover = false }: SimulateOptions = {},
): Promise<SimulationResult> {
  const prng = new Prng(seed);
  const options = drawOptions(prng, handover);
  const cluster = new Cluster(options, prng, journal ? [] : null);
  const run = new Run(cluster, prng);
  const violation = await run.live();
  if (violation !== null) {
    const text = `VIOLATION ${violation.rule}: ${violation.message}`;
    cluster.trace.push({ at: run.violatedAt, text });
  }
  return {
    seed,
    options,
    violation,
    trace: formatTrace(cluster.trace),
    journal: cluster.journal,
    faults: run.faults,
    transitions: run.transitions,
    simulatedMicros: cluster.clock.now,
    worstOverlapMicros: run.safety.worstMicros,
  };
}

class Run {
  readonly safety: SafetyChecker;
  faults = 0;
  transitions = 0;
  violatedAt = 0;
  readonly #cluster: Cluster;
  readonly #prng: Prng;
  readonly #liveness: LivenessChecker;
  readonly #handovers: HandoverChecker;
  readonly #current = new Set<Fault>();
  #violation: Violation | null = null;

  constructor(cluster: Cluster, prng: Prng) {
    this.#cluster = cluster;
    this.#prng = prng;
    this.safety = new SafetyChecker(cluster);
    this.#liveness = new LivenessChecker(cluster);
    this.#handovers = new HandoverChecker(cluster);
    cluster.onChange = () => {
      this.#guard(() => this.safety.check());
      this.#guard(() => this.#handovers.check());
    };
    cluster.onHold = (host, on) => this.#handovers.hold(host, on);
    cluster.onTransition = (host, transition) => {
      this.transitions += 1;
      this.#guard(() => this.safety.transition(host, transition));
      this.#guard(() => this.#liveness.transition(host, transition));
      this.#guard(() => this.#handovers.transition(host, transition));
    };
  }

  async live(): Promise<Violation | null> {
    try {
      await this.#chaos();
      await this.#heal();
    } finally {
      await this.#end();
    }
    return this.#violation;
  }

  /** The first violation counts; the agents that were called back must not see it thrown. */
  #guard(check: () => void): void {
    if (this.#violation !== null) return;
    try {
      check();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.#violation = error;
      this.violatedAt = this.#cluster.clock.now;
    }
  }

  async #chaos(): Promise<void> {
    const { clock, hosts, options } = this.#cluster;
    const interval = options.advertIntervalMs * 1000;
    for (const host of hosts) {
      const delay = this.#prng.chance(0.5) ? 0 : this.#prng.integer(0, 10 * interval);
      clock.after(delay, () => {
        if (host.agent === null) this.#cluster.start(host);
      });
    }
    const until = options.chaosIntervals * interval;
    while (clock.now < until && this.#violation === null) {
      // Mostly on the heels of the last one; sometimes the swarm may settle in between.
      const mean = options.faultEveryIntervals * interval;
      const pause = this.#prng.chance(0.1)
        ? this.#liveness.settleMicros + interval
        : this.#prng.integer(0, 2 * mean);
      await this.#live(pause);
      this.#begin();
    }
  }

  #begin(): void {
    const interval = this.#cluster.options.advertIntervalMs * 1000;
    const fault = beginFault(this.#cluster, this.#prng);
    if (fault === null) return;
    this.faults += 1;
    this.#current.add(fault);
    // Mostly over before the swarm has settled; sometimes it has to settle with the fault.
    const lasts = this.#prng.chance(0.15)
      ? this.#liveness.settleMicros + this.#prng.integer(10, 30) * interval
      : this.#prng.integer(0, 30 * interval);
    this.#cluster.clock.after(lasts, () => this.#finish(fault));
  }

  #finish(fault: Fault): void {
    if (this.#current.delete(fault)) fault.end();
  }

  /**
   * The network and the processes are mended, the balancers not always; then there is one holder,
   * and nothing moves any more.
   */
  async #heal(): Promise<void> {
    const { clock, hosts, lan, options } = this.#cluster;
    for (const fault of [...this.#current]) this.#finish(fault);
    lan.heal();
    this.#cluster.sideLink?.heal();
    for (const host of hosts) {
      host.handover.refused = false;
      this.#cluster.adopt(host);
      if (host.agent === null) this.#cluster.start(host);
      if (options.trackProxy) this.#cluster.setProxy(host, this.#prng.chance(0.75));
    }
    this.#cluster.note('healed');
    const interval = options.advertIntervalMs * 1000;
    // Something may still linger (a balancer that becomes ready), so the world is settled later
    // than the settling time from now.
    while (this.#violation === null) {
      const settled = this.#cluster.calmSince + this.#liveness.settleMicros + interval;
      if (clock.now > settled) break;
      await this.#live(settled - clock.now + 1);
    }
    for (let i = 0; i < WATCH_INTERVALS; i++) await this.#live(interval);
    await this.#emptied();
  }

  /** The clients have left, or are cut at the end of the last drain: nothing of it is left. */
  async #emptied(): Promise<void> {
    const { clients, clock, options } = this.#cluster;
    if (clients === null) return;
    const short = (options.drainTimeoutMs ?? 0) < LONG_DRAIN_MS;
    if (short && this.#prng.chance(0.5)) clients.stop();
    else clients.leave();
    const since = clock.now;
    while (clock.now <= this.#handovers.emptyBy(since) && this.#violation === null) {
      await this.#live(CHECK_MICROS);
    }
    this.#guard(() => this.#handovers.checkEmpty());
  }

  /** Time passes; both checkers look at its end. */
  async #live(micros: number): Promise<void> {
    if (this.#violation !== null) return;
    const { clock } = this.#cluster;
    await clock.runUntil(clock.now + micros);
    this.#guard(() => this.safety.check());
    this.#guard(() => this.#liveness.check());
    this.#guard(() => this.#handovers.check());
  }

  /** Lets go of every agent, so that nothing of one run is left for the next. */
  async #end(): Promise<void> {
    const { clock, hosts } = this.#cluster;
    this.#cluster.onChange = () => {};
    this.#cluster.onTransition = () => {};
    // An agent that is told to stop would wait for what drains.
    if (this.#cluster.clients !== null) for (const host of hosts) host.kill();
    this.#cluster.clients?.leave();
    const stops = hosts.map((host) => host.agent?.stop());
    await clock.runUntil(clock.now + 1_000_000);
    await Promise.all(stops);
  }
}
