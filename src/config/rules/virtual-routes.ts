/** Virtual routes: of one family each, and each in a place of its own. */
import { familyOf } from '../addresses.ts';
import type { EffectiveConfig, EffectiveRoute } from '../effective.ts';
import { formatVirtualAddress } from '../endpoints.ts';
import type { ConfigPath } from '../problem.ts';
import { error, type Rule } from './rule.ts';

interface Located {
  readonly router: string;
  readonly route: EffectiveRoute;
  readonly path: ConfigPath;
}

function located(config: EffectiveConfig): readonly Located[] {
  return Object.entries(config.virtual_routers).flatMap(([router, { routes = [] }]) =>
    routes.map((route, index) => ({
      router,
      route,
      path: ['virtual_routers', router, 'routes', index],
    })),
  );
}

/** A gateway or a source of the other family leads nowhere. */
export const routeFamiliesAgree: Rule = ({ config }) => {
  return located(config).flatMap(({ route, path }) =>
    (['via', 'source'] as const).flatMap((key) => {
      const address = route[key];
      const family = familyOf(route.to.address);
      if (address === undefined || familyOf(address) === family) return [];
      const network = formatVirtualAddress(route.to);
      const message = `found ${address} for ${network}; allowed: an IPv${family} address`;
      return [error([...path, key], message)];
    }),
  );
};

/** The kernel has one route of a network, metric and table. */
export const routesUnique: Rule = ({ config }) => {
  const first = new Map<string, Located>();
  return located(config).flatMap((entry) => {
    const { to, metric, table } = entry.route;
    const place = `${formatVirtualAddress(to)} metric ${metric} table ${table}`;
    const other = first.get(place);
    if (other === undefined) {
      first.set(place, entry);
      return [];
    }
    const where = other.router === entry.router ? 'in this router' : `in ${other.router}`;
    const message =
      `found ${formatVirtualAddress(to)} with metric ${metric} in table ${table}, which is ` +
      `already ${where}; allowed: each once, or with another metric`;
    return [error([...entry.path, 'to'], message)];
  });
};
