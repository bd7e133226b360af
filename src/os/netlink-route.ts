/**
 * Routes of one protocol number, read and changed through rtnetlink (rtnetlink(7)).
 *
 *     rtmsg: family, prefix length, source length, tos, table, protocol, scope, type: u8; flags u32
 *
 * Others' routes are never touched. Reading needs no privilege, changing CAP_NET_ADMIN.
 */
import { OsError } from './errors.ts';
import { formatIp } from './ip-address.ts';
import {
  attribute,
  attributesOf,
  joined,
  numberAttribute,
  numberOf,
  viewOf,
} from './netlink-attributes.ts';
import { NetlinkRequests } from './netlink-request.ts';
import { AF_INET, AF_INET6 } from './socket-constants.ts';

/**
 * Who made a route: VRRP's IP protocol number, which no other routing program uses here
 * (/etc/iproute2/rt_protos). `ip route show table all proto 112` lists ours.
 */
export const ROUTE_PROTOCOL = 112;

const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;
const RTM_GETROUTE = 26;
const RTMSG_BYTES = 12;
const NLM_F_CREATE_EXCLUSIVE = 0x600;
const RT_SCOPE_UNIVERSE = 0;
const RT_SCOPE_LINK = 253;
const RT_SCOPE_NOWHERE = 255;
const RTN_UNICAST = 1;
const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_PRIORITY = 6;
const RTA_PREFSRC = 7;
const RTA_TABLE = 15;
const ESRCH = 3;
const ENODEV = 19;
const EEXIST = 17;

/** A route as the kernel has it. Addresses are 4 or 16 bytes, all of one family. */
export interface KernelRoute {
  readonly destination: Uint8Array;
  readonly prefixLength: number;
  readonly gateway?: Uint8Array;
  readonly interfaceIndex: number;
  readonly source?: Uint8Array;
  /** IPv6 has no 0: the kernel makes 1024 of it. */
  readonly metric: number;
  readonly table: number;
}

/** Changes and lists the routes of ROUTE_PROTOCOL. */
export class OwnRoutes {
  readonly #requests = new NetlinkRequests();

  /** All of ours, both families. Throws OsError. */
  list(): KernelRoute[] {
    return [AF_INET, AF_INET6].flatMap((family) => {
      const question = new Uint8Array(RTMSG_BYTES);
      question[0] = family;
      question[5] = ROUTE_PROTOCOL;
      return this.#requests
        .dump(RTM_GETROUTE, question, 'routes')
        .map(decodeRoute)
        .filter((route) => route !== null);
    });
  }

  /** False: there is one with this destination, metric and table. Throws OsError. */
  add(route: KernelRoute): boolean {
    const errno = this.#change(RTM_NEWROUTE, NLM_F_CREATE_EXCLUSIVE, route);
    if (errno !== 0 && errno !== EEXIST) throw new OsError('RTM_NEWROUTE', errno, text(route));
    return errno === 0;
  }

  /** Harmless when there is none. Throws OsError. */
  remove(route: KernelRoute): void {
    const errno = this.#change(RTM_DELROUTE, 0, route);
    if (errno !== 0 && errno !== ESRCH && errno !== ENODEV) {
      throw new OsError('RTM_DELROUTE', errno, text(route));
    }
  }

  /** A second call does nothing. */
  close(): void {
    this.#requests.close();
  }

  #change(type: number, flags: number, route: KernelRoute): number {
    const removal = type === RTM_DELROUTE;
    return this.#requests.change(type, flags, encodeRoute(route, removal), text(route));
  }
}

/** The payload of RTM_NEWROUTE or (`removal`) RTM_DELROUTE. */
export function encodeRoute(route: KernelRoute, removal: boolean): Uint8Array {
  const { destination, gateway, source } = route;
  const added = gateway === undefined ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
  const header = new Uint8Array(RTMSG_BYTES);
  header.set([
    destination.length === 4 ? AF_INET : AF_INET6,
    route.prefixLength,
    0,
    0,
    // A table beyond a byte is in the attribute alone.
    route.table < 256 ? route.table : 0,
    ROUTE_PROTOCOL,
    removal ? RT_SCOPE_NOWHERE : added,
    RTN_UNICAST,
  ]);
  return joined([
    header,
    attribute(RTA_DST, destination),
    ...(gateway === undefined ? [] : [attribute(RTA_GATEWAY, gateway)]),
    numberAttribute(RTA_OIF, route.interfaceIndex),
    ...(source === undefined ? [] : [attribute(RTA_PREFSRC, source)]),
    numberAttribute(RTA_PRIORITY, route.metric),
    numberAttribute(RTA_TABLE, route.table),
  ]);
}

/** Reads RTM_NEWROUTE. Null for a route that is not ours, of another kind, or malformed. */
export function decodeRoute(payload: Uint8Array): KernelRoute | null {
  const header = routeHeader(payload);
  if (header === null || header.protocol !== ROUTE_PROTOCOL) return null;
  const attributes = attributesOf(payload.subarray(RTMSG_BYTES));
  const interfaceIndex = numberOf(attributes?.get(RTA_OIF));
  if (attributes === null || interfaceIndex === null || payload[7] !== RTN_UNICAST) return null;
  const ip = (type: number) => {
    const bytes = attributes.get(type);
    return bytes?.length === header.ipBytes ? Uint8Array.from(bytes) : undefined;
  };
  const gateway = ip(RTA_GATEWAY);
  const source = ip(RTA_PREFSRC);
  return {
    destination: ip(RTA_DST) ?? new Uint8Array(header.ipBytes),
    prefixLength: header.prefixLength,
    ...(gateway === undefined ? {} : { gateway }),
    interfaceIndex,
    ...(source === undefined ? {} : { source }),
    metric: numberOf(attributes.get(RTA_PRIORITY)) ?? 0,
    table: numberOf(attributes.get(RTA_TABLE)) ?? payload[4] ?? 0,
  };
}

/** A message about any route: its place in the tables, and who made it. */
export interface RouteChange {
  readonly protocol: number;
  /** Destination, metric and table, which only one route has. */
  readonly place: string;
}

/** Reads RTM_NEWROUTE or RTM_DELROUTE of whomever. Null for what is malformed. */
export function decodeRouteChange(payload: Uint8Array): RouteChange | null {
  const header = routeHeader(payload);
  const attributes = header === null ? null : attributesOf(payload.subarray(RTMSG_BYTES));
  if (header === null || attributes === null) return null;
  const destination = attributes.get(RTA_DST) ?? new Uint8Array(header.ipBytes);
  const place = routePlace({
    destination,
    prefixLength: header.prefixLength,
    metric: numberOf(attributes.get(RTA_PRIORITY)) ?? 0,
    table: numberOf(attributes.get(RTA_TABLE)) ?? payload[4] ?? 0,
  });
  return { protocol: header.protocol, place };
}

/** What only one route has. */
export function routePlace({
  destination,
  prefixLength,
  metric,
  table,
}: Pick<KernelRoute, 'destination' | 'prefixLength' | 'metric' | 'table'>): string {
  return `${formatIp(destination)}/${prefixLength} metric ${metric} table ${table}`;
}

function routeHeader(payload: Uint8Array) {
  if (payload.length < RTMSG_BYTES) return null;
  const view = viewOf(payload);
  const ipBytes = { [AF_INET]: 4, [AF_INET6]: 16 }[view.getUint8(0)];
  if (ipBytes === undefined) return null;
  return { ipBytes, prefixLength: view.getUint8(1), protocol: view.getUint8(5) };
}

function text(route: KernelRoute): string {
  const via = route.gateway === undefined ? '' : `, via ${formatIp(route.gateway)}`;
  return `${routePlace(route)}${via}, interface ${route.interfaceIndex}`;
}
