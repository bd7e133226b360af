/**
 * Interfaces of kind macvlan, made and removed through rtnetlink, with the few settings of theirs
 * and of the interface beneath that decide who answers for an address. All by netlink: a container's
 * /proc/sys is often read-only, and CAP_NET_ADMIN is enough here.
 */
import { OsError } from './errors.ts';
import {
  attribute,
  attributesOf,
  joined,
  nestedAttribute,
  numberAttribute,
  numberOf,
  textAttribute,
  textOf,
  viewOf,
} from './netlink-attributes.ts';
import { decodeLink, encodeLinkDump, type NetworkLink, RTM_GETLINK } from './netlink-message.ts';
import { NetlinkRequests } from './netlink-request.ts';
import { AF_INET, AF_INET6 } from './socket-constants.ts';

const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_SETLINK = 19;
const IFINFOMSG_BYTES = 16;
const NLM_F_CREATE_EXCLUSIVE = 0x600;
const IFF_UP = 0x1;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_LINK = 5;
const IFLA_LINKINFO = 18;
const IFLA_IFALIAS = 20;
const IFLA_AF_SPEC = 26;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const IFLA_MACVLAN_MODE = 1;
/** Frames with our own virtual MAC as source (a second Active router) still reach the base. */
const MACVLAN_MODE_BRIDGE = 4;
const IFLA_INET_CONF = 1;
const IFLA_INET6_ADDR_GEN_MODE = 8;
const IN6_ADDR_GEN_MODE_NONE = 1;
const ENODEV = 19;

/** Settings of IPv4 on one interface, by their number in the kernel (linux/ip.h). */
export const IPV4_SETTINGS = { rpFilter: 8, arpAnnounce: 18, arpIgnore: 19 } as const;

export type Ipv4Settings = Partial<Readonly<Record<keyof typeof IPV4_SETTINGS, number>>>;

/** A macvlan that there is. */
export interface Macvlan extends NetworkLink {
  /** Index of the interface beneath. */
  readonly parent: number;
  /** A text that its maker gave it. */
  readonly alias: string;
}

/** Reads and changes macvlans. Reading needs no privilege, changing CAP_NET_ADMIN. */
export class Macvlans {
  readonly #requests = new NetlinkRequests();

  /** All that there are. Throws OsError. */
  list(): Macvlan[] {
    const payloads = this.#requests.dump(RTM_GETLINK, encodeLinkDump(), 'links');
    return payloads.map(decodeMacvlan).filter((link) => link !== null);
  }

  /**
   * Makes one, down, with no IPv6 address of its own making (RFC 9568 section 7.4: a virtual MAC
   * makes no interface identifier). Throws OsError (EEXIST, EPERM, EOPNOTSUPP).
   */
  create(name: string, parent: number, mac: Uint8Array, alias: string): void {
    const kind = nestedAttribute(IFLA_LINKINFO, [
      textAttribute(IFLA_INFO_KIND, 'macvlan'),
      nestedAttribute(IFLA_INFO_DATA, [numberAttribute(IFLA_MACVLAN_MODE, MACVLAN_MODE_BRIDGE)]),
    ]);
    const parts = [
      header(0),
      textAttribute(IFLA_IFNAME, name),
      attribute(IFLA_ADDRESS, mac),
      numberAttribute(IFLA_LINK, parent),
      kind,
    ];
    this.#change('RTM_NEWLINK', RTM_NEWLINK, parts, name, NLM_F_CREATE_EXCLUSIVE);
    const named = (part: Uint8Array) => [header(0), textAttribute(IFLA_IFNAME, name), part];
    this.#change('RTM_SETLINK', RTM_SETLINK, named(textAttribute(IFLA_IFALIAS, alias)), name);
    const mode = attribute(IFLA_INET6_ADDR_GEN_MODE, Uint8Array.of(IN6_ADDR_GEN_MODE_NONE));
    const spec = nestedAttribute(IFLA_AF_SPEC, [nestedAttribute(AF_INET6, [mode])]);
    try {
      this.#change('RTM_SETLINK', RTM_SETLINK, named(spec), name);
    } catch (error) {
      // A host without IPv6 makes no address of its own either.
      if (!(error instanceof OsError) || error.code !== 'EAFNOSUPPORT') throw error;
    }
  }

  /** Sets it up or down. Throws OsError. */
  setUp(link: { readonly index: number; readonly name: string }, up: boolean): void {
    const bytes = header(link.index);
    viewOf(bytes).setUint32(8, up ? IFF_UP : 0, true);
    viewOf(bytes).setUint32(12, IFF_UP, true);
    this.#change('RTM_SETLINK', RTM_SETLINK, [bytes], link.name);
  }

  /** Harmless when it is gone. Throws OsError. */
  remove(link: { readonly index: number; readonly name: string }): void {
    this.#change('RTM_DELLINK', RTM_DELLINK, [header(link.index)], link.name, 0, ENODEV);
  }

  /** One setting of IPv4 on an interface; null when it cannot be told. Throws OsError. */
  setting(index: number, name: keyof typeof IPV4_SETTINGS): number | null {
    const label = `interface ${index}`;
    const answer = this.#requests.get(RTM_GETLINK, RTM_NEWLINK, header(index), label);
    const known = typeof answer !== 'number';
    const attributes = known ? attributesOf(answer.subarray(IFINFOMSG_BYTES)) : null;
    const families = attributesOf(attributes?.get(IFLA_AF_SPEC) ?? new Uint8Array());
    const values = attributesOf(families?.get(AF_INET) ?? new Uint8Array())?.get(IFLA_INET_CONF);
    const at = (IPV4_SETTINGS[name] - 1) * 4;
    return values === undefined ? null : numberOf(values.subarray(at, at + 4));
  }

  /** Changes settings of IPv4 on an interface. Throws OsError. */
  set(index: number, settings: Ipv4Settings): void {
    const values = Object.entries(settings).map(([name, value]) =>
      numberAttribute(IPV4_SETTINGS[name as keyof typeof IPV4_SETTINGS], value),
    );
    const conf = nestedAttribute(AF_INET, [nestedAttribute(IFLA_INET_CONF, values)]);
    const parts = [header(index), nestedAttribute(IFLA_AF_SPEC, [conf])];
    this.#change('RTM_SETLINK', RTM_SETLINK, parts, `IPv4 settings of interface ${index}`);
  }

  /** A second call does nothing. */
  close(): void {
    this.#requests.close();
  }

  #change(
    call: string,
    type: number,
    parts: readonly Uint8Array[],
    label: string,
    flags = 0,
    harmless = 0,
  ): void {
    const errno = this.#requests.change(type, flags, joined(parts), label);
    if (errno !== 0 && errno !== harmless) throw new OsError(call, errno, label);
  }
}

/** Reads RTM_NEWLINK. Null for another kind of interface. */
export function decodeMacvlan(payload: Uint8Array): Macvlan | null {
  const link = decodeLink(payload);
  const attributes = link === null ? null : attributesOf(payload.subarray(IFINFOMSG_BYTES));
  const info = attributesOf(attributes?.get(IFLA_LINKINFO) ?? new Uint8Array());
  const kind = info?.get(IFLA_INFO_KIND);
  const parent = numberOf(attributes?.get(IFLA_LINK));
  if (link === null || kind === undefined || textOf(kind) !== 'macvlan' || parent === null) {
    return null;
  }
  return { ...link, parent, alias: textOf(attributes?.get(IFLA_IFALIAS) ?? new Uint8Array()) };
}

/** `struct ifinfomsg`. */
function header(index: number): Uint8Array {
  const bytes = new Uint8Array(IFINFOMSG_BYTES);
  viewOf(bytes).setInt32(4, index, true);
  return bytes;
}
