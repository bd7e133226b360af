/** Routes that are in each other's way. */
import { compileMatch } from '../compile-match.ts';
import type { ConfigPath, Finding } from '../problem.ts';
import { areApart, covers, type Place } from '../route-cover.ts';
import { type RouteEntry, routeNames } from '../route-names.ts';
import { compareRanks, compareRoutes, matchText } from '../route-order.ts';
import { settings } from '../settings.ts';
import { error, type Rule, warning } from './rule.ts';

interface PlacedRoute extends Place {
  readonly index: number;
}

/** Of two routes with the same conditions the second would never be taken. */
export const routesDistinct: Rule = ({ config }) => {
  const max = settings.listener.matchCombinationsMax;
  return routed(config).flatMap(({ routes, path }): readonly Finding[] => {
    const combinations = routes.reduce((sum, route) => sum + combinationsOf(route), 0);
    if (combinations > max) {
      const message = `more than ${max} combinations of host, path and method in one listener`;
      return [error(path, message, 'key')];
    }
    const first = new Map<string, number>();
    return placesOf(routes).flatMap((place): Finding[] => {
      const methods = place.methods.length === 0 ? [''] : place.methods;
      return methods.flatMap((method): Finding[] => {
        const key = `${place.host} ${matchText({ ...place, methods: [method] })}`;
        const other = first.get(key);
        first.set(key, other ?? place.index);
        if (other === undefined) return [];
        const also = place.conditions.length === 0 ? '' : ' with the same other conditions';
        const text = `${method} ${place.host}${place.path}`.trimStart();
        const at = [...path, place.index];
        if (other === place.index) return [error(at, `found ${text} twice in its match`)];
        const found = `found the match "${text}"${also} of routes[${other}] again`;
        return [error(at, `${found}; allowed: each once`)];
      });
    });
  });
};

/** A route whose requests all go elsewhere. */
export const routesReachable: Rule = ({ config }) => {
  return routed(config).flatMap(({ routes, path }): Finding[] => {
    const places = placesOf(routes);
    const names = routeNames(routes);
    const hiders = hidersOf(places);
    return routes.flatMap((_, index) => {
      const own = places.filter((place) => place.index === index);
      const hidden = own.map(hiders);
      const [first] = hidden;
      if (first === undefined || first === null || hidden.includes(null)) return [];
      const message =
        `never taken: routes[${first.index}] (${names[first.index]}) is asked first and takes all ` +
        'that it matches; lower its priority or say more in its match';
      return [warning([...path, index], message)];
    });
  });
};

/** Two routes of which only the spelling of their match says which is asked first. */
export const routesTold: Rule = ({ config }) => {
  return routed(config).flatMap(({ routes, path }): Finding[] => {
    const told = new Set<string>();
    return [...byPlace(placesOf(routes)).values()].flatMap((group) =>
      group.flatMap((one, at) =>
        group.slice(at + 1).flatMap((other): Finding[] => {
          const pair = `${one.index} ${other.index}`;
          if (one.index === other.index || told.has(pair) || compareRanks(one, other) !== 0)
            return [];
          if (areApart(one, other)) return [];
          told.add(pair);
          const message =
            `may match the same request as routes[${one.index}], and nothing says which of them is ` +
            'meant; usual: a priority for one of them';
          return [warning([...path, other.index], message)];
        }),
      ),
    );
  });
};

/** A scheme that nobody speaks at the listener. */
export const schemesSpoken: Rule = ({ config }) => {
  return Object.entries(config.listeners).flatMap(([name, listener]): Finding[] => {
    if (listener.protocol !== 'http' || listener.client_ip !== undefined) return [];
    const spoken = listener.tls === undefined ? 'http' : 'https';
    return listener.routes.flatMap(({ match: { scheme } }, index) => {
      if (scheme === undefined || scheme === spoken) return [];
      const message = `never taken: clients of this listener speak ${spoken}`;
      return [warning(['listeners', name, 'routes', index, 'match', 'scheme'], message)];
    });
  });
};

interface Routed {
  readonly routes: readonly RouteEntry[];
  readonly path: ConfigPath;
}

function routed({ listeners }: Parameters<Rule>[0]['config']): readonly Routed[] {
  return Object.entries(listeners).flatMap(([name, listener]) =>
    listener.protocol === 'http'
      ? [{ routes: listener.routes, path: ['listeners', name, 'routes'] }]
      : [],
  );
}

function combinationsOf({ match }: RouteEntry): number {
  const { hosts, paths, methods } = compileMatch(match);
  return Math.max(1, hosts.length) * paths.length * Math.max(1, methods.length);
}

/** Each route for each of its hosts and paths. */
function placesOf(routes: readonly RouteEntry[]): readonly PlacedRoute[] {
  return routes.flatMap(({ match, priority }, index) => {
    const { hosts, paths, methods, conditions } = compileMatch(match);
    return (hosts.length === 0 ? [''] : hosts).flatMap((host) =>
      paths.map(({ kind, text }) => ({
        ...{ index, host, priority, methods, conditions },
        path: text,
        pathKind: kind,
      })),
    );
  });
}

function placeKey({ priority, host, pathKind, path }: Place): string {
  return `${priority} ${host} ${pathKind} ${path}`;
}

function byPlace(places: readonly PlacedRoute[]): ReadonlyMap<string, readonly PlacedRoute[]> {
  return Map.groupBy(places, placeKey);
}

/**
 * Finds who is asked before a place and takes all of it. Of one priority that can only be another for
 * the same host and path, for whatever is longer or more exact takes less.
 */
function hidersOf(places: readonly PlacedRoute[]): (place: PlacedRoute) => PlacedRoute | null {
  const groups = byPlace(places);
  const byPriority = Map.groupBy(places, ({ priority }) => priority);
  return (place) => {
    const same = groups.get(placeKey(place)) ?? [];
    const hides = (other: PlacedRoute) => other.index !== place.index && covers(other, place);
    for (const other of same) {
      if (compareRoutes(other, place) < 0 && hides(other)) return other;
    }
    for (const [priority, others] of byPriority) {
      const hider = priority > place.priority ? others.find(hides) : undefined;
      if (hider !== undefined) return hider;
    }
    return null;
  };
}
