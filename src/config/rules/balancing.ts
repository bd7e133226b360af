/** Policies and what goes with them. */
import type { EffectiveConfig, EffectiveUpstream } from '../effective.ts';
import { leadsOf } from '../listener-routes.ts';
import type { Finding } from '../problem.ts';
import { error, type Rule, warning } from './rule.ts';

/** A key is there exactly where the policy hashes one. */
export const hashKeysFit: Rule = ({ config }) =>
  upstreamsOf(config).flatMap(({ path, upstream }): Finding[] => {
    const { policy, hash } = upstream;
    if (policy === 'hash') {
      if (hash?.key !== undefined) return [];
      const message =
        'the policy hash has no key; needed: hash: { key: header X-User }, or another';
      return [error(hash === undefined ? [...path, 'policy'] : [...path, 'hash'], message)];
    }
    if (hash === undefined) return [];
    if (policy !== 'ip_hash') {
      const message = `${policy} hashes nothing; allowed: policy: hash, or no hash section`;
      return [error([...path, 'hash'], message, 'key')];
    }
    if (hash.key === undefined || hash.key.kind === 'source') return [];
    const message = 'ip_hash hashes the source; allowed: policy: hash for another key';
    return [error([...path, 'hash', 'key'], message)];
  });

/** A TCP session has nothing to tell it apart by but the client's address. */
export const tcpHashesSource: Rule = ({ config }) =>
  Object.entries(config.listeners).flatMap(([name, listener]): Finding[] => {
    if (listener.protocol === 'http') return [];
    return leadsOf(listener).flatMap((lead): Finding[] => {
      const upstream = config.upstreams[lead.upstream];
      const key = upstream?.policy === 'hash' ? upstream.hash?.key : undefined;
      if (key === undefined || key.kind === 'source') return [];
      const message =
        `upstream ${lead.upstream} hashes what only HTTP has; sessions of this listener ` +
        'will be hashed by their source address';
      return [warning(['listeners', name, ...lead.path], message)];
    });
  });

function upstreamsOf(config: EffectiveConfig) {
  return Object.entries(config.upstreams).map(([name, upstream]) => ({
    path: ['upstreams', name] as const,
    upstream: upstream as EffectiveUpstream,
  }));
}
