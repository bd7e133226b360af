import type { VirtualRouterConfig } from '../src/config/agent-config.ts';
import type { EventSink } from './events/event-types.ts';
import { leaseRetryMicros } from './limits.ts';
import type { LogLimiter } from './log-limiter.ts';
import type { Clock, Lease, LeasePace, LeasePort, LinkState, Logger, Timer } from './ports.ts';
import { millis } from './transition-text.ts';
import { ownerPriority } from './virtual-router/priority.ts';
import { leaseDuration } from './virtual-router/timers.ts';

/** What the keeper works with. */
export interface LeaseKeeperOptions {
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
  /** A stalled process has to be fenced off, by the lease or in another way. */
  readonly needed: boolean;
  readonly #options: LeaseKeeperOptions;
  #lease: Lease | null = null;
  /** Where it was opened, or is to be. */
  #link: LinkState | null = null;
  #retry: Timer | null = null;
  /** In a row, of opening and arming. */
  #failures = 0;
  #pace: LeasePace | null = null;
  #armed = false;
  #reason: string | null;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
    const owner = options.config.priority === ownerPriority;
    this.needed = options.paired && !owner;
    if (owner) this.#reason = 'an address owner has no lease';
    else if (!options.paired) this.#reason = 'this node has no peer';
    else this.#reason = options.leases === null ? 'this host has no leases' : null;
  }

  /** Why there is no lease; null while there is one, or none was needed yet. */
  get reason(): string | null {
    return this.#reason;
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
        addresses: config.addresses,
        durationMs: leaseMs(config),
        ...(config.bfd === undefined ? {} : { bfdPeer: config.bfd.peer }),
        onLost: (cause) => this.#options.onLost(cause === 'expired'),
      });
      this.#reason = null;
      return true;
    } catch (error) {
      this.#without('cannot be had', error);
      this.#retryLater(link);
      return false;
    }
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
    const { clock } = this.#options;
    this.#cancelRetry();
    const last = leaseRetryMicros.length - 1;
    const wait = leaseRetryMicros[Math.min(this.#failures, last)] ?? 0;
    this.#failures += 1;
    this.#retry = clock.timer(clock.now() + wait, () => {
      this.#retry = null;
      // The new one is expired, as after a flush.
      if (this.openOn(link)) this.#options.onLost(false);
    });
  }

  #cancelRetry(): void {
    this.#retry?.cancel();
    this.#retry = null;
  }

  #without(what: string, error: unknown): void {
    const reason = `${error instanceof Error ? error.message : error}`;
    // An attempt that fails as the one before is no news.
    if (reason === this.#reason) return;
    this.#reason = reason;
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
