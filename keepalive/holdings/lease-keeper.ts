import type { VirtualAddress, VirtualRouterConfig } from '../../src/config/agent-config.ts';
import type { EventSink } from '../events/event-types.ts';
import { leaseRetryMicros } from '../limits.ts';
import type { LogLimiter } from '../log-limiter.ts';
import type {
  Clock,
  Lease,
  LeasePace,
  LeasePort,
  LeaseTerms,
  LinkState,
  Logger,
  Timer,
} from '../ports.ts';
import { millis } from '../transition-text.ts';
import { ownerPriority } from '../virtual-router/priority.ts';
import { leaseDuration } from '../virtual-router/timers.ts';
import { heldAddresses } from './address-keeper.ts';

/** What the keeper works with. */
export interface LeaseKeeperOptions {
  /** As it is now. */
  readonly config: VirtualRouterConfig;
  /** Null: this host has none. */
  readonly leases: LeasePort | null;
  /** There is a peer: without one there is nobody to be fenced off from. */
  readonly paired: boolean;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limiter: LogLimiter;
  readonly emit: EventSink;
  /** The lease is not armed any more, or is there anew. `silent`: our advertisements may not have left for long. */
  onLost(silent: boolean): void;
}

/**
 * The kernel's lease of one virtual router (design 4.3), opened anew with its interface.
 *
 * A router without a lease works as well; it only cannot be silenced while its process does not
 * run. That is said once, in the log and the status, and another is tried for with growing waits.
 */
export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  #lease: Lease | null = null;
  /** Where it was opened, or is to be. */
  #link: LinkState | null = null;
  #retry: Timer | null = null;
  /** In a row, of opening and arming. */
  #failures = 0;
  /** Attempts in a row to follow a new configuration. */
  #unrevised = 0;
  #pace: LeasePace | null = null;
  #armed = false;
  #failure: string | null = null;
  /** When the drain is over, on the agent's clock; null: nothing drains. */
  #drainsUntil: number | null = null;
  /** Given up, and perhaps still on the interface: they stay under the rules. */
  #leaving: readonly VirtualAddress[] = [];

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
  }

  /** A stalled process has to be fenced off, by the lease or in another way. */
  get needed(): boolean {
    return this.#options.paired && this.#options.config.priority !== ownerPriority;
  }

  /** Why there is no lease; null while there is one, or none was needed yet. */
  get reason(): string | null {
    const { config, paired, leases } = this.#options;
    if (config.priority === ownerPriority) return 'an address owner has no lease';
    if (!paired) return 'this node has no peer';
    return leases === null ? 'this host has no leases' : this.#failure;
  }

  get open(): boolean {
    return this.#lease !== null;
  }

  /** Opens the lease on the interface as it is now. False: there is none, see `reason`. */
  openOn(link: LinkState): boolean {
    const { config, leases } = this.#options;
    if (leases === null || !this.needed) return false;
    if (this.#lease !== null && this.#link?.index === link.index) return true;
    this.close();
    this.#link = link;
    try {
      this.#lease = leases.open({
        interface: config.interface,
        family: config.family,
        vrid: config.vrid,
        ...this.#terms(),
        onLost: (cause) => this.#options.onLost(cause === 'expired'),
      });
      this.#failure = null;
      this.#drainOn();
      return true;
    } catch (error) {
      this.#without('cannot be had', error);
      this.#retryLater(link);
      return false;
    }
  }

  /**
   * The configuration has changed. What is `leaving` stays under the rules until the next call, for
   * it may still be on the interface.
   */
  revise(leaving: readonly VirtualAddress[]): void {
    this.#leaving = leaving;
    if (this.#lease === null) return;
    try {
      this.#lease.revise(this.#terms());
      this.#unrevised = 0;
    } catch (error) {
      this.#complain('cannot follow the new configuration', error);
      this.#reviseLater();
    }
  }

  #terms(): LeaseTerms {
    const { config } = this.#options;
    const { bfd } = config;
    const addresses = heldAddresses(config);
    const gone = this.#leaving.filter(
      ({ address }) => !addresses.some((own) => own.address === address),
    );
    return {
      addresses: [...addresses, ...gone],
      durationMs: leaseMs(config),
      ...(bfd === undefined ? {} : { bfdPeer: bfd.peer }),
      unicast: config.unicast !== undefined,
      ...(config.accept === false ? { accept: false } : {}),
    };
  }

  #reviseLater(): void {
    const wait = retryWait(this.#unrevised);
    this.#unrevised += 1;
    this.#retryAfter(wait, () => this.revise(this.#leaving));
  }

  /** Arms it. One that cannot be armed is removed, for now: it would mute the addresses. */
  arm(): void {
    try {
      if (this.#lease === null) return;
      this.#follow(this.#pace);
      this.#lease.arm();
      this.#armed = true;
      this.#failures = 0;
      this.#options.emit({ type: 'lease-armed', router: this.#options.config.name });
    } catch (error) {
      this.#remove();
      this.#without('cannot be armed and is removed', error);
      if (this.#link !== null) this.#retryLater(this.#link);
    }
  }

  /** A unicast advertisement was sent, and may have to wait for its peer to answer ARP. */
  renew(): void {
    try {
      this.#lease?.renew();
    } catch (error) {
      this.#complain('cannot be renewed', error);
    }
  }

  /** Ends it at once. */
  end(): void {
    this.#armed = false;
    try {
      this.#lease?.end();
    } catch (error) {
      // It expires by itself in a moment: no advertisement renews it any more.
      this.#complain('cannot be ended', error);
    }
    this.#follow(null);
  }

  /**
   * From now on the addresses' IP packets pass for so long, whether the lease runs or not. False: there is
   * no lease that would keep the host mute meanwhile, or the kernel refuses.
   */
  drain(durationMs: number): boolean {
    this.#drainsUntil = this.#options.clock.now() + durationMs * 1000;
    const drains = this.#drainOn();
    if (!drains) this.#drainsUntil = null;
    return drains;
  }

  /** No longer. */
  endDrain(): void {
    if (this.#drainsUntil === null) return;
    this.#drainsUntil = null;
    try {
      this.#lease?.endDrain();
    } catch (error) {
      // It runs out by itself at its end.
      this.#complain('cannot end the drain', error);
    }
  }

  #drainOn(): boolean {
    if (this.#lease === null || this.#drainsUntil === null) return false;
    const leftMs = (this.#drainsUntil - this.#options.clock.now()) / 1000;
    if (leftMs <= 0) return false;
    try {
      this.#lease.drain(leftMs);
      return true;
    } catch (error) {
      this.#complain('cannot let the connections go on while the addresses move', error);
      return false;
    }
  }

  /**
   * How our BFD packets keep it; null: they do not, adverts alone do. A lease that is over is over in
   * any case, so a Backup spends no time on it in the moment in which BFD loses the Active router.
   */
  watch(pace: LeasePace | null): void {
    this.#pace = pace;
    if (this.#armed) this.#follow(pace);
  }

  #follow(pace: LeasePace | null): void {
    try {
      const fenced = this.#lease?.watch(pace) ?? true;
      if (pace !== null && !fenced) this.#tooFast(pace);
    } catch (error) {
      this.#complain('cannot follow BFD: a stalled host may answer beside its successor', error);
    }
  }

  /** True when adverts leave: there is no lease, or it is armed. */
  speaks(): boolean {
    return this.#lease === null || this.#lease.isArmed();
  }

  /** Removes it from the kernel, and tries for no other. */
  close(): void {
    this.#cancelRetry();
    this.#remove();
  }

  /** Leaves it in the kernel, where it mutes addresses that could not be removed. */
  leave(): void {
    this.#cancelRetry();
    this.#lease?.leave();
    this.#lease = null;
  }

  #remove(): void {
    const lease = this.#lease;
    this.#lease = null;
    this.#armed = false;
    try {
      lease?.close();
    } catch (error) {
      this.#complain('cannot be removed', error);
    }
  }

  #tooFast({ detectionMs }: LeasePace): void {
    const { config, log, limiter } = this.#options;
    const span = millis(detectionMs * 1000);
    limiter.limit(`${config.name} tick`, () =>
      log.warn(
        { router: config.name, detectMs: detectionMs },
        `${config.name}: BFD takes over after ${span}, which this kernel's tick cannot fence: a ` +
          `stalled host may answer beside its successor for ${leaseMs(config)} ms`,
      ),
    );
  }

  #retryLater(link: LinkState): void {
    const wait = retryWait(this.#failures);
    this.#failures += 1;
    this.#retryAfter(wait, () => {
      // The new one is expired, as after a flush.
      if (this.openOn(link)) this.#options.onLost(false);
    });
  }

  #retryAfter(micros: number, run: () => void): void {
    const { clock } = this.#options;
    this.#cancelRetry();
    this.#retry = clock.timer(clock.now() + micros, () => {
      this.#retry = null;
      run();
    });
  }

  #cancelRetry(): void {
    this.#retry?.cancel();
    this.#retry = null;
  }

  #without(what: string, error: unknown): void {
    const reason = `${error instanceof Error ? error.message : error}`;
    // An attempt that fails as the one before is no news.
    if (reason === this.#failure) return;
    this.#failure = reason;
    const { config, emit } = this.#options;
    emit({ type: 'lease-unavailable', router: config.name, reason });
    this.#complain(`${what}: a stalled host answers until its addresses run out`, error);
  }

  #complain(what: string, error: unknown): void {
    const { config, log, limiter } = this.#options;
    const text = error instanceof Error ? error.message : String(error);
    limiter.limit(`${config.name} lease ${what}`, (suppressed) =>
      log.warn(
        { router: config.name, interface: config.interface, err: error, suppressed },
        `${config.name}: the kernel's lease ${what}: ${text}`,
      ),
    );
  }
}

/** In whole milliseconds, as the kernel is told it; never more than the time itself. */
function leaseMs({ version, peerPriorityMax, advertIntervalMs }: VirtualRouterConfig): number {
  return Math.floor(
    leaseDuration(version, peerPriorityMax ?? null, advertIntervalMs * 1000) / 1000,
  );
}

function retryWait(failures: number): number {
  const last = leaseRetryMicros.length - 1;
  return leaseRetryMicros[Math.min(failures, last)] ?? 0;
}
