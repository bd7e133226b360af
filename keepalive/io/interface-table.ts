/**
 * What is known of this host's interfaces and addresses. Pure: the kernel's dumps and events go
 * in, what the agent should hear of comes out.
 */
import { formatIp } from '../../src/os/ip-address.ts';
import type { InterfaceAddress, NetworkLink } from '../../src/os/netlink-message.ts';
import type { LinkState, NetworkEvent } from '../ports.ts';

/** Former names of interfaces that are remembered; beyond it the oldest is forgotten. */
const FORMER_NAMES_MAX = 256;

/** Interfaces by index, and their addresses in the kernel's order (the first is the primary). */
export class InterfaceTable {
  readonly #links = new Map<number, NetworkLink>();
  readonly #addresses = new Map<number, InterfaceAddress[]>();
  /** Virtual addresses put there by us, which are never a source; `index/address`. */
  readonly #virtual = new Set<string>();

  /** Which interface had a name that no other one has now: it may carry addresses of ours. */
  readonly #formerNames = new Map<string, number>();

  /** Takes over full dumps in place of everything known. */
  replace(links: readonly NetworkLink[], addresses: readonly InterfaceAddress[]): void {
    this.#links.clear();
    this.#addresses.clear();
    for (const link of links) {
      this.#links.set(link.index, link);
    }
    for (const address of addresses) {
      this.setAddress(address);
    }
  }

  /** An interface appeared or changed. Nothing comes out when no part that matters did. */
  setLink(link: NetworkLink): NetworkEvent[] {
    const before = this.#links.get(link.index);
    this.#links.set(link.index, link);
    const state = stateOf(link);
    if (before === undefined) {
      return [{ type: 'link', interface: link.name, link: state }];
    }
    const events: NetworkEvent[] = [];
    if (before.name !== link.name) {
      this.#formerNames.delete(before.name);
      this.#formerNames.set(before.name, link.index);
      const oldest = this.#formerNames.keys().next();
      if (this.#formerNames.size > FORMER_NAMES_MAX && !oldest.done) {
        this.#formerNames.delete(oldest.value);
      }
      events.push({ type: 'link', interface: before.name, link: null });
    }
    if (events.length > 0 || !sameState(stateOf(before), state)) {
      events.push({ type: 'link', interface: link.name, link: state });
    }
    return events;
  }

  /** An interface went away, and its addresses with it. */
  removeLink(index: number): NetworkEvent[] {
    const before = this.#links.get(index);
    this.#links.delete(index);
    this.#addresses.delete(index);
    for (const [name, former] of this.#formerNames) {
      if (former === index) this.#formerNames.delete(name);
    }
    return before === undefined ? [] : [{ type: 'link', interface: before.name, link: null }];
  }

  /** An address was added, or its flags changed (IPv6: it became usable). */
  setAddress(address: InterfaceAddress): NetworkEvent[] {
    const list = this.#addresses.get(address.interfaceIndex) ?? [];
    const known = list.findIndex((other) => sameAddress(other, address));
    if (known < 0) {
      list.push(address);
    } else {
      list[known] = address;
    }
    this.#addresses.set(address.interfaceIndex, list);
    // Nobody can use a duplicate, so whoever wants it has to see to it as if it were gone.
    const type = address.duplicate ? 'address-removed' : 'address-added';
    return this.#addressEvent(type, address);
  }

  /** An address is gone. */
  removeAddress(address: InterfaceAddress): NetworkEvent[] {
    const list = this.#addresses.get(address.interfaceIndex) ?? [];
    const left = list.filter((other) => !sameAddress(other, address));
    this.#addresses.set(address.interfaceIndex, left);
    return this.#addressEvent('address-removed', address);
  }

  /** Null when there is no such interface. */
  link(name: string): LinkState | null {
    for (const link of this.#links.values()) {
      if (link.name === name) {
        return stateOf(link);
      }
    }
    return null;
  }

  /** The interface that has this name, or else the one that was called so before it was renamed. */
  linkOnceCalled(name: string): LinkState | null {
    const link = this.link(name);
    if (link !== null) return link;
    const renamed = this.#links.get(this.#formerNames.get(name) ?? -1);
    return renamed === undefined ? null : stateOf(renamed);
  }

  /** Null when there is no such interface. */
  nameOf(index: number): string | null {
    return this.#links.get(index)?.name ?? null;
  }

  /** The hardware address is one of this host's own, on whichever interface. */
  hasMac(mac: Uint8Array): boolean {
    for (const link of this.#links.values()) {
      if (Buffer.compare(link.mac, mac) === 0) {
        return true;
      }
    }
    return false;
  }

  /** Marks an address of ours; true when it was not marked before. */
  markVirtual(index: number, ip: Uint8Array): boolean {
    const key = virtualKey(index, ip);
    const fresh = !this.#virtual.has(key);
    this.#virtual.add(key);
    return fresh;
  }

  unmarkVirtual(index: number, ip: Uint8Array): void {
    this.#virtual.delete(virtualKey(index, ip));
  }

  /** Forgets an address of ours that the kernel has just removed, before its event says so. */
  dropVirtual(index: number, ip: Uint8Array): void {
    this.unmarkVirtual(index, ip);
    const list = this.#addresses.get(index) ?? [];
    const left = list.filter((other) => Buffer.compare(other.ip, ip) !== 0);
    this.#addresses.set(index, left);
  }

  /**
   * The address this host speaks from: IPv4 the interface's primary one, IPv6 its link-local one
   * once usable; never a virtual address. Null while there is none.
   */
  sourceAddress(index: number, family: 4 | 6): Uint8Array | null {
    const own = this.#own(index, family);
    if (family === 6) {
      return own.find(({ ip }) => isLinkLocal(ip))?.ip ?? null;
    }
    return (own.find(({ secondary }) => !secondary) ?? own[0])?.ip ?? null;
  }

  /** The address itself while it is a usable one of this host's own there, else null. */
  ownAddress(index: number, ip: Uint8Array): Uint8Array | null {
    const own = this.#own(index, ip.length === 4 ? 4 : 6);
    return own.find((one) => Buffer.compare(one.ip, ip) === 0)?.ip ?? null;
  }

  /**
   * The address this host speaks from to one neighbour: the one in the neighbour's own network (for
   * link-local IPv6 the link-local one), else the one it speaks from in general; never a virtual
   * address. The neighbour chooses alike, so each finds the other where it was told to.
   */
  sourceTowards(index: number, neighbour: Uint8Array): Uint8Array | null {
    const family = neighbour.length === 4 ? 4 : 6;
    const scope = isLinkLocal(neighbour);
    const own = this.#own(index, family).filter(({ ip }) => isLinkLocal(ip) === scope);
    const near = own.filter(({ ip, prefixLength }) => sameNetwork(ip, neighbour, prefixLength));
    const primary = (near.length > 0 ? near : own).toSorted(
      (one, other) => Number(one.secondary) - Number(other.secondary),
    );
    return primary[0]?.ip ?? null;
  }

  /** Usable addresses of one family that are this host's own. */
  #own(index: number, family: 4 | 6): InterfaceAddress[] {
    const bytes = family === 4 ? 4 : 16;
    return (this.#addresses.get(index) ?? []).filter(
      ({ ip, tentative, duplicate }) =>
        ip.length === bytes &&
        !tentative &&
        !duplicate &&
        !this.#virtual.has(virtualKey(index, ip)),
    );
  }

  #addressEvent(
    type: 'address-added' | 'address-removed',
    { interfaceIndex, ip }: InterfaceAddress,
  ): NetworkEvent[] {
    const name = this.#links.get(interfaceIndex)?.name;
    return name === undefined ? [] : [{ type, interface: name, address: formatIp(ip) }];
  }
}

function stateOf({ name, index, mac, running }: NetworkLink): LinkState {
  return { name, index, mac, running };
}

function sameState(one: LinkState, other: LinkState): boolean {
  return one.running === other.running && Buffer.compare(one.mac, other.mac) === 0;
}

function sameAddress(one: InterfaceAddress, other: InterfaceAddress): boolean {
  return one.prefixLength === other.prefixLength && Buffer.compare(one.ip, other.ip) === 0;
}

function virtualKey(index: number, ip: Uint8Array): string {
  return `${index}/${formatIp(ip)}`;
}

/** fe80::/10. */
function isLinkLocal(ip: Uint8Array): boolean {
  return ip.length === 16 && ip[0] === 0xfe && (ip[1]! & 0xc0) === 0x80;
}

/** Whether two addresses agree in their first `prefixLength` bits. */
function sameNetwork(one: Uint8Array, other: Uint8Array, prefixLength: number): boolean {
  const whole = prefixLength >> 3;
  if (!one.subarray(0, whole).every((byte, i) => byte === other[i])) {
    return false;
  }
  const mask = 0xff00 >> (prefixLength & 7);
  return ((one[whole] ?? 0) & mask & 0xff) === ((other[whole] ?? 0) & mask & 0xff);
}
