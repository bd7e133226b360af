/**
 * The defaults that depend on other keys. What comes out is the effective config: nothing left to
 * guess, still in the shape of the file, so that `check --print` can write it back.
 */

import { familyOf } from './addresses.ts';
import type { SecretSource } from './agent-config.ts';
import { handoverObstacle } from './agreed-handover.ts';
import { leadsOf } from './listener-routes.ts';
import type {
  ConfigFile,
  HealthScriptEntry,
  UpstreamEntry,
  VirtualRouterEntry,
} from './schema/index.ts';
import { settings } from './settings.ts';
import { parseDuration } from './units.ts';

type TrackEntry = VirtualRouterEntry['track'];
type With<T, K extends keyof T> = T & { [P in K]-?: NonNullable<T[P]> };

/** A virtual router with interface and priority by node, and `track.proxy` decided. */
export type EffectiveRouter = Omit<
  VirtualRouterEntry,
  'interface' | 'priority' | 'track' | 'bfd' | 'routes' | 'unicast' | 'drain_timeout'
> & {
  readonly interface: Readonly<Record<string, string>>;
  readonly priority: Readonly<Record<string, number>>;
  readonly track: EffectiveTracking;
  readonly bfd?: EffectiveBfd;
  readonly routes?: readonly EffectiveRoute[];
  readonly unicast?: EffectiveUnicast;
  /** Milliseconds; 0 where the file does not say and no agreed handover is possible. */
  readonly drain_timeout: number;
};
type RouteEntry = NonNullable<VirtualRouterEntry['routes']>[number];
/** `interface` by node. */
export type EffectiveRoute = Omit<With<RouteEntry, 'metric'>, 'interface'> & {
  readonly interface: Readonly<Record<string, string>>;
};
/** `addresses` are each node's own; a node whose address is not known is missing. */
export type EffectiveUnicast = Omit<NonNullable<VirtualRouterEntry['unicast']>, 'addresses'> & {
  readonly addresses: Readonly<Record<string, readonly string[]>>;
};
/** `peer` is what each node watches; a node that has nobody to watch is missing. */
export type EffectiveBfd = Omit<NonNullable<VirtualRouterEntry['bfd']>, 'peer'> & {
  readonly peer: Readonly<Record<string, string>>;
};
export type EffectiveTracking = Omit<With<TrackEntry, 'proxy'>, 'gateways'> & {
  readonly gateways?: Readonly<Record<string, EffectiveGateway>>;
};
type GatewayEntry = NonNullable<TrackEntry['gateways']>[string];
export type EffectiveGateway = With<GatewayEntry, 'timeout'>;
type TrackedInterfaces = Exclude<TrackEntry['interfaces'], readonly string[]>;
export type EffectiveScript = With<HealthScriptEntry, 'timeout'>;
export type EffectiveCheck = With<
  NonNullable<UpstreamEntry['health_check']>,
  'timeout' | 'interval_down'
>;
export type EffectiveUpstream = Omit<With<UpstreamEntry, 'idle_timeout'>, 'health_check'> & {
  readonly health_check?: EffectiveCheck;
};

/** The whole file with every default in place; absent sections are empty. */
export interface EffectiveConfig {
  readonly nodes: NonNullable<ConfigFile['nodes']>;
  readonly pair: ConfigFile['pair'];
  readonly virtual_routers: Readonly<Record<string, EffectiveRouter>>;
  readonly health_scripts: Readonly<Record<string, EffectiveScript>>;
  readonly upstreams: Readonly<Record<string, EffectiveUpstream>>;
  readonly rate_limits: NonNullable<ConfigFile['rate_limits']>;
  readonly concurrency_limits: NonNullable<ConfigFile['concurrency_limits']>;
  readonly caches: NonNullable<ConfigFile['caches']>;
  readonly listeners: NonNullable<ConfigFile['listeners']>;
  readonly admin: ConfigFile['admin'];
  readonly log: ConfigFile['log'];
  readonly proxy: ConfigFile['proxy'];
  readonly resolver: ConfigFile['resolver'];
}

/** Fills in what the schema could not know. */
export function effectiveConfig(file: ConfigFile): EffectiveConfig {
  const nodes = effectiveNodes(file);
  const listeners = file.listeners ?? {};
  return {
    nodes,
    pair: file.pair,
    virtual_routers: mapValues(file.virtual_routers, (router) =>
      effectiveRouter(router, file, nodes),
    ),
    health_scripts: mapValues(file.health_scripts, (script) => ({
      ...script,
      timeout: script.timeout ?? shorter(settings.healthScript.timeout.default, script.interval),
    })),
    upstreams: mapValues(file.upstreams, (upstream, name) => ({
      ...upstream,
      sticky: effectiveSticky(upstream.sticky, file.pair?.secret),
      idle_timeout: upstream.idle_timeout ?? defaultIdleTimeout(name, listeners),
      health_check: effectiveCheck(upstream.health_check),
    })),
    rate_limits: file.rate_limits ?? {},
    concurrency_limits: file.concurrency_limits ?? {},
    caches: file.caches ?? {},
    listeners,
    admin: file.admin,
    log: file.log,
    proxy: file.proxy,
    resolver: file.resolver,
  };
}

function effectiveRouter(
  router: VirtualRouterEntry,
  { pair, listeners }: ConfigFile,
  nodes: EffectiveConfig['nodes'],
): EffectiveRouter {
  const { drain_timeout, ...rest } = router;
  const priority = byNode<number>(router.priority, nodes, (node) => node.priority);
  const unicast = effectiveUnicast(router.unicast, nodes);
  const agreed = handoverObstacle({ ...rest, priority, unicast }, { nodes, pair }) === null;
  const byDefault = agreed ? milliseconds(settings.virtualRouter.drainTimeout.default) : 0;
  return {
    ...rest,
    interface: byNode<string>(router.interface, nodes, () => ''),
    priority,
    drain_timeout: drain_timeout ?? byDefault,
    bfd: effectiveBfd(router.bfd, nodes),
    routes: effectiveRoutes(router, nodes),
    unicast,
    track: effectiveTracking(router.track, listeners !== undefined),
  };
}

/** Where nothing else is said, the agents are connected by the hosts' own addresses. */
function effectiveNodes({ nodes = {}, pair }: ConfigFile): EffectiveConfig['nodes'] {
  if (pair === undefined) return nodes;
  return mapValues(nodes, (node) => {
    const byDefault = node.address === undefined ? undefined : [node.address];
    return { ...node, pair_addresses: node.pair_addresses ?? byDefault };
  });
}

/** IPv6 has no metric 0: the kernel makes 1024 of it. */
const METRIC_BY_DEFAULT = { 4: 0, 6: 1024 };

function effectiveRoutes(
  { routes, interface: device }: VirtualRouterEntry,
  nodes: EffectiveConfig['nodes'],
): readonly EffectiveRoute[] | undefined {
  const own = byNode<string>(device, nodes, () => '');
  return routes?.map((route) => ({
    ...route,
    interface: byNode<string>(route.interface ?? own, nodes, () => ''),
    metric: route.metric || METRIC_BY_DEFAULT[familyOf(route.to.address)],
  }));
}

function effectiveTracking(track: TrackEntry, hasListeners: boolean): EffectiveTracking {
  const { gateways, ...rest } = track;
  const proxy = track.proxy ?? hasListeners;
  if (gateways === undefined) return { ...rest, proxy };
  const byDefault = settings.tracker.gateway.timeout.default;
  return {
    ...rest,
    proxy,
    gateways: mapValues(gateways, (gateway) => ({
      ...gateway,
      timeout: gateway.timeout ?? shorter(byDefault, gateway.interval),
    })),
  };
}

/** Tracked interfaces with their settings, however the file lists them. */
export function trackedInterfaces({ interfaces }: EffectiveTracking): TrackedInterfaces {
  if (!Array.isArray(interfaces)) return interfaces;
  const { weight, upDelay, downDelay } = settings.tracker;
  const untold = {
    weight: weight.default,
    up_delay: milliseconds(upDelay.default),
    down_delay: milliseconds(downDelay.default),
  };
  return Object.fromEntries(interfaces.map((name) => [name, untold]));
}

function effectiveBfd(
  bfd: VirtualRouterEntry['bfd'],
  nodes: EffectiveConfig['nodes'],
): EffectiveBfd | undefined {
  if (bfd === undefined) return undefined;
  const { peer } = bfd;
  if (typeof peer === 'object') return { ...bfd, peer };
  const known: Record<string, string> = {};
  for (const node of Object.keys(nodes)) {
    const other = Object.keys(nodes).find((one) => one !== node);
    const address = peer ?? (other === undefined ? undefined : nodes[other]?.address);
    if (address !== undefined) known[node] = address;
  }
  return { ...bfd, peer: known };
}

function effectiveUnicast(
  unicast: VirtualRouterEntry['unicast'],
  nodes: EffectiveConfig['nodes'],
): EffectiveUnicast | undefined {
  if (unicast === undefined) return undefined;
  const { addresses } = unicast;
  const listed = (written: string | readonly string[]) =>
    typeof written === 'string' ? [written] : written;
  // One value for all nodes is a mistake where there are several, which a rule tells.
  const byName =
    typeof addresses === 'string' || Array.isArray(addresses)
      ? mapValues(nodes, () => addresses)
      : (addresses as Readonly<Record<string, string | string[]>> | undefined);
  if (byName !== undefined) return { ...unicast, addresses: mapValues(byName, listed) };
  const known = Object.entries(nodes).flatMap(([node, { address }]) =>
    address === undefined ? [] : [[node, [address]] as const],
  );
  return { ...unicast, addresses: Object.fromEntries(known) };
}

/** Of a key that takes a value or a map by node, the map. */
function byNode<T extends string | number>(
  value: T | Readonly<Record<string, T>> | undefined,
  nodes: EffectiveConfig['nodes'],
  byDefault: (node: EffectiveConfig['nodes'][string]) => T,
): Readonly<Record<string, T>> {
  if (typeof value === 'object') return value;
  return mapValues(nodes, (node) => value ?? byDefault(node));
}

/** Both hosts have the pair's secret, so it does for cookies too. */
function effectiveSticky(
  sticky: UpstreamEntry['sticky'],
  pairSecret: SecretSource | undefined,
): UpstreamEntry['sticky'] {
  if (sticky === undefined || sticky.secret !== undefined) return sticky;
  return { ...sticky, ...(pairSecret && { secret: pairSecret }) };
}

function effectiveCheck(check: UpstreamEntry['health_check']): EffectiveCheck | undefined {
  if (check === undefined) return undefined;
  const interval_down = check.interval_down ?? check.interval;
  const shortest = Math.min(check.interval, interval_down);
  const timeout = check.timeout ?? shorter(settings.healthCheck.timeout.default, shortest);
  return { ...check, timeout, interval_down };
}

function defaultIdleTimeout(upstream: string, listeners: EffectiveConfig['listeners']): number {
  let tcp = false;
  for (const listener of Object.values(listeners)) {
    const used = leadsOf(listener).some((lead) => lead.upstream === upstream);
    if (listener.protocol === 'tcp') tcp ||= used;
    else if (used) {
      return milliseconds(settings.upstream.idleTimeout.default);
    }
  }
  const { idleTimeout, idleTimeoutTcp } = settings.upstream;
  return milliseconds(tcp ? idleTimeoutTcp : idleTimeout.default);
}

function shorter(byDefault: string, interval: number): number {
  return Math.min(milliseconds(byDefault), interval);
}

/** Milliseconds of a duration out of the settings table. */
export function milliseconds(text: string): number {
  const result = parseDuration(text);
  if (!result.ok) throw new Error(`settings.ts: ${text} is no duration`);
  return result.value;
}

function mapValues<T, U>(
  map: Readonly<Record<string, T>> | undefined,
  change: (value: T, name: string) => U,
): Record<string, U> {
  return Object.fromEntries(
    Object.entries(map ?? {}).map(([name, value]) => [name, change(value, name)]),
  );
}
