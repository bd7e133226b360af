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
import { kernelTickMs } from '../../src/os/kernel-tick.ts';
import { NetlinkListener } from '../../src/os/netlink-listener.ts';
import { Nftables } from '../../src/os/nftables.ts';
import { NftablesSets, netdevTableOf } from '../../src/os/nftables-set.ts';
import type {
  Lease,
  LeaseOptions,
  LeaseOwner,
  LeasePace,
  LeasePort,
  LeaseTerms,
  Logger,
} from '../ports.ts';
import { fitsTick } from './lease-pace.ts';
import { LeaseRenewal } from './lease-renewal.ts';
import {
  armLease,
  changeWatch,
  endLease,
  installLease,
  instanceMark,
  LEASE_TABLE_PREFIX,
  type LeaseScope,
  leaseSets,
  leaseTable,
  listLease,
  removeLease,
  reviseLease,
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

type Loss = Parameters<LeaseOptions['onLost']>[0];

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

/** `paceMs`: how long a BFD packet that says Up speaks; null: BFD does not count. */
function scopeOf(
  { addresses, durationMs, bfdPeer, unicast = false, accept = true }: LeaseTerms,
  paceMs: number | null,
): Pick<LeaseScope, 'addresses' | 'durationMs' | 'bfd' | 'unicast' | 'accept'> {
  return {
    addresses: addresses.map(({ address }) => address),
    durationMs,
    unicast,
    accept,
    ...(bfdPeer === undefined ? {} : { bfd: { peer: bfdPeer, durationMs: paceMs } }),
  };
}

interface Kernel {
  readonly nftables: Nftables;
  readonly sets: NftablesSets;
}

class KernelLease implements Lease {
  scope: LeaseScope;
  readonly onLost: (cause: Loss) => void;
  readonly #nftables: Nftables;
  readonly #sets: NftablesSets;
  readonly #forget: () => void;
  /** The table as nftables lists it, without the element that comes and goes. */
  #installed: string;
  #wanted = false;
  #open = true;
  readonly #renewal: LeaseRenewal;

  constructor(
    scope: LeaseScope,
    kernel: Kernel,
    onLost: (cause: Loss) => void,
    forget: () => void,
  ) {
    this.scope = scope;
    this.onLost = onLost;
    this.#nftables = kernel.nftables;
    this.#sets = kernel.sets;
    this.#forget = forget;
    this.#renewal = new LeaseRenewal(scope);
    this.#installed = this.#install();
  }

  arm(): void {
    this.#nftables.run(armLease(this.scope));
    this.#wanted = true;
  }

  end(): void {
    this.#wanted = false;
    this.#nftables.run(endLease(this.scope));
  }

  renew(): void {
    this.#renewal.send();
  }

  isArmed(): boolean {
    const table = leaseTable(this.scope);
    try {
      return leaseSets(this.scope).every((set) =>
        this.#sets.has({ table, set }, this.scope.interfaceIndex),
      );
    } catch {
      // Nobody may speak for an address on the strength of a question that failed.
      return false;
    }
  }

  watch(pace: LeasePace | null): boolean {
    const { bfd } = this.scope;
    if (bfd === undefined) {
      return false;
    }
    const fits = pace !== null && fitsTick(pace, kernelTickMs());
    const durationMs = fits ? Math.floor(pace.detectionMs) : null;
    if (durationMs !== bfd.durationMs) {
      const scope = { ...this.scope, bfd: { ...bfd, durationMs } };
      this.#nftables.run(changeWatch(scope));
      this.scope = scope;
      this.#installed = this.#listed() ?? '';
    }
    return fits;
  }

  revise(terms: LeaseTerms): void {
    const { bfd: watched, ...rest } = this.scope;
    const pace = watched?.peer === terms.bfdPeer ? (watched?.durationMs ?? null) : null;
    const scope = { ...rest, ...scopeOf(terms, pace) };
    this.#nftables.run(reviseLease(this.scope, scope));
    this.scope = scope;
    this.#installed = this.#listed() ?? '';
  }

  close(): void {
    if (!this.#open) {
      return;
    }
    this.#open = false;
    this.#renewal.close();
    this.#forget();
    // Without a table there is nothing to remove; that is how a flush leaves it.
    this.#succeeds(removeLease(leaseTable(this.scope)));
  }

  leave(): void {
    this.#open = false;
    this.#renewal.close();
    this.#forget();
  }

  /**
   * Compares with what was installed, and installs it again when it differs. Null when all is as it
   * should be. Throws NftablesError when it cannot be put back.
   */
  lookAgain(): Loss | null {
    if (this.#listed() !== this.#installed) {
      this.#wanted = false;
      this.#installed = this.#install();
      return 'rules';
    }
    if (this.#wanted && !this.isArmed()) {
      this.#wanted = false;
      return 'expired';
    }
    return null;
  }

  #install(): string {
    this.#nftables.run(installLease(this.scope, false));
    return this.#listed() ?? '';
  }

  /** Null when there is no such table. */
  #listed(): string | null {
    try {
      const text = this.#nftables.run(listLease(this.scope));
      return text.replace(/^\s*elements = \{[^}]*\}\n/gm, '');
    } catch {
      return null;
    }
  }

  #succeeds(commands: string): boolean {
    try {
      this.#nftables.run(commands);
      return true;
    } catch {
      return false;
    }
  }
}
