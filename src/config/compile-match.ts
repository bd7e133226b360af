/** Which requests a route is for, as the balancer compares. */
import { asList } from './as-list.ts';
import type { RouteConfig } from './proxy-config.ts';
import type { PathMatch, RouteCondition } from './routing-config.ts';
import type { MatchEntry } from './schema/match.ts';

type Conditions = Omit<MatchEntry, 'not'>;

const ANY_PATH: PathMatch = { kind: 'prefix', text: '/' };

/** What a route's match becomes; each of its paths is a route by itself. */
export interface CompiledMatch extends Pick<RouteConfig, 'hosts' | 'methods' | 'conditions'> {
  readonly paths: readonly PathMatch[];
}

/** Host, path and method apart from all other conditions. */
export function compileMatch({ not = {}, ...match }: MatchEntry): CompiledMatch {
  const { host, path, method, ...others } = match;
  return {
    hosts: asList(host ?? []),
    paths: path === undefined ? [ANY_PATH] : asList(path),
    methods: asList(method ?? []),
    conditions: [...conditionsOf(others, false), ...placesOf(not), ...conditionsOf(not, true)],
  };
}

/** Of `not` what is no condition elsewhere. */
function placesOf({ host, path, method }: Conditions): readonly RouteCondition[] {
  const negated = true;
  const found: RouteCondition[] = [];
  if (host !== undefined) found.push({ on: 'host', hosts: asList(host), negated });
  if (path !== undefined) found.push({ on: 'path', paths: asList(path), negated });
  if (method !== undefined) found.push({ on: 'method', methods: asList(method), negated });
  return found;
}

function conditionsOf(entry: Conditions, negated: boolean): readonly RouteCondition[] {
  const { scheme, source } = entry;
  const found: RouteCondition[] = [];
  if (scheme !== undefined) found.push({ on: 'scheme', scheme, negated });
  if (source !== undefined) found.push({ on: 'source', networks: asList(source), negated });
  for (const on of ['header', 'cookie', 'query'] as const) {
    for (const [name, value] of Object.entries(entry[on] ?? {})) {
      // `false`: it must not be there.
      const absent = value === false;
      const tests = typeof value === 'boolean' ? [] : asList(value);
      found.push({ on, name, tests, negated: negated !== absent });
    }
  }
  return found;
}
