/**
 * Virtual MACs on the Linux kernel: one macvlan per virtual router on its interface. It is there
 * from the agent's start, and up while the router is Active, so a Backup neither answers for the
 * addresses nor takes in a frame for the virtual MAC (RFC 9568 section 6.4.2).
 *
 *     eth0 (host's own MAC, own addresses)          arp_ignore=1: answers for its own addresses only
 *       └─ td4-51-2 (00-00-5E-00-01-33, virtual addresses)      arp_ignore=1, arp_announce=2,
 *                                                               rp_filter=2, no link-local address
 *
 * What it sends leaves through eth0, where the lease's rules see it. Adverts are sent on eth0 with
 * the virtual MAC as their source, and heard there: the macvlan is in bridge mode because one in
 * private mode would swallow the adverts of a second Active router, whose MAC is the same.
 *
 * The alias of a macvlan says whose it is, and what arp_ignore of the interface was before.
 */

import { type Macvlan, Macvlans } from '../../src/os/netlink-macvlan.ts';
import type { NetworkLink } from '../../src/os/netlink-message.ts';
import { virtualMac } from '../packet/virtual-mac.ts';
import type { LinkState, LeaseOwner as Owner, VirtualMacPort } from '../ports.ts';

/** "Reply only if the target is an address of the interface that the question came in by." */
const ARP_IGNORE_OTHERS = 1;
const ARP_ANNOUNCE_BEST = 2;
const RP_FILTER_LOOSE = 2;

/** What the virtual MACs need of the rest of the network. */
export interface VirtualMacSurroundings {
  /** The interface of that name. */
  link(name: string): LinkState | null;
  /** An interface was made or changed by us: to be known before the kernel's event says so. */
  onLink(link: NetworkLink): void;
}

/** See the file's comment. Nothing is opened before the first one is asked for. */
export class VirtualMacs implements VirtualMacPort {
  readonly #mark: string;
  readonly #around: VirtualMacSurroundings;
  /** Names of the interfaces beneath, by the names of ours. */
  readonly #parents = new Map<string, string>();
  #connection: Macvlans | undefined;

  constructor(mark: string, around: VirtualMacSurroundings) {
    this.#mark = mark;
    this.#around = around;
  }

  deviceOf(owner: Owner): string | null {
    const parent = this.#around.link(owner.interface);
    return parent === null ? null : nameOf(owner, parent.index);
  }

  /** The interface beneath one of ours; null for any other. */
  parentOf(name: string): string | null {
    return this.#parents.get(name) ?? null;
  }

  prepare(owner: Owner): void {
    this.#made(owner);
  }

  raise(owner: Owner): void {
    const link = this.#made(owner);
    this.#macvlans().set(link.parent, {
      arpIgnore: ARP_IGNORE_OTHERS,
      arpAnnounce: ARP_ANNOUNCE_BEST,
    });
    if (!link.up) this.#setUp(link, true);
  }

  isUp(owner: Owner): boolean {
    return this.#find(owner)?.up === true;
  }

  lower(owner: Owner): void {
    const link = this.#find(owner);
    if (link?.up) this.#setUp(link, false);
  }

  remove(owner: Owner): void {
    const link = this.#find(owner);
    if (link !== null) this.#remove(link);
  }

  sweep(keep: readonly Owner[]): readonly string[] {
    const kept = new Set(keep.map((owner) => this.deviceOf(owner)));
    const stale = this.#ours().filter(({ name }) => !kept.has(name));
    for (const link of stale) this.#remove(link);
    return stale.map(({ name }) => name);
  }

  close(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  #macvlans(): Macvlans {
    this.#connection ??= new Macvlans();
    return this.#connection;
  }

  #ours(): Macvlan[] {
    return this.#macvlans()
      .list()
      .filter(({ alias }) => alias.startsWith(`${this.#mark} `));
  }

  #find(owner: Owner): Macvlan | null {
    const name = this.deviceOf(owner);
    return (
      this.#macvlans()
        .list()
        .find((link) => link.name === name) ?? null
    );
  }

  #made(owner: Owner): Macvlan {
    const found = this.#find(owner);
    if (found !== null) {
      this.#parents.set(found.name, owner.interface);
      return found;
    }
    const parent = this.#around.link(owner.interface);
    if (parent === null) throw new Error(`there is no interface ${owner.interface}`);
    const name = nameOf(owner, parent.index);
    const alias = `${this.#mark} arp_ignore=${this.#original(parent.index)}`;
    this.#macvlans().create(name, parent.index, virtualMac(owner.family, owner.vrid), alias);
    const made = this.#find(owner);
    if (made === null) throw new Error(`${name} went away as soon as it was made`);
    this.#macvlans().set(made.index, {
      arpIgnore: ARP_IGNORE_OTHERS,
      arpAnnounce: ARP_ANNOUNCE_BEST,
      rpFilter: RP_FILTER_LOOSE,
    });
    this.#parents.set(made.name, owner.interface);
    this.#around.onLink(made);
    return made;
  }

  /** arp_ignore of an interface as it was before the first of ours. */
  #original(parent: number): number {
    const other = this.#ours().find((link) => link.parent === parent);
    const noted = other === undefined ? null : notedIn(other.alias);
    return noted ?? this.#macvlans().setting(parent, 'arpIgnore') ?? 0;
  }

  #setUp(link: Macvlan, up: boolean): void {
    this.#macvlans().setUp(link, up);
    const now = this.#macvlans()
      .list()
      .find(({ index }) => index === link.index);
    if (now !== undefined) this.#around.onLink(now);
  }

  #remove(link: Macvlan): void {
    this.#macvlans().remove(link);
    this.#parents.delete(link.name);
    const last = !this.#ours().some(({ parent }) => parent === link.parent);
    const original = notedIn(link.alias);
    if (last && original !== null) this.#macvlans().set(link.parent, { arpIgnore: original });
  }
}

/** At most 15 characters, and another one for each router of each interface. */
function nameOf({ family, vrid }: Owner, parentIndex: number): string {
  return `td${family}-${vrid}-${parentIndex}`;
}

function notedIn(alias: string): number | null {
  const noted = /arp_ignore=(\d+)$/.exec(alias)?.[1];
  return noted === undefined ? null : Number(noted);
}
