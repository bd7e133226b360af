/** Configs and shared state for tests of upstreams. */
import type { HealthCheckConfig, HttpProbe, TcpProbe } from '../../src/config/health-config.ts';
import type { ServerConfig, UpstreamConfig } from '../../src/config/proxy-config.ts';
import type { RetryConfig } from '../../src/config/retry-config.ts';
import { createSharedState, type SharedState } from '../shared/shared-state.ts';

/** `198.51.100.21:80`, `..22:80`, ...: one per given part. */
export function serversOf(...parts: Partial<ServerConfig>[]): ServerConfig[] {
  return parts.map((part, index) => ({
    host: `198.51.100.${21 + index}`,
    port: 80,
    weight: 1,
    backup: false,
    ...part,
  }));
}

/** A GET of `/`; any status below 400 passes. */
export const HTTP_PROBE: HttpProbe = {
  kind: 'http',
  method: 'GET',
  path: '/',
  host: null,
  headers: [],
  statuses: [[200, 399]],
  body: null,
  tls: null,
};

/** A connection, nothing said. */
export const TCP_PROBE: TcpProbe = { kind: 'tcp', send: '', expect: '', tls: null };

/** An HTTP check of `/`, every 100 ms. */
export function checkOf(part: Partial<HealthCheckConfig> = {}): HealthCheckConfig {
  const intervalMs = part.intervalMs ?? 100;
  return {
    probe: HTTP_PROBE,
    port: null,
    intervalMs,
    intervalDownMs: intervalMs,
    timeoutMs: 1000,
    rise: 2,
    fall: 3,
    initial: 'unknown',
    ...part,
  };
}

/** As an upstream without `retry` has it. */
export const RETRY: RetryConfig = {
  on: ['connect', 'closed'],
  statuses: [],
  triesMax: 3,
  timeoutMs: 0,
  budgetPercent: 100,
  bodyBytesMax: 65_536,
  nonIdempotent: false,
  hedgeAfterMs: null,
};

/** An upstream named api, with a health check unless the part says otherwise. */
export function upstreamOf(
  servers: readonly ServerConfig[],
  part: Partial<UpstreamConfig> = {},
): UpstreamConfig {
  return {
    name: 'api',
    policy: 'round_robin',
    hash: null,
    queue: null,
    slowStartMs: 0,
    sticky: null,
    servers,
    names: [],
    healthCheck: checkOf(),
    ejection: null,
    panicThreshold: 0,
    retry: RETRY,
    connectTimeoutMs: 1000,
    responseTimeoutMs: 1000,
    idleTimeoutMs: 1000,
    keepAliveMax: 8,
    keepAliveTimeoutMs: 1000,
    sendProxy: null,
    tls: null,
    ...part,
  };
}

/** Shared memory for a small balancer. */
export function stateOf(workers = 2, serversMax = 16): SharedState {
  return createSharedState({ workers, serversMax, listenersMax: 4 });
}
