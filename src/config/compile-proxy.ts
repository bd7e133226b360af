/** The balancer's share of the config; the same on every node. */
import { asList } from './as-list.ts';
import { compileAccess } from './compile-access.ts';
import { compileAccessLog } from './compile-access-log.ts';
import { compileHash, compileQueue, compileSticky } from './compile-balancing.ts';
import { compileBuffering } from './compile-buffering.ts';
import { compileCaches, compileRouteCache } from './compile-cache.ts';
import { compileCompression } from './compile-compression.ts';
import { compileCheck, compileEjection } from './compile-health.ts';
import { compileHttpRules } from './compile-http-rules.ts';
import { compileHttp2, compileProtocol } from './compile-http2.ts';
import {
  compileConcurrencyLimits,
  compileConnectionsPerSource,
  compileRateLimits,
  compileRouteLimits,
  compileTimeBounds,
} from './compile-limits.ts';
import { compileMatch } from './compile-match.ts';
import { compileMirror } from './compile-mirror.ts';
import { compileRetry } from './compile-retry.ts';
import { compileRewriting, passesServer } from './compile-rewriting.ts';
import { compileResolver, compileServers } from './compile-servers.ts';
import { compileSplit } from './compile-split.ts';
import { compileAcceptProxy, compileTcp, compileUdp } from './compile-stream.ts';
import { certificateFieldsOf, compileListenerTls, compileUpstreamTls } from './compile-tls.ts';
import type { EffectiveConfig, EffectiveUpstream } from './effective.ts';
import type { HeldPages } from './page-files.ts';
import type {
  HttpLimits,
  ListenerConfig,
  ProxyConfig,
  RouteConfig,
  UpstreamConfig,
} from './proxy-config.ts';
import { type RouteEntry, routeNames } from './route-names.ts';
import { compareRoutes } from './route-order.ts';
import type { ListenerEntry } from './schema/index.ts';
import type { HeldSecrets } from './secrets.ts';
import { settings } from './settings.ts';

type HttpListenerEntry = Extract<ListenerEntry, { protocol: 'http' }>;

/** Null when the file has no listeners. `cores` is at least 1; `ticketSecret` as in ProxyConfig. */
export function compileProxy(
  config: EffectiveConfig,
  digest: string,
  cores: number,
  secrets: HeldSecrets,
  ticketSecret: Uint8Array | null = null,
  pages: HeldPages = new Map(),
): ProxyConfig | null {
  const listeners = Object.entries(config.listeners);
  if (listeners.length === 0) return null;
  const { workers, io, drain_timeout, temp_directory } = config.proxy;
  const certificateFields = certificateFieldsOf(Object.values(config.listeners));
  return {
    digest,
    workers: workers === 'auto' ? Math.min(cores, settings.proxy.workers.max) : workers,
    io,
    drainTimeoutMs: drain_timeout,
    tempDirectory: temp_directory,
    resolver: compileResolver(config.resolver),
    upstreams: Object.entries(config.upstreams).map(([name, upstream]) =>
      compileUpstream(name, upstream, secrets),
    ),
    rateLimits: compileRateLimits(config),
    concurrencyLimits: compileConcurrencyLimits(config),
    caches: compileCaches(config.caches),
    listeners: listeners.map((listener) => compileListener(listener, certificateFields, pages)),
    ticketSecret,
  };
}

function compileUpstream(
  name: string,
  upstream: EffectiveUpstream,
  secrets: HeldSecrets,
): UpstreamConfig {
  return {
    name,
    policy: upstream.policy,
    hash: compileHash(upstream),
    queue: compileQueue(upstream),
    slowStartMs: upstream.slow_start ?? 0,
    sticky: compileSticky(upstream, secrets),
    ...compileServers(upstream.servers),
    healthCheck: upstream.health_check === undefined ? null : compileCheck(upstream.health_check),
    ejection: compileEjection(upstream),
    panicThreshold: upstream.panic_threshold,
    retry: compileRetry(upstream.retry),
    connectTimeoutMs: upstream.connect_timeout,
    responseTimeoutMs: upstream.response_timeout,
    idleTimeoutMs: upstream.idle_timeout,
    keepAliveMax: upstream.keepalive.max,
    keepAliveTimeoutMs: upstream.keepalive.timeout,
    sendProxy: upstream.send_proxy ?? null,
    ...compileProtocol(upstream.protocol, compileUpstreamTls(upstream)),
  };
}

function compileListener(
  [name, listener]: [string, ListenerEntry],
  certificateFields: readonly string[],
  pages: HeldPages,
): ListenerConfig {
  const named = { name, binds: asList(listener.bind) };
  if (listener.protocol === 'udp') return { ...named, ...compileUdp(listener) };
  const base = {
    ...named,
    connectionsMax: listener.limits.connections,
    connectionsPerSource: compileConnectionsPerSource(listener.limits.connections_per_source),
    acceptProxy: compileAcceptProxy(listener.accept_proxy),
  };
  if (listener.protocol === 'tcp') {
    return {
      ...base,
      protocol: 'tcp',
      tls: compileListenerTls(listener.tls, []),
      ...compileTcp(listener),
      ...optional('access', compileAccess(listener)),
      accessLog: compileAccessLog(listener.access_log, 'session'),
    };
  }
  const names = routeNames(listener.routes);
  const http2 = compileHttp2(listener.http2, listener.tls !== undefined);
  return {
    ...base,
    protocol: 'http',
    tls: compileListenerTls(listener.tls, http2 === null ? ['http/1.1'] : ['h2', 'http/1.1']),
    http2,
    routes: ordered(
      listener.routes.flatMap((route, index) => {
        const place = `${name} ${names[index]!}`;
        const limits = compileRouteLimits(place, listener, route);
        return compileRoute(listener, route, names[index]!, limits, pages);
      }),
    ),
    ...rewritingOf(listener, null, pages),
    ...compileCompression(listener, null),
    accessLog: compileAccessLog(listener.access_log, 'request'),
    requestId: listener.request_id ?? null,
    trace: listener.traceparent ?? null,
    limits: compileLimits(listener.limits),
    rules: compileHttpRules(listener, certificateFields),
  };
}

/** As they are written, each with its place in the order in which they are asked. */
function ordered(routes: readonly Omit<RouteConfig, 'order'>[]): readonly RouteConfig[] {
  const sorted = [...routes].sort(compareRoutes);
  return routes.map((route) => ({ ...route, order: sorted.indexOf(route) }));
}

/** A route of several paths becomes one route for each. */
function compileRoute(
  listener: HttpListenerEntry,
  route: RouteEntry,
  name: string,
  limits: RouteConfig['limits'],
  pages: HeldPages,
): readonly Omit<RouteConfig, 'order'>[] {
  const rewriting = rewritingOf(listener, route, pages);
  const { paths, ...match } = compileMatch(route.match);
  return paths.map(({ kind, text }) => ({
    name,
    ...match,
    path: text,
    pathKind: kind,
    priority: route.priority,
    upstream: route.upstream ?? null,
    rawPath: route.raw_path,
    limits,
    timeoutMs: route.timeout,
    accessLog: route.access_log && route.respond !== 'ready',
    ...rewriting,
    ...optional('split', compileSplit(route.split)),
    ...optional('mirror', compileMirror(route.mirror)),
    ...optional('access', compileAccess(listener, route)),
    ...(passesServer(listener, route) && { passServer: true }),
    ...compileRouteCache(route.cache),
    ...compileBuffering(listener, route),
    ...compileCompression(listener, route),
  }));
}

function rewritingOf(listener: HttpListenerEntry, route: RouteEntry | null, pages: HeldPages) {
  const rewriting = compileRewriting(listener, route, pages);
  return rewriting === undefined ? {} : { rewriting };
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
    time: compileTimeBounds(limits),
  };
}

/** A key that is there only with a value. */
function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });
}
