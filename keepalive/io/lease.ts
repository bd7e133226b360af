/**
 * Leases on nftables. What the rules do is in lease-rules.ts; this file brings them into the
 * kernel, and back when somebody flushes the ruleset (Debian's nftables.service does).
 *
 *     open, arm, end ──> libnftables ──> kernel
 *     somebody's change ──> nftables event group ──> look ──> put back ──> onLost
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { interfaceIndex } from '../../src/os/interface-index.ts';
import { parseIp } from '../../src/os/ip-address.ts';
import { NetlinkListener } from '../../src/os/netlink-listener.ts';
import { Nftables } from '../../src/os/nftables.ts';
import { NftablesSets, netdevTableOf } from '../../src/os/nftables-set.ts';
import type { Lease, LeaseOptions, LeaseOwner, LeasePort, Logger } from '../ports.ts';
import { KernelLease, type Loss, scopeOf } from './kernel-lease.ts';
import {
  instanceMark,
  LEASE_TABLE_PREFIX,
  type LeaseScope,
  leaseTable,
  removeLease,
} from './lease-rules.ts';

/** "Always use the best local address for this target." */
const ARP_ANNOUNCE_BEST = 2;
const NETLINK_NETFILTER = 12;
const NFNLGRP_NFTABLES = 7;
const NFNL_SUBSYS_NFTABLES = 10;
/** NFT_MSG_DELTABLE, DELCHAIN, NEWRULE, DELRULE, DELSET, DELSETELEM: what can take a lease away. */
const HARMFUL_MESSAGES: ReadonlySet<number> = new Set([2, 5, 6, 8, 11, 14]);
/**
 * Time between two looks at the rules, ms: a look asks libnftables, which costs milliseconds where
 * others have large rulesets.
 */
export const LOOK_GAP_MS = 20;

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
  #events: NetlinkListener | undefined;
  /** Tables to look at. */
  readonly #due = new Set<string>();
  #nextLook: NodeJS.Timeout | undefined;
  #lookedAtMs = Number.NEGATIVE_INFINITY;

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
    const table = leaseTable(scope);
    if (this.#leases.has(table)) {
      throw new Error(`${table} is open already`);
    }
    // Listening first, so that no change of the new table is missed.
    this.#events ??= this.#listen();
    const lost = (cause: Loss) => options.onLost(cause);
    this.#sets ??= new NftablesSets();
    const kernel = { nftables: this.#connection(), sets: this.#sets };
    const lease = new KernelLease(scope, kernel, lost, () => this.#leases.delete(table));
    this.#leases.set(table, lease);
    return lease;
  }

  runs(owner: LeaseOwner): boolean {
    const index = interfaceIndex(owner.interface);
    this.#sets ??= new NftablesSets();
    const table = leaseTable({ ...owner, interfaceIndex: index });
    return this.#sets.has({ table, set: 'lease' }, index);
  }

  sweep(keep: readonly LeaseOwner[]): void {
    const spared = new Set(
      keep.map((owner) =>
        leaseTable({ ...owner, interfaceIndex: interfaceIndex(owner.interface) }),
      ),
    );
    const ours = (table: string) =>
      this.#connection().run(`list table netdev ${table}\n`).includes(`comment "${this.#mark}"`);
    const listed = this.#connection().run('list tables netdev\n');
    for (const [, table] of listed.matchAll(/^table netdev (\S+)$/gm)) {
      if (table === undefined || !table.startsWith(LEASE_TABLE_PREFIX)) {
        continue;
      }
      if (!this.#leases.has(table) && !spared.has(table) && ours(table)) {
        this.#log.info({ table }, `removing ${table}, left behind by an earlier agent`);
        this.#connection().run(removeLease(table));
      }
    }
  }

  close(): void {
    // Before the tables go, or their end would look like somebody's doing.
    this.#events?.close();
    this.#events = undefined;
    clearTimeout(this.#nextLook);
    this.#nextLook = undefined;
    this.#due.clear();
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

  #listen(): NetlinkListener {
    return new NetlinkListener({
      protocol: NETLINK_NETFILTER,
      groups: [NFNLGRP_NFTABLES],
      onMessage: (type, payload) => {
        if (type >> 8 !== NFNL_SUBSYS_NFTABLES || !HARMFUL_MESSAGES.has(type & 0xff)) {
          return;
        }
        const table = netdevTableOf(payload);
        if (table !== null && this.#leases.has(table)) {
          this.#lookSoon([table]);
        }
      },
      onLost: () => this.#lookSoon(this.#leases.keys()),
    });
  }

  /** Once for all that one transaction did: a flush tells of every rule. */
  #lookSoon(tables: Iterable<string>): void {
    for (const table of tables) {
      this.#due.add(table);
    }
    this.#nextLook ??= setTimeout(
      () => {
        this.#nextLook = undefined;
        const due = [...this.#due];
        this.#due.clear();
        for (const table of due) {
          const lease = this.#leases.get(table);
          if (lease !== undefined) {
            this.#look(lease);
          }
        }
        this.#lookedAtMs = performance.now();
      },
      Math.max(0, this.#lookedAtMs + LOOK_GAP_MS - performance.now()),
    );
  }

  #look(lease: KernelLease): void {
    const { scope } = lease;
    const fields = { interface: scope.interface, vrid: scope.vrid, family: scope.family };
    try {
      const cause = lease.lookAgain();
      if (cause !== null) {
        this.#log.warn(fields, `${leaseTable(scope)}: ${FINDINGS[cause]}`);
        lease.onLost(cause);
      }
    } catch (error) {
      const reason = (error as Error).message;
      this.#log.error({ ...fields, err: error }, `the lease's rules are gone: ${reason}`);
      lease.onLost('rules');
    }
  }
}
