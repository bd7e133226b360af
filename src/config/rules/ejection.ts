/** `passive` and `outlier`. */
import { canonicalIp } from '../addresses.ts';
import type { Finding } from '../problem.ts';
import { error, type Rule, warning } from './rule.ts';

/** Two rules about the same failures would contradict each other. */
export const ejectionsAgree: Rule = ({ config }) => {
  return Object.entries(config.upstreams).flatMap(([name, { passive, outlier }]) => {
    if (passive === undefined || outlier === undefined) return [];
    const message = 'found beside passive; allowed: one of the two, outlier has more to offer';
    return [error(['upstreams', name, 'outlier'], message, 'key')];
  });
};

/** The last server is never taken out. */
export const ejectionsMatter: Rule = ({ config }) => {
  return Object.entries(config.upstreams).flatMap(([name, upstream]): Finding[] => {
    const key = upstream.passive === undefined ? 'outlier' : 'passive';
    const only = upstream.servers.length === 1 ? upstream.servers[0] : undefined;
    // A name may stand for several.
    const alone = only?.address !== undefined && canonicalIp(only.address.host) !== null;
    if (upstream[key] === undefined || !alone) return [];
    const message = 'the upstream has one server, and the last one is never taken out';
    return [warning(['upstreams', name, key], message, 'key')];
  });
};
