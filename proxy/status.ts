/** The balancer's status: plain values that survive JSON. Counters are totals since its start. */
import type { ServerHealth } from './health/monitor.ts';
import type { ListenerTotals, ServerTotals } from './shared/totals.ts';

/** Whether the balancer may be given traffic, and if not, why: one reason each. */
export interface BalancerReadiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
}

/** One worker thread slot. */
export interface WorkerStatus {
  readonly index: number;
  readonly state: 'starting' | 'running' | 'restarting';
  /** Times it was replaced after it threw or exited. */
  readonly restarts: number;
}

/** One listener. */
export interface ListenerStatus {
  readonly name: string;
  readonly protocol: 'http' | 'tcp';
  /** `host:port` it is bound to, the real port where the config said 0. */
  readonly binds: readonly string[];
  readonly connectionsMax: number;
  readonly totals: ListenerTotals;
}

/** One server with its health and counters. */
export interface ServerStatus {
  readonly weight: number;
  readonly backup: boolean;
  readonly health: ServerHealth;
  readonly totals: ServerTotals;
}

/** One upstream. */
export interface UpstreamStatus {
  readonly name: string;
  readonly policy: string;
  readonly servers: readonly ServerStatus[];
}

/** Everything the balancer knows. */
export interface BalancerStatus {
  /** Digest of the configuration it runs. */
  readonly digest: string;
  readonly uptimeMs: number;
  /** The engine in use. */
  readonly io: 'net' | 'uring';
  readonly stopping: boolean;
  readonly readiness: BalancerReadiness;
  readonly workers: readonly WorkerStatus[];
  readonly listeners: readonly ListenerStatus[];
  readonly upstreams: readonly UpstreamStatus[];
}
