/** What is said about the health of servers. */
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

/** Keys about checks where nothing is checked. */
export const healthMatters: Rule = ({ config }) => {
  return Object.entries(config.upstreams).flatMap(([name, upstream]): Finding[] => {
    const { health_check, passive, outlier, panic_threshold, servers } = upstream;
    if (health_check !== undefined) return [];
    const path = ['upstreams', name];
    const unused = servers.flatMap(({ check_address }, index) => {
      if (check_address === undefined) return [];
      const message = 'without health_check nothing is asked there';
      return [warning([...path, 'servers', index, 'check_address'], message, 'key')];
    });
    if (panic_threshold === 0 || passive !== undefined || outlier !== undefined) return unused;
    const message = 'without health_check, passive or outlier every server counts as fit';
    return [...unused, warning([...path, 'panic_threshold'], message, 'key')];
  });
};
