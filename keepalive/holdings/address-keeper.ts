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
    return this.virtualDevice ?? this.interface;
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
    this.#macs?.raise(this.#options.config);
  }

  leave(): void {
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

  remove(address: VirtualAddress): Promise<void> {
    return this.#options.network.removeAddress(this.#device, address);
  }

  async found(): Promise<ReadonlySet<string> | null> {
    const { config, network } = this.#options;
    if (network.link(this.interface) === null) return null;
    const device = this.#device;
    // A device that is gone or down has to be put right with all that was on it.
    if (this.#macs?.isUp(config) === false) return new Set();
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
