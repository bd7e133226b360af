/**
 * Virtual routes on the Linux kernel. Ours carry a protocol number of their own
 * (`ROUTE_PROTOCOL`), so that they are told from others and found again after a crash.
 */
import type { VirtualRoute } from '../../src/config/agent-config.ts';
import { formatIp, parseIp } from '../../src/os/ip-address.ts';
import { NetlinkListener } from '../../src/os/netlink-listener.ts';
import {
  decodeRouteChange,
  type KernelRoute,
  OwnRoutes,
  ROUTE_PROTOCOL,
  routePlace,
} from '../../src/os/netlink-route.ts';
import type { RoutePort } from '../ports.ts';

const NETLINK_ROUTE = 0;
const RTNLGRP_IPV4_ROUTE = 7;
const RTNLGRP_IPV6_ROUTE = 11;
const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;

/** What interfaces there are, by name and by index. */
export interface InterfaceNames {
  indexOf(name: string): number | null;
  nameOf(index: number): string | null;
}

/** See the file's comment. Nothing is opened before it is needed. */
export class KernelRoutes implements RoutePort {
  readonly #names: InterfaceNames;
  readonly #onChange: () => void;
  /** Where ours are: a route of somebody else in such a place has taken one's place. */
  readonly #places = new Set<string>();
  #routes: OwnRoutes | undefined;
  #events: NetlinkListener | undefined;

  constructor(names: InterfaceNames, onChange: () => void) {
    this.#names = names;
    this.#onChange = onChange;
  }

  #watch(): void {
    this.#events ??= new NetlinkListener({
      protocol: NETLINK_ROUTE,
      groups: [RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE],
      onMessage: (type, payload) => {
        if (this.#concerns(type, payload)) this.#onChange();
      },
      onLost: () => this.#onChange(),
    });
  }

  async list(): Promise<readonly VirtualRoute[]> {
    return this.#connection()
      .list()
      .map((route) => this.#configured(route));
  }

  async add(route: VirtualRoute): Promise<void> {
    this.#watch();
    const wanted = this.#kernels(route);
    const routes = this.#connection();
    this.#places.add(routePlace(wanted));
    if (routes.add(wanted)) return;
    const place = routePlace(wanted);
    const ours = routes.list().filter((own) => routePlace(own) === place);
    if (ours.some((own) => same(own, wanted))) return;
    // An earlier configuration's, or nobody's: the next attempt finds the place free.
    for (const own of ours) routes.remove(own);
    if (!routes.add(wanted)) {
      throw new Error(
        `somebody else has a route to ${place}, which is left alone: remove it, or give ours ` +
          'another metric',
      );
    }
  }

  async remove(route: VirtualRoute): Promise<void> {
    const index = this.#names.indexOf(route.interface);
    // With its interface the route is gone too.
    if (index === null) return;
    const kernels = this.#kernels(route);
    this.#places.delete(routePlace(kernels));
    this.#connection().remove(kernels);
  }

  close(): void {
    this.#events?.close();
    this.#events = undefined;
    this.#routes?.close();
    this.#routes = undefined;
  }

  #connection(): OwnRoutes {
    this.#routes ??= new OwnRoutes();
    return this.#routes;
  }

  #concerns(type: number, payload: Uint8Array): boolean {
    if (type !== RTM_NEWROUTE && type !== RTM_DELROUTE) return false;
    // On a router with a full table most messages end here.
    const ours = payload[5] === ROUTE_PROTOCOL;
    if (type === RTM_DELROUTE || ours) return ours && type === RTM_DELROUTE;
    const change = decodeRouteChange(payload);
    return change !== null && this.#places.has(change.place);
  }

  #kernels(route: VirtualRoute): KernelRoute {
    const { destination, via, source } = route;
    const interfaceIndex = this.#names.indexOf(route.interface);
    if (interfaceIndex === null) throw new Error(`there is no interface ${route.interface}`);
    return {
      destination: bytesOf(destination.address),
      prefixLength: destination.prefixLength,
      ...(via === undefined ? {} : { gateway: bytesOf(via) }),
      interfaceIndex,
      ...(source === undefined ? {} : { source: bytesOf(source) }),
      metric: route.metric,
      table: route.table,
    };
  }

  #configured(route: KernelRoute): VirtualRoute {
    const { destination, prefixLength, gateway, interfaceIndex, source, metric, table } = route;
    return {
      destination: { address: formatIp(destination), prefixLength },
      ...(gateway === undefined ? {} : { via: formatIp(gateway) }),
      interface: this.#names.nameOf(interfaceIndex) ?? `interface ${interfaceIndex}`,
      ...(source === undefined ? {} : { source: formatIp(source) }),
      metric,
      table,
    };
  }
}

function same(one: KernelRoute, other: KernelRoute): boolean {
  const key = (ip: Uint8Array | undefined) => (ip === undefined ? '' : formatIp(ip));
  return (
    one.interfaceIndex === other.interfaceIndex &&
    key(one.gateway) === key(other.gateway) &&
    key(one.source) === key(other.source)
  );
}

function bytesOf(address: string): Uint8Array {
  const ip = parseIp(address);
  if (ip === null) throw new RangeError(`"${address}" is not an IP address`);
  return ip;
}
