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

/** What only works beside something else that is not there. */
export const balancingMatters: Rule = ({ config }) =>
  upstreamsOf(config).flatMap(({ path, upstream }): Finding[] => {
    const { policy, servers, queue, slow_start: slowStart, health_check: check } = upstream;
    const ejects = upstream.passive !== undefined || upstream.outlier !== undefined;
    const limited = servers.some(({ max_connections: max }) => max !== undefined);
    const findings: Finding[] = [];
    const say = (key: string, message: string, part: 'key' | 'value' = 'key') =>
      findings.push(warning([...path, key], message, part));
    if (queue !== undefined && !limited) {
      say('queue', 'no server has max_connections, so none is ever full and nothing waits');
    }
    if (policy === 'first' && !limited) {
      say('policy', 'no server has max_connections, so the first one gets everything', 'value');
    }
    if (slowStart !== undefined && check === undefined && !ejects) {
      say('slow_start', 'nothing checks or ejects servers, so none is ever out and comes back');
    }
    if (slowStart !== undefined && policy === 'first') {
      say('slow_start', 'first looks at no weights, so there is nothing to turn up');
    }
    return findings;
  });

/** A TCP session that finds every server full is refused at once. */
export const tcpNeverQueues: Rule = ({ config }) =>
  Object.entries(config.listeners).flatMap(([name, listener]): Finding[] => {
    if (listener.protocol === 'http') return [];
    return leadsOf(listener).flatMap(({ upstream, path }): Finding[] => {
      if (config.upstreams[upstream]?.queue === undefined) return [];
      const message = `the queue of upstream ${upstream} is for HTTP; sessions do not wait`;
      return [warning(['listeners', name, ...path], message)];
    });
  });

function upstreamsOf(config: EffectiveConfig) {
  return Object.entries(config.upstreams).map(([name, upstream]) => ({
    path: ['upstreams', name] as const,
    upstream: upstream as EffectiveUpstream,
  }));
}
