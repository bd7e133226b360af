/**
 * Leases on nftables. What the rules do is in lease-rules.ts; this file brings them into the
 * kernel, and back when somebody flushes the ruleset (Debian's nftables.service does).
 *
 *     open ──> libnftables ──> kernel
 *     arm, end, drain ──> what is in the sets ──> kernel
 *     somebody's change ──> nftables event group ──> look ──> put back ──> onLost
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { interfaceIndex } from '../../src/os/interface-index.ts';
import { parseIp } from '../../src/os/ip-address.ts';
import { Nftables } from '../../src/os/nftables.ts';
import { NftablesSets } from '../../src/os/nftables-set.ts';
import type { Lease, LeaseOptions, LeaseOwner, LeasePort, Logger } from '../ports.ts';
import { KernelLease, type Loss, scopeOf } from './kernel-lease.ts';
import { type LeaseScope, removeLease } from './lease-rules.ts';
import { instanceMark, ownTables, routerTable } from './own-tables.ts';
import { TableWatch } from './table-watch.ts';

/** "Always use the best local address for this target." */
const ARP_ANNOUNCE_BEST = 2;

const FINDINGS: Readonly<Record<Loss, string>> = {
  rules: 'somebody changed or removed the rules; they are back, and the lease is expired',
  expired: 'somebody ended the lease, or no advert left in time',
};

/**
 * The leases of the instance of Tandem with this runtime directory.
 * Nothing is opened before the first lease, so a host without nftables can do all the rest.
 */
export function openLeases(log: Logger, runtimeDir: string): LeasePort {
  return new KernelLeases(log, instanceMark(runtimeDir));
}

class KernelLeases implements LeasePort {
  readonly #log: Logger;
  readonly #mark: string;
  readonly #leases = new Map<string, KernelLease>();
  #nftables: Nftables | undefined;
  #sets: NftablesSets | undefined;
  readonly #changes = new TableWatch();

  constructor(log: Logger, mark: string) {
    this.#log = log;
    this.#mark = mark;
  }

  open(options: LeaseOptions): Lease {
    const scope: LeaseScope = {
      interface: options.interface,
      interfaceIndex: interfaceIndex(options.interface),
      mark: this.#mark,
      family: options.family,
      vrid: options.vrid,
      ...scopeOf(options, null),
    };
    if (options.addresses.some(({ address }) => parseIp(address)?.length === 4)) {
      this.#keepFromAsking(options.interface);
    }
    const table = routerTable(scope);
    if (this.#leases.has(table)) {
      throw new Error(`${table} is open already`);
    }
    // Listening first, so that no change of the new table is missed.
    this.#changes.watch(`netdev ${table}`, () => this.#look(table));
    const lost = (cause: Loss) => options.onLost(cause);
    const kernel = { nftables: this.#connection(), sets: this.#kernelSets() };
    const lease = new KernelLease(scope, kernel, lost, () => this.#forget(table));
    this.#leases.set(table, lease);
    return lease;
  }

  runs(owner: LeaseOwner): boolean {
    const index = interfaceIndex(owner.interface);
    const table = routerTable({ ...owner, interfaceIndex: index });
    return this.#kernelSets().has({ table, set: 'lease' }, index);
  }

  sweep(keep: readonly LeaseOwner[]): void {
    const spared = new Set(
      keep.map((owner) =>
        routerTable({ ...owner, interfaceIndex: interfaceIndex(owner.interface) }),
      ),
    );
    for (const table of ownTables(this.#connection(), 'netdev', this.#mark)) {
      if (!this.#leases.has(table) && !spared.has(table)) {
        this.#log.info({ table }, `removing ${table}, left behind by an earlier agent`);
        this.#connection().run(removeLease(table));
      }
    }
  }

  close(): void {
    // Before the tables go, or their end would look like somebody's doing.
    this.#changes.close();
    for (const lease of [...this.#leases.values()]) {
      lease.close();
    }
    this.#nftables?.close();
    this.#nftables = undefined;
    this.#sets?.close();
    this.#sets = undefined;
  }

  /**
   * Sees to it that the kernel does not ask for its neighbours in the name of a virtual address:
   * while the lease is expired those questions are held back, and the host itself could not reach
   * anybody (arp_announce=2; ip-sysctl.txt).
   */
  #keepFromAsking(name: string): void {
    const setting = (scope: string) => `/proc/sys/net/ipv4/conf/${scope}/arp_announce`;
    // The greater of the two counts.
    const value = (scope: string) => Number(readFileSync(setting(scope), 'utf8'));
    try {
      if (Math.max(value('all'), value(name)) < ARP_ANNOUNCE_BEST) {
        writeFileSync(setting(name), String(ARP_ANNOUNCE_BEST));
      }
    } catch (error) {
      this.#log.warn(
        { interface: name, err: error },
        `cannot set net.ipv4.conf.${name}.arp_announce=${ARP_ANNOUNCE_BEST}: set it for this host`,
      );
    }
  }

  #connection(): Nftables {
    this.#nftables ??= new Nftables();
    return this.#nftables;
  }

  #kernelSets(): NftablesSets {
    if (this.#sets === undefined) {
      this.#sets = new NftablesSets();
      this.#changes.trust(this.#sets.port());
    }
    return this.#sets;
  }

  #forget(table: string): void {
    this.#leases.delete(table);
    this.#changes.forget(`netdev ${table}`);
  }

  #look(table: string): void {
    const lease = this.#leases.get(table);
    if (lease === undefined) return;
    const { scope } = lease;
    const fields = { interface: scope.interface, vrid: scope.vrid, family: scope.family };
    try {
      const cause = lease.lookAgain();
      if (cause !== null) {
        this.#log.warn(fields, `${routerTable(scope)}: ${FINDINGS[cause]}`);
        lease.onLost(cause);
      }
    } catch (error) {
      const reason = (error as Error).message;
      this.#log.error({ ...fields, err: error }, `the lease's rules are gone: ${reason}`);
      lease.onLost('rules');
    }
  }
}
