/** What routes of HTTP listeners say about themselves. */
import type { Finding } from '../problem.ts';
import type { RouteEntry } from '../route-names.ts';
import { error, type Rule } from './rule.ts';

/** What becomes of the requests of a route: it has exactly one of these. */
const DESTINATIONS = [
  'upstream',
  'split',
  'redirect',
  'respond',
] as const satisfies readonly (keyof RouteEntry)[];

/** Words for them. */
const NEEDED = DESTINATIONS.join(', ').replace(/, ([^,]*)$/, ' or $1');

/** A route does one thing with a request. */
export const routesLeadSomewhere: Rule = ({ config }) => {
  return Object.entries(config.listeners).flatMap(([name, listener]) => {
    if (listener.protocol !== 'http') return [];
    return listener.routes.flatMap((route, index): Finding[] => {
      const path = ['listeners', name, 'routes', index];
      const [first, ...others] = DESTINATIONS.filter((key) => route[key] !== undefined);
      if (first === undefined && !alwaysDown(route)) {
        return [error(path, `nothing says what becomes of a request; needed: ${NEEDED}`)];
      }
      return others.map((key) =>
        error([...path, key], `found beside ${first}; allowed: one of ${NEEDED}`, 'key'),
      );
    });
  });
};

/** Answers every request itself: nothing would be left for who passes a maintenance that ends. */
function alwaysDown({ maintenance }: RouteEntry): boolean {
  return maintenance !== undefined && maintenance.when_file === undefined;
}
