import { statusRanges } from './compile-health.ts';
import type { EffectiveUpstream } from './effective.ts';
import type { RetryConfig } from './retry-config.ts';

/** `retry` of an upstream, for the balancer. */
export function compileRetry(retry: EffectiveUpstream['retry']): RetryConfig {
  return {
    on: retry.on,
    statuses: statusRanges(retry.status),
    triesMax: retry.tries,
    timeoutMs: retry.timeout,
    budgetPercent: retry.budget,
    bodyBytesMax: retry.body,
    nonIdempotent: retry.non_idempotent,
    hedgeAfterMs: retry.hedge_after ?? null,
  };
}
