import type { VirtualRouterConfig } from '../src/config/agent-config.ts';
import type { LogLimiter } from './log-limiter.ts';
import type { Lease, LeasePort, LinkState, Logger } from './ports.ts';
import { ownerPriority } from './virtual-router/priority.ts';

/** What the keeper works with. */
export interface LeaseKeeperOptions {
  readonly config: VirtualRouterConfig;
  /** Null: this host has none. */
  readonly leases: LeasePort | null;
  /** There is a peer: without one there is nobody to be fenced off from. */
  readonly paired: boolean;
  readonly log: Logger;
  readonly limiter: LogLimiter;
  /** The lease is not armed any more. `silent`: our advertisements may not have left for long. */
  onLost(silent: boolean): void;
}

/**
 * The kernel's lease of one virtual router (design 4.3), opened anew with its interface.
 *
 * A router without a lease works as well; it only cannot be silenced while its process does not
 * run. That is said once, in the log and the status.
 */
export class LeaseKeeper {
  /** A stalled process has to be fenced off, by the lease or in another way. */
  readonly needed: boolean;
  readonly #options: LeaseKeeperOptions;
  #lease: Lease | null = null;
  #index = 0;
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
    if (this.#lease !== null && this.#index === link.index) return true;
    this.close();
    try {
      this.#lease = leases.open({
        interface: config.interface,
        family: config.family,
        vrid: config.vrid,
        addresses: config.addresses,
        durationMs: 3 * config.advertIntervalMs,
        onLost: (cause) => this.#options.onLost(cause === 'expired'),
      });
      this.#index = link.index;
      this.#reason = null;
      return true;
    } catch (error) {
      this.#without('cannot be had', error);
      return false;
    }
  }

  /** Arms it. One that cannot be armed is removed: it would mute the addresses for ever. */
  arm(): void {
    try {
      this.#lease?.arm();
    } catch (error) {
      this.close();
      this.#without('cannot be armed and is removed', error);
    }
  }

  /** Ends it at once. */
  end(): void {
    try {
      this.#lease?.end();
    } catch (error) {
      // It expires by itself in a moment: no advertisement renews it any more.
      this.#complain('cannot be ended', error);
    }
  }

  /** True when adverts leave: there is no lease, or it is armed. */
  speaks(): boolean {
    return this.#lease === null || this.#lease.isArmed();
  }

  /** Removes it from the kernel. */
  close(): void {
    const lease = this.#lease;
    this.#lease = null;
    try {
      lease?.close();
    } catch (error) {
      this.#complain('cannot be removed', error);
    }
  }

  /** Leaves it in the kernel, where it mutes addresses that could not be removed. */
  leave(): void {
    this.#lease?.leave();
    this.#lease = null;
  }

  #without(what: string, error: unknown): void {
    this.#reason = `${error instanceof Error ? error.message : error}`;
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
