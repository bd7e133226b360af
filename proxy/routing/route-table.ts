import type { RouteConfig } from '../../src/config/proxy-config.ts';
import type { RouteFeature } from '../features/feature.ts';
import type { RequestHead } from '../http1/head.ts';
import type { RequestGate } from '../limiting/request-gate.ts';
import type { RouteCells } from '../shared/route-cells.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { type ConditionTest, conditionTest, hostMatches } from './conditions.ts';
import { type PathTest, pathTest } from './path-match.ts';

/** What a route for any method stands for; it passes methods we do not know as well. */
const ANY_METHOD = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** A route as requests meet it. */
export interface Route {
  readonly config: RouteConfig;
  /** Where its requests go; null: something else answers them, or says where they go. */
  readonly upstream: Upstream | null;
  /** What it does beside forwarding, outermost first. */
  readonly features: readonly RouteFeature[];
  /** Its limits; null when it has none. */
  readonly gate: RequestGate | null;
  /** Counts its requests. */
  readonly cells: RouteCells;
}

/** Who asks, as trusted. */
export interface RoutedClient {
  readonly address: string;
  /** What it spoke: http or https. */
  readonly scheme: string;
}

/** What routes are chosen by. */
export interface RouteQuery {
  /** Lower case, without port. */
  readonly host: string;
  /** Normalised. */
  readonly path: string;
  readonly method: string;
  readonly head: RequestHead;
  readonly client: RoutedClient;
}

/** A route with its conditions made ready. */
export interface Candidate<R> {
  readonly route: R;
  readonly path: PathTest;
  /** Beside host, path and method; in the order of the config. */
  readonly conditions: readonly ConditionTest[];
}

interface Routed {
  readonly config: RouteConfig;
}

/**
 * A listener's routes, of which the first that matches gets the request. Of one priority those for exact
 * hosts are asked first, then those for `*.` patterns, the longest first, then those for any; of one
 * host, in the order that the config says (src/config/route-order.ts).
 */
export class RouteTable<R extends Routed = Route> {
  /** The route that gets everything, when there is nothing to choose. */
  readonly only: R | null;
  /** By priority, the highest first; nearly always one. */
  readonly #tiers: readonly Tier<R>[];

  constructor(routes: readonly R[]) {
    const priorities = [...new Set(routes.map(({ config }) => config.priority))];
    this.#tiers = priorities
      .sort((left, right) => right - left)
      .map((priority) => new Tier(routes.filter(({ config }) => config.priority === priority)));
    const [first] = routes;
    this.only = first !== undefined && routes.length === 1 && takesAll(first.config) ? first : null;
  }

  /** The route, or why there is none: no path, or a path for other methods only. */
  find(query: RouteQuery): R | 'no_route' | 'method_refused' {
    let failure: 'no_route' | 'method_refused' = 'no_route';
    for (const group of this.groups(query.host)) {
      for (const candidate of group) {
        if (!candidate.path(query.path)) continue;
        const { methods } = candidate.route.config;
        const refused = methods.length > 0 && !methods.includes(query.method);
        if (refused && failure === 'method_refused') continue;
        if (!meets(candidate, query)) continue;
        if (!refused) return candidate.route;
        failure = 'method_refused';
      }
    }
    return failure;
  }

  /** The methods that the routes for this host and path take; for the Allow field of a 405. */
  methodsAt(query: RouteQuery): string[] {
    const methods = new Set<string>();
    for (const candidate of [...this.groups(query.host)].flat()) {
      if (!candidate.path(query.path) || !meets(candidate, query)) continue;
      const { config } = candidate.route;
      for (const method of config.methods.length === 0 ? ANY_METHOD : config.methods) {
        if (!isRefused(method)) methods.add(method);
      }
    }
    return [...methods];
  }

  /** The routes for a host, in the order in which they are asked. */
  groups(host: string): Iterable<readonly Candidate<R>[]> {
    const [only, ...others] = this.#tiers;
    if (only === undefined) return [];
    return others.length === 0 ? only.groups(host) : this.#allGroups(host);
  }

  *#allGroups(host: string): Generator<readonly Candidate<R>[]> {
    for (const tier of this.#tiers) yield* tier.groups(host);
  }
}

/** Routes of one priority, by host. */
class Tier<R extends Routed> {
  readonly #byHost = new Map<string, Candidate<R>[]>();
  readonly #byPattern: { readonly pattern: string; readonly group: Candidate<R>[] }[] = [];
  readonly #anyHost: readonly Candidate<R>[];

  constructor(routes: readonly R[]) {
    const ordered = [...routes].sort((left, right) => left.config.order - right.config.order);
    const candidates = ordered.map(candidateOf);
    this.#anyHost = candidates.filter(({ route }) => route.config.hosts.length === 0);
    for (const candidate of candidates) {
      for (const host of candidate.route.config.hosts) this.#add(host, candidate);
    }
    this.#byPattern.sort((left, right) => right.pattern.length - left.pattern.length);
  }

  *groups(host: string): Generator<readonly Candidate<R>[]> {
    const exact = this.#byHost.get(host);
    if (exact !== undefined) yield exact;
    for (const { pattern, group } of this.#byPattern) {
      if (hostMatches(pattern, host)) yield group;
    }
    yield this.#anyHost;
  }

  #add(host: string, candidate: Candidate<R>): void {
    if (!host.startsWith('*.')) {
      const group = this.#byHost.get(host);
      if (group === undefined) this.#byHost.set(host, [candidate]);
      else group.push(candidate);
      return;
    }
    const known = this.#byPattern.find(({ pattern }) => pattern === host);
    if (known === undefined) this.#byPattern.push({ pattern: host, group: [candidate] });
    else known.group.push(candidate);
  }
}

/** CONNECT would make us a forward proxy, TRACE shows what the client must not see: never routed. */
export function isRefused(method: string): boolean {
  return method === 'CONNECT' || method === 'TRACE';
}

function candidateOf<R extends Routed>(route: R): Candidate<R> {
  const { path, pathKind, conditions } = route.config;
  return {
    route,
    path: pathTest({ kind: pathKind, text: path }),
    conditions: conditions.map(conditionTest),
  };
}

function meets<R>({ conditions }: Candidate<R>, query: RouteQuery): boolean {
  for (const holds of conditions) {
    if (!holds(query)) return false;
  }
  return true;
}

function takesAll({ hosts, path, pathKind, methods, conditions }: RouteConfig): boolean {
  const anyPath = pathKind === 'prefix' && path === '/';
  return anyPath && hosts.length === 0 && methods.length === 0 && conditions.length === 0;
}
