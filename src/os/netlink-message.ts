/**
 * rtnetlink's link and address messages, as bytes (rtnetlink(7)). Pure, and only what the agent
 * reads: an attribute this file does not know is passed over, so a newer kernel changes nothing.
 *
 *     ifinfomsg: family u8, pad u8, type u16, index i32, flags u32, change u32; attributes
 *     ifaddrmsg: family u8, prefix length u8, flags u8, scope u8, index u32; attributes
 *
 * All integers are in host order, which is little-endian wherever this runs.
 */
import {
  attribute,
  attributesOf,
  joined,
  numberAttribute,
  numberOf,
  viewOf,
} from './netlink-attributes.ts';
import { AF_INET, AF_INET6 } from './socket-constants.ts';

export const RTM_NEWLINK = 16;
export const RTM_DELLINK = 17;
export const RTM_GETLINK = 18;
export const RTM_NEWADDR = 20;
export const RTM_DELADDR = 21;
export const RTM_GETADDR = 22;

const IFINFOMSG_BYTES = 16;
const IFADDRMSG_BYTES = 8;

const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_CACHEINFO = 6;
const IFA_FLAGS = 8;
const IFA_RT_PRIORITY = 9;

const IFF_UP = 0x1;
const IFF_RUNNING = 0x40;
const IFF_LOWER_UP = 0x10000;

const IFA_F_SECONDARY = 0x01;
const IFA_F_NODAD = 0x02;
const IFA_F_DADFAILED = 0x08;
const IFA_F_TENTATIVE = 0x40;

const LIFETIME_FOREVER = 0xffffffff;

/** What an address is added with. */
export interface AddressOptions {
  /** The kernel removes it that much later. */
  readonly validSeconds?: number;
  /** Metric of the route to its network, in place of the kernel's choice. */
  readonly routeMetric?: number;
}

/** A network interface. */
export interface NetworkLink {
  readonly index: number;
  readonly name: string;
  /** 6 bytes on Ethernet, none on a link without hardware addresses. */
  readonly mac: Uint8Array;
  /** Administratively up. */
  readonly up: boolean;
  /** Up, with carrier, and not held back by the link layer (802.1X and the like). */
  readonly running: boolean;
  /** Longest IP packet that it takes, bytes; 0: not told. */
  readonly mtu: number;
}

/** An address on an interface. */
export interface InterfaceAddress {
  readonly interfaceIndex: number;
  /** 4 or 16 bytes. */
  readonly ip: Uint8Array;
  readonly prefixLength: number;
  /** IPv4: not the first of its subnet on the interface, so never the kernel's choice. */
  readonly secondary: boolean;
  /** IPv6: duplicate address detection is not over, so the address cannot be used yet. */
  readonly tentative: boolean;
  /** IPv6: somebody else has the address, so the kernel does not use it. */
  readonly duplicate: boolean;
}

/**
 * Reads RTM_NEWLINK or RTM_DELLINK. Null for what is not about an interface itself (a bridge
 * reports its ports with a family of its own) or is malformed.
 */
export function decodeLink(payload: Uint8Array): NetworkLink | null {
  const view = viewOf(payload);
  if (payload.length < IFINFOMSG_BYTES || view.getUint8(0) !== 0) {
    return null;
  }
  const attributes = attributesOf(payload.subarray(IFINFOMSG_BYTES));
  const name = attributes?.get(IFLA_IFNAME);
  if (name === undefined) {
    return null;
  }
  const flags = view.getUint32(8, true);
  const wanted = IFF_UP | IFF_RUNNING | IFF_LOWER_UP;
  return {
    index: view.getInt32(4, true),
    name: new TextDecoder().decode(name.subarray(0, name.length - 1)),
    mac: Uint8Array.from(attributes?.get(IFLA_ADDRESS) ?? []),
    up: (flags & IFF_UP) !== 0,
    running: (flags & wanted) === wanted,
    mtu: numberOf(attributes?.get(IFLA_MTU)) ?? 0,
  };
}

/** Reads RTM_NEWADDR or RTM_DELADDR. Null for another family or a malformed message. */
export function decodeAddress(payload: Uint8Array): InterfaceAddress | null {
  if (payload.length < IFADDRMSG_BYTES) {
    return null;
  }
  const view = viewOf(payload);
  const attributes = attributesOf(payload.subarray(IFADDRMSG_BYTES));
  // On a point-to-point link IFA_ADDRESS is the other end's; IFA_LOCAL is ours where it is given.
  const ip = attributes?.get(IFA_LOCAL) ?? attributes?.get(IFA_ADDRESS);
  const ipBytes = { [AF_INET]: 4, [AF_INET6]: 16 }[view.getUint8(0)];
  if (ip === undefined || ip.length !== ipBytes) {
    return null;
  }
  const wide = attributes?.get(IFA_FLAGS);
  const flags = wide?.length === 4 ? viewOf(wide).getUint32(0, true) : view.getUint8(2);
  return {
    interfaceIndex: view.getUint32(4, true),
    ip: Uint8Array.from(ip),
    prefixLength: view.getUint8(1),
    // The same bit means a temporary address in IPv6.
    secondary: ipBytes === 4 && (flags & IFA_F_SECONDARY) !== 0,
    tentative: (flags & IFA_F_TENTATIVE) !== 0,
    duplicate: (flags & IFA_F_DADFAILED) !== 0,
  };
}

/**
 * The payload that adds (RTM_NEWADDR) or deletes (RTM_DELADDR) an address. An added IPv6 address
 * skips duplicate address detection, which would delay it by a second and fail while the other
 * host lets go; and it is deprecated from the start, so that the kernel never chooses it as the
 * source of this host's own connections. After `validSeconds` the kernel removes the address.
 */
export function encodeAddress(
  interfaceIndex: number,
  ip: Uint8Array,
  prefixLength: number,
  { validSeconds = LIFETIME_FOREVER, routeMetric }: AddressOptions = {},
): Uint8Array {
  const v6 = ip.length === 16;
  const header = new Uint8Array(IFADDRMSG_BYTES);
  const view = viewOf(header);
  view.setUint8(0, v6 ? AF_INET6 : AF_INET);
  view.setUint8(1, prefixLength);
  view.setUint8(2, v6 ? IFA_F_NODAD : 0);
  view.setUint32(4, interfaceIndex, true);
  const parts = [header, attribute(IFA_LOCAL, ip), attribute(IFA_ADDRESS, ip)];
  if (v6 || validSeconds !== LIFETIME_FOREVER) {
    const cacheInfo = new Uint8Array(16);
    viewOf(cacheInfo).setUint32(0, v6 ? 0 : validSeconds, true);
    viewOf(cacheInfo).setUint32(4, validSeconds, true);
    parts.push(attribute(IFA_CACHEINFO, cacheInfo));
  }
  if (routeMetric !== undefined) parts.push(numberAttribute(IFA_RT_PRIORITY, routeMetric));
  return joined(parts);
}

/** The payload that asks for all links (RTM_GETLINK). */
export function encodeLinkDump(): Uint8Array {
  return new Uint8Array(IFINFOMSG_BYTES);
}

/** The payload that asks for all addresses (RTM_GETADDR). */
export function encodeAddressDump(): Uint8Array {
  return new Uint8Array(IFADDRMSG_BYTES);
}
