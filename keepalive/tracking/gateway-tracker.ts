import type { TrackedGateway } from '../../src/config/agent-config.ts';
import { parseIp } from '../../src/os/ip-address.ts';
import type { Clock, NeighbourProbe, NetworkPort, Timer } from '../ports.ts';
import type { TrackerReading } from '../virtual-router/priority.ts';
import { type CheckHealth, countResult, unknownHealth } from './check-health.ts';
import { notCheckedYet, type Tracker, weightEffect } from './tracker.ts';

/** What a gateway's tracker needs besides its settings. */
export interface GatewayTrackerOptions {
  readonly config: TrackedGateway;
  /** The virtual router's interface, where the gateway is a neighbour. */
  readonly interface: string;
  /** Virtual addresses as they are now, never the sender of a question. */
  readonly never: readonly string[];
  readonly clock: Clock;
  readonly network: Pick<NetworkPort, 'openNeighbourProbe'>;
  /** The reading has changed. */
  onChange(): void;
}

/**
 * Is a gateway reachable? One question an interval, by ARP or neighbour solicitation: those are
 * answered by every host, whatever its firewall says to pings. Without an answer in time the
 * question has failed, and the next one is asked through a new socket, as the interface may be
 * another one by then.
 */
export class GatewayTracker implements Tracker {
  readonly #options: GatewayTrackerOptions;
  #probe: NeighbourProbe | null = null;
  #health: CheckHealth = unknownHealth;
  /** Why the last question failed; null: it was answered. */
  #failure: string | null = 'nobody has asked it yet';
  /** Of the question that waits for its answer. */
  #askedAt: number | null = null;
  #timer: Timer | null = null;
  /** Counts for nothing until the first verdict. */
  #joining = false;
  /** The socket keeps to virtual addresses of an earlier configuration. */
  #outdated = false;

  constructor(options: GatewayTrackerOptions) {
    this.#options = options;
  }

  /** See Tracker. */
  join(predecessor: Tracker | null): void {
    if (!(predecessor instanceof GatewayTracker)) {
      this.#joining = true;
      return;
    }
    this.#joining = predecessor.#joining;
    this.#health = predecessor.#health;
    this.#failure = predecessor.#failure;
  }

  /** The virtual addresses are others: the next question goes through a new socket. */
  readdress(): void {
    this.#outdated = true;
  }

  /** First question now. */
  start(): void {
    this.#ask();
  }

  /** No further question, and its socket is closed. */
  stop(): void {
    this.#timer?.cancel();
    this.#askedAt = null;
    this.#close();
  }

  /** What it does to the priority. */
  reading(): TrackerReading {
    const { name, address, weight } = this.#options.config;
    const { verdict } = this.#health;
    if (this.#joining && verdict === 'unknown') {
      return { kind: 'gateway', name, effect: { type: 'none' }, reason: notCheckedYet };
    }
    const effect = weightEffect(weight, verdict === 'passing');
    const said = this.#failure ?? 'it answers';
    const counts = verdict === 'unknown' ? '' : `, counts as ${verdict}`;
    return { kind: 'gateway', name, effect, reason: `${address}: ${said}${counts}` };
  }

  #ask(): void {
    const { clock, config } = this.#options;
    this.#askedAt = clock.now();
    if (this.#outdated) this.#close();
    this.#outdated = false;
    try {
      this.#probe ??= this.#open();
      this.#probe.ask();
    } catch (error) {
      this.#settle(error instanceof Error ? error.message : String(error));
      return;
    }
    this.#timer = clock.timer(this.#askedAt + config.timeoutMs * 1000, () => this.#giveUp());
  }

  #open(): NeighbourProbe {
    const { config, interface: name, never, network } = this.#options;
    const target = parseIp(config.address);
    if (target === null || network.openNeighbourProbe === undefined) {
      throw new Error('nobody can ask for it here');
    }
    return network.openNeighbourProbe({
      interface: name,
      target,
      never,
      // An answer nobody waits for is one to an earlier question, which was given up.
      onAnswer: () => this.#askedAt !== null && this.#settle(null),
    });
  }

  /** This process may have been late, and the answer in time. */
  #giveUp(): void {
    try {
      this.#probe?.readQueued();
    } catch (error) {
      this.#settle(error instanceof Error ? error.message : String(error));
      return;
    }
    if (this.#askedAt !== null) this.#settle('it does not answer');
  }

  /** Counts the outcome of the question that waits, and plans the next one. */
  #settle(failure: string | null): void {
    const { clock, config, onChange } = this.#options;
    const next = Math.max((this.#askedAt ?? 0) + config.intervalMs * 1000, clock.now());
    this.#askedAt = null;
    this.#timer?.cancel();
    this.#timer = clock.timer(next, () => this.#ask());
    // Not out of the socket's own callback when it answered: it goes on being used.
    if (failure !== null) this.#close();
    const before = this.reading();
    this.#failure = failure;
    this.#health = countResult(this.#health, failure === null, config);
    const after = this.reading();
    if (before.reason !== after.reason) onChange();
  }

  #close(): void {
    this.#probe?.close();
    this.#probe = null;
  }
}
