/**
 * The configuration of a rehearsal: a listener of each kind that the balancer has, and one server. TCP
 * listeners that end TLS count as TCP; their handshakes are those of HTTP listeners.
 */
import type {
  HttpListenerConfig,
  ListenerConfig,
  ProxyConfig,
  RouteConfig,
  TcpListenerConfig,
} from '../../src/config/proxy-config.ts';
import type { ListenerMaterial, TlsMaterial } from '../certificates/material.ts';
import { NO_RETRY } from '../http1/retry.ts';
import { WARM_UP_CONCURRENCY, WARM_UP_MAX_MS } from '../limits.ts';
import { NAME, STREAMS, type StageName } from './scenes.ts';

const HOST = '127.0.0.1';

/** What a worker rehearses. */
export interface Stages {
  readonly config: ProxyConfig;
  readonly tls: TlsMaterial;
  /** Application protocols of the secure stage; empty: there is none. */
  readonly protocols: readonly string[];
}

const ROUTE: RouteConfig = {
  name: NAME,
  hosts: [],
  path: '/',
  pathKind: 'prefix',
  methods: [],
  conditions: [],
  priority: 0,
  order: 0,
  upstream: NAME,
  rawPath: false,
  limits: null,
  timeoutMs: 0,
  accessLog: false,
};

/**
 * The stages for a balancer with these listeners, all served by what listens on that port. The secure
 * one has a certificate of the balancer's own, so the kind of its key is rehearsed, too; nobody is asked
 * for one.
 */
export function stagesFor(
  listeners: readonly ListenerConfig[],
  material: TlsMaterial,
  originPort: number,
): Stages {
  const http = listeners.filter((one) => one.protocol === 'http');
  const stages: ListenerConfig[] = [];
  const materials: Record<string, ListenerMaterial> = {};
  const plain = http.find(({ tls }) => tls === null);
  if (plain !== undefined) stages.push(httpStage('plain', plain, null));
  const secure = http.find(({ name }) => material.listeners[name]?.certificates.length);
  if (secure?.tls) {
    const open = { ...secure.tls, clientCertificates: null, unknownName: 'default' } as const;
    stages.push(httpStage('secure', secure, open));
    materials['secure' satisfies StageName] = {
      ...material.listeners[secure.name]!,
      clientCa: null,
    };
  }
  if (listeners.some(({ protocol }) => protocol === 'tcp')) stages.push(streamStage());
  return {
    config: configOf(stages, originPort),
    tls: { listeners: materials, upstreams: {} },
    protocols: secure?.tls?.protocols ?? [],
  };
}

function base(name: StageName) {
  return {
    name,
    binds: [{ host: HOST, port: 0 }],
    connectionsMax: 4 * WARM_UP_CONCURRENCY,
    connectionsPerSource: null,
    acceptProxy: null,
    accessLog: null,
  };
}

function httpStage(
  name: StageName,
  { http2 = null }: HttpListenerConfig,
  tls: HttpListenerConfig['tls'],
): HttpListenerConfig {
  return {
    ...base(name),
    protocol: 'http',
    tls,
    http2: http2 && { ...http2, streamsMax: Math.max(http2.streamsMax, STREAMS) },
    requestId: null,
    trace: null,
    routes: [ROUTE],
    limits: {
      requestLineMax: 1024,
      headBytesMax: 4096,
      headerCountMax: 100,
      bodyBytesMax: 0,
      headTimeoutMs: WARM_UP_MAX_MS,
      keepAliveTimeoutMs: WARM_UP_MAX_MS,
      idleTimeoutMs: WARM_UP_MAX_MS,
      time: null,
    },
    rules: {
      clientIp: null,
      forwarded: 'x-forwarded',
      via: NAME,
      underscores: 'drop',
      upgrades: ['websocket'],
      certificateFields: [],
    },
  };
}

function streamStage(): TcpListenerConfig {
  return {
    ...base('stream'),
    protocol: 'tcp',
    tls: null,
    upstream: NAME,
    routes: [],
    limits: { idleTimeoutMs: null, sessionMaxMs: null, helloTimeoutMs: WARM_UP_MAX_MS },
  };
}

function configOf(listeners: readonly ListenerConfig[], originPort: number): ProxyConfig {
  const timeoutMs = WARM_UP_MAX_MS;
  return {
    digest: NAME,
    workers: 1,
    io: 'net',
    tempDirectory: '/var/tmp',
    drainTimeoutMs: 0,
    resolver: {
      servers: [],
      search: null,
      timeoutMs,
      ttlMinMs: timeoutMs,
      ttlMaxMs: timeoutMs,
      holdMs: 0,
      lingerMs: 0,
      family: 'any',
    },
    upstreams: [
      {
        name: NAME,
        policy: 'round_robin',
        hash: null,
        queue: null,
        slowStartMs: 0,
        sticky: null,
        servers: [{ host: HOST, port: originPort, weight: 1, backup: false }],
        names: [],
        healthCheck: null,
        ejection: null,
        panicThreshold: 0,
        retry: NO_RETRY,
        connectTimeoutMs: timeoutMs,
        responseTimeoutMs: timeoutMs,
        idleTimeoutMs: timeoutMs,
        keepAliveMax: 1,
        sendProxy: null,
        tls: null,
        keepAliveTimeoutMs: timeoutMs,
      },
    ],
    rateLimits: [],
    concurrencyLimits: [],
    caches: [],
    listeners,
    ticketSecret: null,
  };
}
