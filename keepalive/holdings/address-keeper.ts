/** The addresses of one virtual router, for a keeper: those in the adverts and those beside them. */
import type { VirtualAddress, VirtualRouterConfig } from '../../src/config/agent-config.ts';
import type { EventSink } from '../events/event-types.ts';
import type { Logger, NetworkPort, VirtualMacPort } from '../ports.ts';
import type { RouterStatistics } from '../statistics.ts';
import { ownerPriority } from '../virtual-router/priority.ts';
import type { Belongings } from './keeper.ts';

/** All addresses that move with a virtual router, those of its adverts first. */
export function heldAddresses({
  addresses,
  excludedAddresses = [],
}: Pick<VirtualRouterConfig, 'addresses' | 'excludedAddresses'>): readonly VirtualAddress[] {
  return [...addresses, ...excludedAddresses];
}

/** What belongings are made of. */
export interface BelongingsOptions {
  /** As it is now. */
  readonly config: VirtualRouterConfig;
  readonly network: NetworkPort;
  readonly statistics: RouterStatistics;
  readonly emit: EventSink;
}

/** See the file's comment. */
export class AddressBelongings implements Belongings<VirtualAddress> {
  readonly noun = 'addresses';
  readonly #options: BelongingsOptions;
  /** An owner's addresses that were there before us are the host's own and never removed. */
  #hostsOwn: ReadonlySet<string> = new Set();
  /** They are to be on the interface itself: another host has the virtual MAC by now. */
  #drains = false;
  /** Some may be there, by a drain. */
  #lodged = false;

  constructor(options: BelongingsOptions) {
    this.#options = options;
  }

  get router(): string {
    return this.#options.config.name;
  }

  get interface(): string {
    return this.#options.config.interface;
  }

  /** The interface itself, or the device of the virtual MAC on it. */
  get #device(): string {
    return this.#drains ? this.interface : (this.virtualDevice ?? this.interface);
  }

  /**
   * The next `enter` is for a drain: the addresses go to the interface itself, where the host serves
   * on with its own MAC. False in plain mode, where they are there already.
   */
  drain(): boolean {
    this.#drains = this.#macs !== undefined;
    return this.#drains;
  }

  /** The next `enter` is for a claim. */
  endDrain(): void {
    this.#drains = false;
  }

  /** While a drain goes on: nothing more is taken in for the virtual MAC. Never throws. */
  quitDevice(log: Logger): void {
    const { config } = this.#options;
    try {
      if (this.#drains) this.#macs?.lower(config);
    } catch (error) {
      log.warn(
        { router: config.name, interface: config.interface, err: error },
        `${config.name}: cannot set the device of the virtual MAC down while the addresses drain, and the host ` +
          `may take in what is for the other one: ${(error as Error).message}`,
      );
    }
  }

  /** Absent in plain mode, and where there are no virtual MACs to be had. */
  get #macs(): VirtualMacPort | undefined {
    const { config, network } = this.#options;
    return config.mode === 'vmac' ? network.virtualMacs : undefined;
  }

  /** Null in plain mode and while there is no interface. */
  get virtualDevice(): string | null {
    return this.#macs?.deviceOf(this.#options.config) ?? null;
  }

  enter(): void {
    if (this.#drains) this.#lodged = true;
    else this.#macs?.prepare(this.#options.config);
  }

  /**
   * The device comes up with the addresses on it: the switches send it frames from that moment, and
   * those for an address that is not there yet would be lost.
   */
  async entered(): Promise<void> {
    const { config, network } = this.#options;
    // A drain leaves them on the device too: without one it would take nothing in (rp_filter).
    if (this.#drains) return;
    this.#macs?.raise(config);
    if (!this.#lodged) return;
    for (const address of this.all) await network.removeAddress(this.interface, address);
    this.#lodged = false;
  }

  leave(): void {
    this.#drains = false;
    this.#lodged = false;
    this.#macs?.lower(this.#options.config);
  }

  /**
   * At start: makes the device of the virtual MAC, so that a claim need not, and takes off the
   * interface itself what an agent in plain mode left there. Never rejects.
   */
  async moveIn(log: Logger): Promise<void> {
    const { config, network } = this.#options;
    const macs = this.#macs;
    if (macs === undefined || network.link(config.interface) === null) return;
    try {
      macs.prepare(config);
      for (const address of this.all) await network.removeAddress(config.interface, address);
    } catch (error) {
      log.warn(
        { router: config.name, interface: config.interface, err: error },
        `${config.name}: cannot make the device of the virtual MAC: ${(error as Error).message}`,
      );
    }
  }

  /** At the end: removes the device of the virtual MAC. Never throws. */
  moveOut(log: Logger): void {
    const { config } = this.#options;
    try {
      this.#macs?.remove(config);
    } catch (error) {
      log.warn(
        { router: config.name, interface: config.interface, err: error },
        `${config.name}: cannot remove the device of the virtual MAC: ${(error as Error).message}`,
      );
    }
  }

  get all(): readonly VirtualAddress[] {
    return heldAddresses(this.#options.config);
  }

  /** Before the sweep: an owner's addresses stay. True when there is nothing to sweep. */
  async learnOwn(log: Logger): Promise<boolean> {
    const { config, network } = this.#options;
    if (config.priority !== ownerPriority) return false;
    try {
      this.#hostsOwn = new Set(await network.addresses(this.interface));
    } catch (error) {
      log.warn({ err: error }, `cannot list the addresses of ${this.interface}`);
    }
    return true;
  }

  keyOf({ address }: VirtualAddress): string {
    return address;
  }

  same(one: VirtualAddress, other: VirtualAddress): boolean {
    return one.address === other.address && one.prefixLength === other.prefixLength;
  }

  add(address: VirtualAddress, lifetimeSeconds?: number): Promise<void> {
    return this.#options.network.addAddress(this.#device, address, lifetimeSeconds);
  }

  async remove(address: VirtualAddress): Promise<void> {
    const { network } = this.#options;
    const device = this.virtualDevice;
    if (device !== null) await network.removeAddress(device, address);
    if (device === null || this.#lodged) await network.removeAddress(this.interface, address);
  }

  async found(): Promise<ReadonlySet<string> | null> {
    const { config, network } = this.#options;
    if (network.link(this.interface) === null) return null;
    const device = this.#device;
    // A device that is gone or down has to be put right with all that was on it.
    if (!this.#drains && this.#macs?.isUp(config) === false) return new Set();
    return new Set(await network.addresses(device));
  }

  spared(): ReadonlySet<string> {
    return this.#hostsOwn;
  }

  onMeddled(addresses: readonly string[], change: 'removed' | 'added'): void {
    const { statistics, emit } = this.#options;
    statistics.addressesRepaired += addresses.length;
    const { router, interface: name } = this;
    emit({ type: 'addresses-meddled', router, interface: name, addresses, change });
  }

  onErrors(count: number): void {
    this.#options.statistics.addressErrors += count;
  }
}
