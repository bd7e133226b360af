/** The addresses of one virtual router, for a keeper: those in the adverts and those beside them. */
import type { VirtualAddress, VirtualRouterConfig } from '../src/config/agent-config.ts';
import type { EventSink } from './events/event-types.ts';
import type { Belongings } from './keeper.ts';
import type { Logger, NetworkPort } from './ports.ts';
import type { RouterStatistics } from './statistics.ts';
import { ownerPriority } from './virtual-router/priority.ts';

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
    return this.#options.network.addAddress(this.interface, address, lifetimeSeconds);
  }

  remove(address: VirtualAddress): Promise<void> {
    return this.#options.network.removeAddress(this.interface, address);
  }

  async found(): Promise<ReadonlySet<string> | null> {
    const { network } = this.#options;
    if (network.link(this.interface) === null) return null;
    return new Set(await network.addresses(this.interface));
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
