import type { BindAddress, PolicyName, ProxyConfig } from '../src/config/proxy-config.ts';
import type { DestinationStatus } from './access-log/collector.ts';
import type { CacheStatus } from './cache/store/cache-keepers.ts';
import type { CertificateStatus } from './certificates/certificate-status.ts';
import type { NamedServersStatus } from './discovery/named-servers.ts';
import type { AddressDrainStatus } from './draining/drain-keeper.ts';
import type { ServerEjection } from './health/ejection-watch.ts';
import type { ServerHealth } from './health/monitor.ts';
import type { EngineChoice } from './io/choose-engine.ts';
import type { LimitStatus } from './limiting/limit-keeper.ts';
import type { MainParts } from './main-parts.ts';
import type { Readiness } from './readiness.ts';
import { RAMP_STEPS } from './shared/layout.ts';
import { type RouteRow, type RouteTotals, routeTotals } from './shared/route-cells.ts';
import type { ServerTimesTotals } from './shared/server-times.ts';
import {
  type ListenerTotals,
  listenerTotals,
  type ServerTotals,
  type UpstreamTotals,
} from './shared/totals.ts';
import type { AbsentServer } from './upstream/server-orders.ts';
import type { WorkerStatus } from './worker-slot.ts';

export interface ListenerStatus {
  readonly name: string;
  readonly protocol: 'http' | 'tcp' | 'udp';
  /** As bound: with the port the kernel chose where 0 was asked for. */
  readonly binds: readonly BindAddress[];
  /** Counted since the start, and open connections now. */
  readonly totals: ListenerTotals;
}

export interface ServerStatus extends ServerHealth {
  /** The DNS name it was found by; null: the file has its address. */
  readonly name: string | null;
  /** As it is now. */
  readonly weight: number;
  /** It is another one when an operator wants it so. */
  readonly weightInFile: number;
  readonly backup: boolean;
  /** By the config: never used. */
  readonly down: boolean;
  /** Requests and sessions it may have at a time; 0: any number. */
  readonly connectionsMax: number;
  /** Part of its weight that it gets while it warms up; 1: all. */
  readonly warmth: number;
  /** Average time to its answers, ms; 0: the policy does not measure it, or nothing came yet. */
  readonly averageMs: number;
  /** What happened to requests; null: that takes it out never. */
  readonly ejection: ServerEjection | null;
  /** Counted since the start, and what is in flight now. */
  readonly totals: ServerTotals;
  /** How long it took to connect, to answer, to finish. */
  readonly times: ServerTimesTotals;
}

export interface UpstreamStatus {
  readonly name: string;
  readonly policy: PolicyName;
  /** So few servers are fit that all are used. */
  readonly panic: boolean;
  /** Requests that wait for a full server, and those that have. */
  readonly totals: UpstreamTotals;
  readonly servers: readonly ServerStatus[];
}

/** The balancer as plain JSON. */
export interface BalancerStatus {
  readonly digest: string;
  /** Configs before this one in which something still goes on that began there. */
  readonly formerConfigs: number;
  /** How it reaches the network. */
  readonly io: EngineChoice;
  readonly readiness: Readiness;
  readonly workers: readonly WorkerStatus[];
  readonly listeners: readonly ListenerStatus[];
  readonly upstreams: readonly UpstreamStatus[];
  /** What operators ordered of servers that there are not now. */
  readonly absentServers: readonly AbsentServer[];
  /** Names that servers are found by; empty where the config has none. */
  readonly names: readonly NamedServersStatus[];
  /** Rate limits, concurrency limits, connections per source. */
  readonly limits: readonly LimitStatus[];
  readonly caches: readonly CacheStatus[];
  readonly accessLogs: readonly DestinationStatus[];
  /** Those that clients get, and those that servers are shown. */
  readonly certificates: readonly CertificateStatus[];
  /** Addresses that leave this host, and what is still connected to them. */
  readonly draining: readonly AddressDrainStatus[];
  readonly routes: readonly RouteStatus[];
}

/** A route and what it has done since the start. */
export interface RouteStatus extends RouteRow, RouteTotals {}

/** What a status is made of. */
export interface StatusSources {
  readonly config: ProxyConfig;
  readonly formerConfigs: number;
  readonly io: EngineChoice;
  readonly readiness: Readiness;
  readonly workers: readonly WorkerStatus[];
  readonly parts: MainParts;
}

/** Puts the status together; a few microseconds per server. */
export function describeBalancer(sources: StatusSources): BalancerStatus {
  const { config, parts } = sources;
  const { registry, views, rows, ejections } = parts;
  const allHealth = parts.monitor.status();
  return {
    digest: config.digest,
    formerConfigs: sources.formerConfigs,
    io: sources.io,
    readiness: sources.readiness,
    absentServers: parts.orders.absent,
    names: parts.names.status(),
    workers: sources.workers,
    accessLogs: parts.lines.status(),
    certificates: parts.certificates.status(),
    draining: parts.drains.status(),
    listeners: config.listeners.map(({ name, protocol }) => ({
      name,
      protocol,
      binds: parts.sockets.bound(name),
      totals: listenerTotals(views, rows.slots.listenerSlots[name]!),
    })),
    upstreams: config.upstreams.map((upstream) => {
      const health = allHealth.filter((server) => server.upstream === upstream.name);
      return {
        name: upstream.name,
        policy: upstream.policy,
        panic: ejections.panicking(upstream.name),
        totals: registry.upstreamTotals(upstream.name),
        // Both lists are in the config's order.
        servers: health.map((server, index) => ({
          ...server,
          name: upstream.servers[index]!.name ?? null,
          weight: upstream.servers[index]!.weight,
          weightInFile: parts.servers.weightInFile(server.identity),
          backup: upstream.servers[index]!.backup,
          down: upstream.servers[index]!.down ?? false,
          connectionsMax: upstream.servers[index]!.connectionsMax ?? 0,
          warmth: (registry.warmth(server.identity) || RAMP_STEPS) / RAMP_STEPS,
          averageMs: registry.averageMs(server.identity),
          ejection: ejections.status(server.identity),
          totals: registry.totals(server.identity),
          times: registry.times(server.identity),
        })),
      };
    }),
    limits: parts.limits.status(),
    caches: parts.caches.status(),
    routes: rows.routes(config.listeners).map(({ row, ...route }) => ({
      ...route,
      ...routeTotals(views, row),
    })),
  };
}
