/** Rate, concurrency and connection limits as the balancer is given them. */
import type { EffectiveConfig } from './effective.ts';
import type {
  ConcurrencyLimitConfig,
  ConnectionsPerSourceConfig,
  LimitKeyConfig,
  QuotaConfig,
  RateConfig,
  RateLimitConfig,
  RouteLimits,
} from './limit-config.ts';
import type { TimeBounds } from './proxy-config.ts';
import type { ConcurrencyLimitEntry, RateLimitEntry } from './schema/index.ts';

type CommonEntry = Pick<
  RateLimitEntry,
  'key' | 'ipv4_prefix' | 'ipv6_prefix' | 'missing' | 'status' | 'keys' | 'dry_run'
>;

/** Keys of which there is one for each use: a table of any size would stay empty. */
const SINGLE_KEYS: ReadonlySet<string> = new Set(['route', 'upstream', 'total']);
const SINGLE_KEYS_MAX = 1024;

/** `rate_limits`, in the order of the file. */
export function compileRateLimits({ rate_limits }: EffectiveConfig): readonly RateLimitConfig[] {
  return Object.entries(rate_limits).map(([name, limit]) => ({
    ...compileCommon(name, limit),
    allowance: compileAllowance(limit),
    tiers:
      limit.tiers === undefined
        ? null
        : {
            header: limit.tiers.header,
            allowances: Object.entries(limit.tiers.map).map(([value, tier]) => ({
              value,
              allowance: compileRate(tier.rate, tier.burst, limit.mode),
            })),
          },
  }));
}

/** `concurrency_limits`, in the order of the file. */
export function compileConcurrencyLimits({
  concurrency_limits,
}: EffectiveConfig): readonly ConcurrencyLimitConfig[] {
  return Object.entries(concurrency_limits).map(([name, limit]) => ({
    ...compileCommon(name, limit),
    max: limit.max,
    adaptive: compileAdaptive(limit),
  }));
}

interface Named {
  readonly rate_limits: readonly string[];
  readonly concurrency_limits: readonly string[];
}

/** The limits of a route, the listener's first; null without any. `place` names the route. */
export function compileRouteLimits(
  place: string,
  listener: Named,
  route: Named,
): RouteLimits | null {
  const rates = [...new Set([...listener.rate_limits, ...route.rate_limits])];
  const concurrency = [...new Set([...listener.concurrency_limits, ...route.concurrency_limits])];
  return rates.length + concurrency.length === 0 ? null : { place, rates, concurrency };
}

interface SourcesEntry {
  readonly max: number;
  readonly ipv4_prefix: number;
  readonly ipv6_prefix: number;
  readonly keys: number;
}

/** `connections_per_source`. */
export function compileConnectionsPerSource(
  entry: SourcesEntry | undefined,
): ConnectionsPerSourceConfig | null {
  if (entry === undefined) return null;
  const { max, ipv4_prefix: ipv4Prefix, ipv6_prefix: ipv6Prefix, keys: keysMax } = entry;
  return { max, ipv4Prefix, ipv6Prefix, keysMax };
}

interface TimesEntry {
  readonly request_timeout: number;
  readonly body_rate?: { readonly min: number; readonly grace: number } | undefined;
  readonly keepalive_requests: number;
  readonly connection_max_age: number;
}

/** What of a listener's limits bounds whole requests and connections; null when nothing does. */
export function compileTimeBounds(limits: TimesEntry): TimeBounds | null {
  const bounds = {
    requestTimeoutMs: limits.request_timeout,
    bodyRateMin: limits.body_rate?.min ?? 0,
    bodyRateGraceMs: limits.body_rate?.grace ?? 0,
    requestsMax: limits.keepalive_requests,
    ageMaxMs: limits.connection_max_age,
  };
  return Object.values(bounds).every((bound) => bound === 0) ? null : bounds;
}

/** How many keys a limit's tables are made for. */
export function keysOf({ key, keys }: Pick<CommonEntry, 'key' | 'keys'>): number {
  return SINGLE_KEYS.has(key.kind) ? Math.min(keys, SINGLE_KEYS_MAX) : keys;
}

function compileCommon(name: string, limit: CommonEntry) {
  return {
    name,
    key: compileKey(limit),
    keysMax: keysOf(limit),
    missing: limit.missing,
    status: limit.status,
    dryRun: limit.dry_run,
  };
}

function compileKey({ key, ipv4_prefix, ipv6_prefix }: CommonEntry): LimitKeyConfig {
  if ('name' in key) return { by: key.kind === 'parameter' ? 'query' : key.kind, name: key.name };
  if (key.kind !== 'source') return { by: key.kind };
  return { by: 'source', ipv4Prefix: ipv4_prefix, ipv6Prefix: ipv6_prefix };
}

function compileAllowance({ rate, quota, burst, mode }: RateLimitEntry): RateConfig | QuotaConfig {
  // A rule sees to it that there is one of the two.
  if (quota !== undefined) return { kind: 'quota', ...quota };
  return compileRate(rate!, burst, mode);
}

function compileRate(
  rate: { readonly count: number; readonly windowMs: number },
  burst: number,
  mode: RateLimitEntry['mode'],
): RateConfig {
  const delayAfter = typeof mode === 'object' ? mode.delay_after : mode === 'delay' ? 0 : burst;
  return { kind: 'rate', ...rate, burst, delayAfter };
}

function compileAdaptive({
  max,
  adaptive,
}: ConcurrencyLimitEntry): ConcurrencyLimitConfig['adaptive'] {
  return adaptive === undefined ? null : { latencyMs: adaptive.latency, min: adaptive.min, max };
}
