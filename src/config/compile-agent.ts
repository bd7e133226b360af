/** The agent's share of the config, for one node. */
import { familyOf } from './addresses.ts';
import type { AgentConfig, Tracking, VirtualRouterConfig } from './agent-config.ts';
import {
  type EffectiveConfig,
  type EffectiveRouter,
  type EffectiveTracking,
  trackedInterfaces,
} from './effective.ts';

/** `node` is one of the file's; the result has a router per address family. */
export function compileAgent(config: EffectiveConfig, node: string, digest: string): AgentConfig {
  return {
    node,
    nodes: Object.keys(config.nodes),
    digest,
    virtualRouters: Object.entries(config.virtual_routers).flatMap(([name, router]) =>
      compileRouter(name, router, node),
    ),
    healthScripts: Object.entries(config.health_scripts).map(([name, script]) => ({
      name,
      command: script.command,
      intervalMs: script.interval,
      timeoutMs: script.timeout,
      rise: script.rise,
      fall: script.fall,
      weight: script.weight,
    })),
  };
}

/** The virtual routers, one or two, that a router of the file is on the wire. */
export function compileRouter(
  name: string,
  router: EffectiveRouter,
  node: string,
): readonly VirtualRouterConfig[] {
  const byFamily = (family: 4 | 6) =>
    router.addresses.filter(({ address }) => familyOf(address) === family);
  const [ipv4, ipv6] = [byFamily(4), byFamily(6)];
  const peerPriority = highestOfOthers(router, node);
  const shared = {
    vrid: router.vrid,
    interface: router.interface[node] ?? '',
    priority: router.priority[node] ?? 0,
    advertIntervalMs: router.advert_interval,
    preempt: router.preempt,
    peer: router.peer,
    ...(peerPriority === null ? {} : { peerPriority }),
    strictRfc: router.strict_rfc,
    ...compileBfd(router.bfd, node),
    track: compileTracking(router.track),
  };
  const routers: VirtualRouterConfig[] = [];
  if (ipv4.length > 0) {
    routers.push({ name, family: 4, version: router.version, addresses: ipv4, ...shared });
  }
  if (ipv6.length > 0) {
    // Alone it keeps the file's name; beside IPv4 the two need telling apart.
    const own = ipv4.length > 0 ? `${name}.ipv6` : name;
    routers.push({ name: own, family: 6, version: 3, addresses: ipv6, ...shared });
  }
  return routers;
}

function compileBfd(bfd: EffectiveRouter['bfd'], node: string): Pick<VirtualRouterConfig, 'bfd'> {
  const peer = bfd?.peer[node];
  if (bfd === undefined || peer === undefined) return {};
  return { bfd: { peer, intervalMs: bfd.interval, multiplier: bfd.multiplier } };
}

/** The priority below which another node has to take over; null for a node that is alone. */
function highestOfOthers({ priority }: EffectiveRouter, node: string): number | null {
  const others = Object.keys(priority).filter((other) => other !== node);
  return others.length === 0 ? null : Math.max(...others.map((other) => priority[other] ?? 0));
}

function compileTracking(track: EffectiveTracking): Tracking {
  return {
    proxy: track.proxy,
    scripts: track.scripts,
    interfaces: named(trackedInterfaces(track), ({ weight, up_delay, down_delay }) => ({
      weight,
      upDelayMs: up_delay,
      downDelayMs: down_delay,
    })),
    upstreams: named(track.upstreams, ({ min_up, weight }) => ({ minUp: min_up, weight })),
    gateways: named(track.gateways, ({ interval, timeout, ...gateway }) => ({
      ...gateway,
      intervalMs: interval,
      timeoutMs: timeout,
    })),
  };
}

function named<T, U extends object>(
  map: Readonly<Record<string, T>> | undefined,
  change: (value: T) => U,
): ({ readonly name: string } & U)[] {
  return Object.entries(map ?? {}).map(([name, value]) => ({ name, ...change(value) }));
}
