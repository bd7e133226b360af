import type { RouteConfig } from '../../src/config/proxy-config.ts';
import type { RouteFeature } from '../features/feature.ts';
import type { RequestGate } from '../limiting/request-gate.ts';
import type { RouteCells } from '../shared/route-cells.ts';
import type { Upstream } from '../upstream/upstream.ts';

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

/** What routes are chosen by. */
export interface RouteQuery {
  /** Lower case, without port. */
  readonly host: string;
  /** Normalised. */
  readonly path: string;
  readonly method: string;
}

/**
 * A listener's routes, in the order in which they are asked: exact hosts, then `*.` patterns (longest
 * first), then routes for any host; within those the longest path first, then routes for certain
 * methods before routes for any, then as written. The first that matches gets the request.
 */
export class RouteTable {
  /** The route that gets everything, when there is nothing to choose. */
  readonly only: Route | null;
  readonly #byHost = new Map<string, Route[]>();
  readonly #byPattern: { readonly suffix: string; readonly routes: Route[] }[] = [];
  readonly #anyHost: Route[];

  constructor(routes: readonly Route[]) {
    const ordered = [...routes].sort(precedence);
    this.#anyHost = ordered.filter(({ config }) => config.hosts.length === 0);
    for (const route of ordered) {
      for (const host of route.config.hosts) this.#add(host, route);
    }
    this.#byPattern.sort((left, right) => right.suffix.length - left.suffix.length);
    const [first] = ordered;
    this.only = first !== undefined && routes.length === 1 && takesAll(first.config) ? first : null;
  }

  /** The route, or why there is none: no path, or a path for other methods only. */
  find(query: RouteQuery): Route | 'no_route' | 'method_refused' {
    let failure: 'no_route' | 'method_refused' = 'no_route';
    for (const routes of this.#groups(query.host)) {
      for (const route of routes) {
        if (!pathMatches(route.config.path, query.path)) continue;
        const { methods } = route.config;
        if (methods.length === 0 || methods.includes(query.method)) return route;
        failure = 'method_refused';
      }
    }
    return failure;
  }

  /** The methods that the routes for this host and path take; for the Allow field of a 405. */
  methodsAt({ host, path }: Omit<RouteQuery, 'method'>): string[] {
    const methods = new Set<string>();
    for (const routes of this.#groups(host)) {
      for (const { config } of routes) {
        if (!pathMatches(config.path, path)) continue;
        for (const method of config.methods.length === 0 ? ANY_METHOD : config.methods) {
          if (!isRefused(method)) methods.add(method);
        }
      }
    }
    return [...methods];
  }

  *#groups(host: string): Generator<readonly Route[]> {
    const exact = this.#byHost.get(host);
    if (exact !== undefined) yield exact;
    for (const { suffix, routes } of this.#byPattern) {
      if (host.length > suffix.length && host.endsWith(suffix)) yield routes;
    }
    yield this.#anyHost;
  }

  #add(host: string, route: Route): void {
    if (!host.startsWith('*.')) {
      const routes = this.#byHost.get(host);
      if (routes === undefined) this.#byHost.set(host, [route]);
      else routes.push(route);
      return;
    }
    const suffix = host.slice(1);
    const group = this.#byPattern.find((pattern) => pattern.suffix === suffix);
    if (group === undefined) this.#byPattern.push({ suffix, routes: [route] });
    else group.routes.push(route);
  }
}

/** CONNECT would make us a forward proxy, TRACE shows what the client must not see: never routed. */
export function isRefused(method: string): boolean {
  return method === 'CONNECT' || method === 'TRACE';
}

function takesAll({ hosts, path, methods }: RouteConfig): boolean {
  return hosts.length === 0 && path === '/' && methods.length === 0;
}

function precedence(left: Route, right: Route): number {
  const byPath = right.config.path.length - left.config.path.length;
  if (byPath !== 0) return byPath;
  return Number(left.config.methods.length === 0) - Number(right.config.methods.length === 0);
}

/** Whole segments: `/api` matches `/api` and `/api/x`, not `/apix`; `/api/` does not match `/api`. */
function pathMatches(prefix: string, path: string): boolean {
  if (!path.startsWith(prefix)) return false;
  return prefix.endsWith('/') || path.length === prefix.length || path[prefix.length] === '/';
}
