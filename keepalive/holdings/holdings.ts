import type {
  VirtualAddress,
  VirtualRoute,
  VirtualRouterConfig,
} from '../../src/config/agent-config.ts';
import type { EventSink } from '../events/event-types.ts';
import { quitDeviceMicros } from '../limits.ts';
import type { LogLimiter } from '../log-limiter.ts';
import type { Clock, Logger, NetworkPort, Timer } from '../ports.ts';
import type { RouterStatistics } from '../statistics.ts';
import { AddressBelongings } from './address-keeper.ts';
import { Keeper } from './keeper.ts';
import { RouteBelongings } from './route-keeper.ts';

/** What the holdings work with. */
export interface HoldingsOptions {
  /** As it is now. */
  readonly config: VirtualRouterConfig;
  readonly network: NetworkPort;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limiter: LogLimiter;
  readonly statistics: RouterStatistics;
  readonly emit: EventSink;
  /**
   * Seconds after which the kernel drops an address that was not renewed; null: never. Asked at
   * each claim.
   */
  lifetimeSeconds(): number | null;
  /** All addresses are on the interface, after `hold` or after a repair. */
  onHeld(): void;
  /** Somebody took addresses away, and they are back: neighbours may have noticed. */
  onRepaired(): void;
  /** The kernel refuses an address that should be held. */
  onRefused(reason: string): void;
  /** Addresses that the router gave up are off the interface. */
  onRetired(): void;
}

/**
 * All that one virtual router has in the kernel while it is Active: its addresses, and then its
 * routes, which may need an address as their source. A route that the kernel refuses is tried again
 * and said, but is no fault: the addresses serve without it.
 */
export class Holdings {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #own: AddressBelongings;
  readonly #addresses: Keeper<VirtualAddress>;
  readonly #routes: Keeper<VirtualRoute>;
  #quit: Timer | null = null;

  constructor(options: HoldingsOptions) {
    this.#log = options.log;
    this.#clock = options.clock;
    this.#own = new AddressBelongings(options);
    const { clock, log, limiter } = options;
    this.#addresses = new Keeper({
      belongings: this.#own,
      clock,
      log,
      limiter,
      lifetimeSeconds: () => options.lifetimeSeconds(),
      onHeld: () => {
        options.onHeld();
        this.#addressesHeld();
      },
      onRepaired: () => options.onRepaired(),
      onRefused: (reason) => options.onRefused(reason),
      onRetired: () => options.onRetired(),
    });
    this.#routes = new Keeper({
      belongings: new RouteBelongings(options),
      clock,
      log,
      limiter,
      lifetimeSeconds: () => null,
      onHeld() {},
      onRepaired() {},
      onRefused() {},
      onRetired() {},
    });
  }

  /** True while all addresses are wanted and known to be on the interface. */
  get held(): boolean {
    return this.#addresses.held;
  }

  /** True while all addresses are unwanted and known to be off the interface. */
  get gone(): boolean {
    return this.#addresses.gone;
  }

  /** True while all routes are wanted and known to be there. */
  get routesHeld(): boolean {
    return this.#routes.held;
  }

  /** Device of the virtual MAC; null in plain mode and while there is no interface. */
  get virtualDevice(): string | null {
    return this.#own.virtualDevice;
  }

  /** At start, before any claim: what an agent that was killed left behind is removed. */
  async sweep(): Promise<void> {
    if (await this.#own.learnOwn(this.#log)) return;
    await this.#own.moveIn(this.#log);
    await Promise.all([this.#addresses.sweep(), this.#routes.sweep()]);
  }

  /** Wants everything there. `onHeld` is called when the addresses are. */
  hold(): void {
    this.#quit?.cancel();
    this.#own.endDrain();
    this.#addresses.hold();
  }

  /**
   * In place of `release`, where the addresses were given up by agreement: what is held stays, and the
   * host goes on serving the connections it has, muted by its lease. In vmac mode the addresses move to the
   * interface itself, for the virtual MAC is the new holder's; `onHeld` is called when they are there. Ends
   * with `hold` or `release`. Without addresses that are wanted it does nothing.
   */
  drain(): void {
    if (!this.#addresses.wanted || !this.#own.drain()) return;
    this.#addresses.hold();
    this.#quit?.cancel();
    const at = this.#clock.now() + quitDeviceMicros;
    this.#quit = this.#clock.timer(at, () => this.#own.quitDevice(this.#log));
  }

  /** Wants everything gone. */
  release(): void {
    this.#quit?.cancel();
    this.#addresses.release();
    this.#routes.release();
  }

  /** The configuration has another list of addresses; `retired` are to go, whatever the wish. */
  readdress(retired: readonly VirtualAddress[]): void {
    this.#addresses.replace(retired);
  }

  /** The same of routes. */
  reroute(retired: readonly VirtualRoute[]): void {
    this.#routes.replace(retired);
  }

  /** Somebody changed this address, or changes may have been missed (`null`). */
  changed(address: string | null, change: 'added' | 'removed' | 'unknown'): void {
    this.#addresses.changed(address, change);
    if (address === null) this.#routes.changed(null, change);
  }

  /** Somebody may have changed a route. */
  routesChanged(): void {
    this.#routes.changed(null, 'unknown');
  }

  /** Resolves when the kernel matches the wish, or cannot be brought there. */
  async settle(): Promise<void> {
    await Promise.all([this.#addresses.settle(), this.#routes.settle()]);
  }

  /** Stops repairing. Call after the last `release` and `settle`. */
  close(): void {
    this.#quit?.cancel();
    this.#addresses.close();
    this.#routes.close();
    if (this.gone) this.#own.moveOut(this.#log);
  }

  /** The kernel drops a route with the address that is its source, and tells nobody. */
  #addressesHeld(): void {
    if (this.#routes.wanted) this.#routes.look();
    else this.#routes.hold();
  }
}
