/** Configs and shared state for tests of upstreams. */
import type {
  HealthCheckConfig,
  ServerConfig,
  UpstreamConfig,
} from '../../src/config/proxy-config.ts';
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

/** An HTTP check of `/`, every 100 ms. */
export function checkOf(part: Partial<HealthCheckConfig> = {}): HealthCheckConfig {
  return {
    kind: 'http',
    path: '/',
    host: null,
    statuses: [[200, 399]],
    intervalMs: 100,
    timeoutMs: 1000,
    rise: 2,
    fall: 3,
    ...part,
  };
}

/** An upstream named api, with a health check unless the part says otherwise. */
export function upstreamOf(
  servers: readonly ServerConfig[],
  part: Partial<UpstreamConfig> = {},
): UpstreamConfig {
  return {
    name: 'api',
    policy: 'round_robin',
    servers,
    healthCheck: checkOf(),
    connectTimeoutMs: 1000,
    responseTimeoutMs: 1000,
    idleTimeoutMs: 1000,
    keepAliveMax: 8,
    keepAliveTimeoutMs: 1000,
    ...part,
  };
}

/** Shared memory for a small balancer. */
export function stateOf(workers = 2, serversMax = 16): SharedState {
  return createSharedState({ workers, serversMax, listenersMax: 4 });
}
