/**
 * One virtual router's lease in the kernel, as its agent holds it: the rules of lease-rules.ts, and what
 * of it is running besides. lease.ts opens it and sees to it that the rules stay.
 */
import { kernelTickMs } from '../../src/os/kernel-tick.ts';
import type { Nftables } from '../../src/os/nftables.ts';
import type { NftablesSets, SetContent } from '../../src/os/nftables-set.ts';
import type { Lease, LeaseOptions, LeasePace, LeaseTerms } from '../ports.ts';
import { fitsTick } from './lease-pace.ts';
import { LeaseRenewal } from './lease-renewal.ts';
import {
  armLease,
  changeVoice,
  changeWatch,
  endDrain,
  endLease,
  installLease,
  type LeaseScope,
  leaseSets,
  removeLease,
  reviseLease,
  startDrain,
} from './lease-rules.ts';
import { ownLinkLocal } from './own-link-local.ts';
import { routerTable } from './own-tables.ts';

/** Why a lease that was armed is no longer. */
export type Loss = Parameters<LeaseOptions['onLost']>[0];

/** `paceMs`: how long a BFD packet that says Up speaks; null: BFD does not count. */
export function scopeOf(
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

/** Ways into the kernel, which all leases share. */
export interface Kernel {
  readonly nftables: Nftables;
  readonly sets: NftablesSets;
}

/** See the file's comment. The constructor installs the rules, with the lease expired, and throws NftablesError. */
export class KernelLease implements Lease {
  scope: LeaseScope;
  readonly onLost: (cause: Loss) => void;
  readonly #nftables: Nftables;
  readonly #sets: NftablesSets;
  readonly #forget: () => void;
  /** The table as nftables lists it. */
  #installed: string;
  #wanted = false;
  #open = true;
  /** When the drain is over, on the clock of `performance.now`. */
  #drainsUntilMs = Number.NEGATIVE_INFINITY;
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
    this.#fill(armLease(this.scope));
    this.#wanted = true;
  }

  end(): void {
    this.#wanted = false;
    this.#fill(endLease());
  }

  renew(): void {
    this.#renewal.send();
  }

  isArmed(): boolean {
    try {
      return leaseSets(this.scope).every((set) => this.#holds(set));
    } catch {
      // Nobody may speak for an address on the strength of a question that failed.
      return false;
    }
  }

  drain(durationMs: number): void {
    this.#followVoice();
    this.#fill(startDrain(this.scope, Math.ceil(durationMs)));
    this.#drainsUntilMs = performance.now() + durationMs;
  }

  endDrain(): void {
    this.#drainsUntilMs = Number.NEGATIVE_INFINITY;
    this.#fill(endDrain());
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
    this.#succeeds(removeLease(routerTable(this.scope)));
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
    this.#keepDraining();
    if (this.#wanted && !this.isArmed()) {
      this.#wanted = false;
      return 'expired';
    }
    return null;
  }

  #install(): string {
    this.scope = this.#voiced();
    this.#nftables.run(installLease(this.scope, false, this.#drainLeftMs()));
    return this.#listed() ?? '';
  }

  /** The rules with the host's link-local address of now, which a host that boots may not have yet. */
  #followVoice(): void {
    const scope = this.#voiced();
    if (scope.linkLocal === this.scope.linkLocal) return;
    this.#nftables.run(changeVoice(scope));
    this.scope = scope;
    this.#installed = this.#listed() ?? '';
  }

  #voiced(): LeaseScope {
    return { ...this.scope, linkLocal: ownLinkLocal(this.scope.interfaceIndex) };
  }

  /** Somebody may have emptied the set and left everything else alone. */
  #keepDraining(): void {
    const leftMs = this.#drainLeftMs();
    if (leftMs === null || this.#holds('drain')) return;
    this.#fill(startDrain(this.scope, leftMs));
  }

  /** What is left of it, whole ms; null: nothing drains. */
  #drainLeftMs(): number | null {
    const leftMs = Math.ceil(this.#drainsUntilMs - performance.now());
    return leftMs > 0 ? leftMs : null;
  }

  /** Throws OsError. */
  #fill(contents: readonly SetContent[]): void {
    this.#sets.fill(routerTable(this.scope), contents);
  }

  /** Null when there is no such table. */
  #listed(): string | null {
    return this.#nftables.asMade(`netdev ${routerTable(this.scope)}`);
  }

  /** Throws OsError. */
  #holds(set: string): boolean {
    const table = routerTable(this.scope);
    return this.#sets.has({ table, set }, this.scope.interfaceIndex);
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
