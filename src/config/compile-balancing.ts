/** How servers are chosen, compiled for the balancer. */
import type { HashConfig, QueueConfig, StickyConfig } from './balancing-config.ts';
import type { EffectiveUpstream } from './effective.ts';
import type { HeldSecrets } from './secrets.ts';

/** The hash key; null for policies that have none. */
export function compileHash({ policy, hash }: EffectiveUpstream): HashConfig | null {
  if (policy !== 'hash' && policy !== 'ip_hash') return null;
  return { key: hash?.key ?? { kind: 'source' }, loadFactor: hash?.load_factor ?? null };
}

/** The queue; null: there is none. */
export function compileQueue({ queue }: EffectiveUpstream): QueueConfig | null {
  return queue === undefined ? null : { max: queue.max, timeoutMs: queue.timeout };
}

/** The cookie; null: there is none. */
export function compileSticky(
  { sticky }: EffectiveUpstream,
  secrets: HeldSecrets,
): StickyConfig | null {
  if (sticky === undefined) return null;
  const { cookie, secret, ttl, path, domain, secure, same_site } = sticky;
  return {
    cookie,
    secret: (secret && secrets.get(secret)) ?? new Uint8Array(),
    ttlMs: ttl ?? null,
    path,
    domain: domain ?? null,
    secure,
    sameSite: same_site,
  };
}
