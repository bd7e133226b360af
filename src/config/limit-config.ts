/** What the balancer needs of `rate_limits` and `concurrency_limits`. Types only. */

/** What a limit counts by. */
export type LimitKeyConfig =
  | { readonly by: 'source'; readonly ipv4Prefix: number; readonly ipv6Prefix: number }
  | { readonly by: 'route' | 'upstream' | 'total' | 'host' | 'path' }
  | { readonly by: 'header' | 'cookie' | 'query'; readonly name: string };

interface LimitBase {
  readonly name: string;
  readonly key: LimitKeyConfig;
  /** Keys that are counted at a time, at least. */
  readonly keysMax: number;
  /** Requests without a key: let through uncounted, or counted as one key. */
  readonly missing: 'pass' | 'shared';
  /** The status of a refused request. */
  readonly status: 429 | 503;
  /** Counted and logged, but nobody is refused or delayed. */
  readonly dryRun: boolean;
}

/** A leaky bucket; `delayAfter` requests of the burst go at once, the others at the rate. */
export interface RateConfig {
  readonly kind: 'rate';
  readonly count: number;
  readonly windowMs: number;
  readonly burst: number;
  readonly delayAfter: number;
}

/** So many in a window. */
export interface QuotaConfig {
  readonly kind: 'quota';
  readonly count: number;
  readonly windowMs: number;
}

export interface RateLimitConfig extends LimitBase {
  readonly allowance: RateConfig | QuotaConfig;
  /** Other allowances by the value of a header; each counts its keys apart. */
  readonly tiers: {
    readonly header: string;
    readonly allowances: readonly { readonly value: string; readonly allowance: RateConfig }[];
  } | null;
}

/** A maximum that follows the latency. */
export interface AdaptiveConfig {
  readonly latencyMs: number;
  readonly min: number;
  readonly max: number;
}

export interface ConcurrencyLimitConfig extends LimitBase {
  /** Requests of one key at a time; where it starts if it is adaptive. */
  readonly max: number;
  readonly adaptive: AdaptiveConfig | null;
}

/** The limits of one route, by name, in the order in which they are asked: rates first. */
export interface RouteLimits {
  /** What `key: route` counts apart: the route as the file has it. */
  readonly place: string;
  readonly rates: readonly string[];
  readonly concurrency: readonly string[];
}

/** Connections of one source to a listener at a time. */
export interface ConnectionsPerSourceConfig {
  readonly max: number;
  readonly ipv4Prefix: number;
  readonly ipv6Prefix: number;
  readonly keysMax: number;
}
