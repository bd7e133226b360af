/** A data plane in the test's own thread, on a free port, with everything observable. */

import type { AccessLogConfig } from '../src/config/access-log-config.ts';
import type { Http2Config } from '../src/config/http2-config.ts';
import type {
  HttpLimits,
  HttpRulesConfig,
  ListenerConfig,
  ProxyConfig,
  ResolverConfig,
  RouteConfig,
  ServerConfig,
  TcpLimits,
  TcpListenerConfig,
  UdpListenerConfig,
  UpstreamConfig,
} from '../src/config/proxy-config.ts';
import type { RequestIdConfig, TraceConfig } from '../src/config/request-id-config.ts';
import type { ListenerTlsConfig } from '../src/config/tls-config.ts';
import { destinationsOf, placeOf } from './access-log/destinations.ts';
import type { LineMail } from './access-log/outbox.ts';
import { CacheKeepers } from './cache/store/cache-keepers.ts';
import { materialOf } from './certificates/tls-config.fixture.ts';
import { featuresOf } from './features/index.ts';
import type { FrontendParts } from './frontend/frontend.ts';
import type { IoEngine } from './io/engine.ts';
import { TEST_IO, testEngine } from './io/test-engine.fixture.ts';
import { createLimitsMemory, type LimitsMemory } from './limiting/limit-memory.ts';
import type { Logger } from './ports.ts';
import { processNow } from './shared/process-clock.ts';
import { type RouteTotals, routeTotals } from './shared/route-cells.ts';
import { createSharedState, SharedViews } from './shared/shared-state.ts';
import { type ListenerTotals, listenerTotals, type ServerTotals } from './shared/totals.ts';
import { rowsInOrder } from './shared/traffic-rows.ts';
import { TestSockets } from './test-sockets.fixture.ts';
import { serverIdentity } from './upstream/identity.ts';
import { ServerRegistry } from './upstream/registry.ts';
import { RETRY } from './upstream/upstream.fixture.ts';
import { DataPlane } from './worker.ts';

export const SILENT_LOG: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => SILENT_LOG,
};

export const HTTP_LIMITS: HttpLimits = {
  requestLineMax: 8192,
  headBytesMax: 32_768,
  headerCountMax: 100,
  bodyBytesMax: 0,
  headTimeoutMs: 10_000,
  keepAliveTimeoutMs: 10_000,
  idleTimeoutMs: 10_000,
  time: null,
};

export const HTTP_RULES: HttpRulesConfig = {
  clientIp: null,
  forwarded: 'x-forwarded',
  via: 'tandem',
  underscores: 'drop',
  upgrades: ['websocket'],
  certificateFields: [],
};

export const HTTP2: Http2Config = {
  cleartext: true,
  streamsMax: 128,
  streamWindowBytes: 65_536,
  windowBytes: 1_048_576,
  pingAfterMs: 0,
  pingTimeoutMs: 10_000,
};

/** Nobody asks it anything. */
export const RESOLVER: ResolverConfig = {
  servers: [{ host: '127.0.0.1', port: 9 }],
  search: [],
  timeoutMs: 500,
  ttlMinMs: 1000,
  ttlMaxMs: 60_000,
  holdMs: 1000,
  lingerMs: 0,
  family: 'any',
};

export const TCP_LIMITS: TcpLimits = {
  idleTimeoutMs: null,
  sessionMaxMs: null,
  helloTimeoutMs: 10_000,
};

/** A server on the loopback. */
export function serverConfig(port: number): ServerConfig {
  return { host: '127.0.0.1', port, weight: 1, backup: false };
}

/** An upstream `web` of servers on the loopback. */
export function upstreamConfig(
  ports: readonly number[],
  changes: Partial<UpstreamConfig> = {},
): UpstreamConfig {
  return {
    name: 'web',
    policy: 'round_robin',
    hash: null,
    queue: null,
    slowStartMs: 0,
    sticky: null,
    servers: ports.map(serverConfig),
    names: [],
    healthCheck: null,
    ejection: null,
    panicThreshold: 0,
    retry: RETRY,
    connectTimeoutMs: 2000,
    responseTimeoutMs: 10_000,
    idleTimeoutMs: 10_000,
    keepAliveMax: 16,
    keepAliveTimeoutMs: 10_000,
    sendProxy: null,
    tls: null,
    ...changes,
  };
}

/** A route to upstream `web`. */
export function routeConfig(changes: Partial<RouteConfig> = {}): RouteConfig {
  return {
    hosts: [],
    path: '/',
    pathKind: 'prefix',
    methods: [],
    conditions: [],
    priority: 0,
    order: 0,
    upstream: 'web',
    rawPath: false,
    limits: null,
    timeoutMs: 0,
    name: '/',
    accessLog: true,
    ...changes,
  };
}

/** A config of one listener, `front`, and upstream `web`. */
export function proxyConfig(
  upstream: UpstreamConfig,
  listener: Partial<
    Pick<ListenerConfig, 'connectionsMax' | 'connectionsPerSource' | 'acceptProxy'>
  > & {
    readonly tls?: ListenerTlsConfig | null;
    readonly protocol?: 'http' | 'tcp';
    readonly limits?: Partial<HttpLimits>;
    readonly rules?: Partial<HttpRulesConfig>;
    readonly accessLog?: AccessLogConfig | null;
    readonly requestId?: RequestIdConfig;
    readonly trace?: TraceConfig;
    readonly http2?: Http2Config;
    readonly routes?: readonly RouteConfig[];
    /** What only a TCP listener has. */
    readonly tcp?: Partial<Pick<TcpListenerConfig, 'upstream' | 'routes' | 'limits' | 'access'>>;
  } = {},
): ProxyConfig {
  const { protocol = 'http', connectionsMax = 100, limits = {}, rules = {}, routes } = listener;
  const { connectionsPerSource = null, acceptProxy = null, tcp = {}, tls = null } = listener;
  const { accessLog = null, requestId = null, trace = null, http2 = null } = listener;
  const binds = [{ host: '127.0.0.1', port: 0 }];
  const base = {
    name: 'front',
    binds,
    connectionsMax,
    connectionsPerSource,
    acceptProxy,
    tls,
  };
  const front: ListenerConfig =
    protocol === 'tcp'
      ? {
          ...base,
          protocol,
          upstream: upstream.name,
          routes: [],
          limits: TCP_LIMITS,
          accessLog,
          ...tcp,
        }
      : {
          ...base,
          protocol,
          accessLog,
          requestId,
          trace,
          http2,
          routes: routes ?? [routeConfig()],
          limits: { ...HTTP_LIMITS, ...limits },
          rules: { ...HTTP_RULES, ...rules },
        };
  return {
    digest: 'test',
    workers: 1,
    io: TEST_IO,
    tempDirectory: '/var/tmp',
    drainTimeoutMs: 2000,
    resolver: RESOLVER,
    upstreams: [upstream],
    rateLimits: [],
    concurrencyLimits: [],
    caches: [],
    listeners: [front],
    ticketSecret: null,
  };
}

/** A config of one UDP listener, `front`, and upstream `web`. */
export function udpConfig(
  upstream: UpstreamConfig,
  listener: Partial<UdpListenerConfig> = {},
): ProxyConfig {
  const front: UdpListenerConfig = {
    name: 'front',
    binds: [{ host: '127.0.0.1', port: 0 }],
    connectionsMax: 100,
    connectionsPerSource: null,
    acceptProxy: null,
    protocol: 'udp',
    upstream: upstream.name,
    responses: null,
    idleTimeoutMs: 10_000,
    ...listener,
  };
  return { ...proxyConfig(upstream), listeners: [front] };
}

/** A data plane and its counters. */
export interface TestPlane {
  readonly port: number;
  /** One for each of the listener's binds. */
  readonly ports: readonly number[];
  readonly plane: DataPlane;
  readonly registry: ServerRegistry;
  readonly views: SharedViews;
  readonly limits: LimitsMemory;
  readonly caches: CacheKeepers;
  listener(): ListenerTotals;
  server(port: number): ServerTotals;
  /** Of the route in that row. */
  route(row?: number): RouteTotals;
  /** Generations of which nothing is left. */
  readonly forgotten: readonly number[];
  /** Where a listener of the config that came last listens. */
  portOf(listener: string): number;
  /** Builds another config beside the present one; binds alike have the same socket. Why it cannot be. */
  prepare(config: ProxyConfig): string | null;
  /** Uses it. */
  apply(): Promise<void>;
  /** Both. */
  reload(config: ProxyConfig): Promise<void>;
  /** Ends everything at once. */
  close(): Promise<void>;
}

/** Serves that config's listener on a free port. */
export function startPlane(
  config: ProxyConfig,
  engine: IoEngine = testEngine(),
  log: Logger = SILENT_LOG,
  mail: LineMail = { send() {} },
  features: FrontendParts['features'] = featuresOf,
): TestPlane {
  const state = createSharedState({ workers: 1, serversMax: 64, listenersMax: 8 });
  const views = new SharedViews(state);
  const registry = new ServerRegistry(state);
  const sockets = new TestSockets();
  const limits = createLimitsMemory(config);
  const tls = materialOf(config);
  const caches = new CacheKeepers(config, processNow, SILENT_LOG);
  caches.start();
  const plain = { index: 0, io: engine.name, serversVersion: 0, warmUp: false, state };
  const setupOf = (current: ProxyConfig, generation: number) => ({
    generation,
    config: current,
    serverSlots: registry.assign(current.upstreams),
    ...rowsInOrder(current.listeners),
    destinations: Object.fromEntries(
      destinationsOf(current).map((destination, number) => [placeOf(destination), number]),
    ),
    sockets: sockets.of(current),
    limits,
    tls,
    caches: caches.memories,
  });
  let generation = 1;
  const forgotten: number[] = [];
  const setup = { ...plain, ...setupOf(config, generation), serversVersion: 0 };
  const plane = new DataPlane(setup, engine, log, mail, features, (one) => forgotten.push(one));
  const opened = sockets.opened(config);
  return {
    port: opened[0]!.port,
    ports: opened.map(({ port }) => port),
    plane,
    registry,
    views,
    limits,
    caches,
    listener: () => listenerTotals(views, 0),
    route: (row = 0) => routeTotals(views, row),
    server: (port) => registry.totals(serverIdentity('web', serverConfig(port))),
    forgotten,
    portOf: (listener) => sockets.portOf(listener),
    prepare(next) {
      const prepared = { ...setupOf(next, ++generation), serversVersion: 0, tls: materialOf(next) };
      return plane.prepare({ ...prepared, limits: createLimitsMemory(next) });
    },
    async apply() {
      sockets.stopLeft();
      await plane.apply(generation);
      sockets.closeLeft();
    },
    async reload(next) {
      const refusal = this.prepare(next);
      if (refusal !== null) throw new Error(refusal);
      await this.apply();
    },
    async close() {
      sockets.stopAll();
      await plane.stopAccepting();
      sockets.closeAll();
      await plane.drain(0);
      engine.close();
      await caches.stop();
    },
  };
}
