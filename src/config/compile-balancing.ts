/** How servers are chosen, compiled for the balancer. */
import type { HashConfig, QueueConfig } from './balancing-config.ts';
import type { EffectiveUpstream } from './effective.ts';

/** The hash key; null for policies that have none. */
export function compileHash({ policy, hash }: EffectiveUpstream): HashConfig | null {
  if (policy !== 'hash' && policy !== 'ip_hash') return null;
  return { key: hash?.key ?? { kind: 'source' }, loadFactor: hash?.load_factor ?? null };
}

/** The queue; null: there is none. */
export function compileQueue({ queue }: EffectiveUpstream): QueueConfig | null {
  return queue === undefined ? null : { max: queue.max, timeoutMs: queue.timeout };
}
