/** The balancer's share of the config; the same on every node. */
import type { EffectiveCheck, EffectiveConfig, EffectiveUpstream } from './effective.ts';
import type {
  HealthCheckConfig,
  HttpLimits,
  ListenerConfig,
  ProxyConfig,
  RouteConfig,
  UpstreamConfig,
} from './proxy-config.ts';
import type { ListenerEntry } from './schema/index.ts';
import { settings } from './settings.ts';

type HttpListenerEntry = Extract<ListenerEntry, { protocol: 'http' }>;

/** Null when the file has no listeners. `cores` is at least 1. */
export function compileProxy(
  config: EffectiveConfig,
  digest: string,
  cores: number,
): ProxyConfig | null {
  const listeners = Object.entries(config.listeners);
  if (listeners.length === 0) return null;
  const { workers, io, drain_timeout } = config.proxy;
  return {
    digest,
    workers: workers === 'auto' ? Math.min(cores, settings.proxy.workers.max) : workers,
    io,
    drainTimeoutMs: drain_timeout,
    upstreams: Object.entries(config.upstreams).map(compileUpstream),
    listeners: listeners.map(compileListener),
  };
}

function compileUpstream([name, upstream]: [string, EffectiveUpstream]): UpstreamConfig {
  return {
    name,
    policy: upstream.policy,
    servers: upstream.servers.map(({ address, weight, backup }) => ({
      ...address,
      weight,
      backup,
    })),
    healthCheck: upstream.health_check === undefined ? null : compileCheck(upstream.health_check),
    connectTimeoutMs: upstream.connect_timeout,
    responseTimeoutMs: upstream.response_timeout,
    idleTimeoutMs: upstream.idle_timeout,
    keepAliveMax: upstream.keepalive.max,
    keepAliveTimeoutMs: upstream.keepalive.timeout,
  };
}

function compileCheck(check: EffectiveCheck): HealthCheckConfig {
  return {
    kind: check.http === undefined ? 'tcp' : 'http',
    path: check.http?.path ?? '/',
    host: check.http?.host ?? null,
    statuses: check.http === undefined ? [] : statuses(check.http.status),
    intervalMs: check.interval,
    timeoutMs: check.timeout,
    rise: check.rise,
    fall: check.fall,
  };
}

type StatusRange = readonly [number, number];

/** A range is itself an array, so what tells it from a list of ranges is its first element. */
function statuses(status: StatusRange | readonly StatusRange[]): readonly StatusRange[] {
  return typeof status[0] === 'number' ? [status as StatusRange] : (status as StatusRange[]);
}

function compileListener([name, listener]: [string, ListenerEntry]): ListenerConfig {
  const base = {
    name,
    binds: asList(listener.bind),
    connectionsMax: listener.limits.connections,
  };
  if (listener.protocol === 'tcp') {
    return { ...base, protocol: 'tcp', upstream: listener.upstream };
  }
  return {
    ...base,
    protocol: 'http',
    routes: listener.routes.flatMap(compileRoute),
    limits: compileLimits(listener.limits),
  };
}

/** A route of several path prefixes becomes one route for each. */
function compileRoute(route: HttpListenerEntry['routes'][number]): readonly RouteConfig[] {
  const { host, path, method } = route.match;
  return asList(path ?? '/').map((prefix) => ({
    hosts: asList(host ?? []),
    path: prefix,
    methods: asList(method ?? []),
    upstream: route.upstream,
    rawPath: route.raw_path,
  }));
}

function compileLimits(limits: HttpListenerEntry['limits']): HttpLimits {
  return {
    requestLineMax: limits.request_line,
    headBytesMax: limits.head,
    headerCountMax: limits.headers,
    bodyBytesMax: limits.body,
    headTimeoutMs: limits.head_timeout,
    keepAliveTimeoutMs: limits.keepalive_timeout,
    idleTimeoutMs: limits.idle_timeout,
  };
}

/** The list that a "one or a list" key stands for. */
export function asList<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}
