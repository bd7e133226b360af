/** What a reload does to listeners, their addresses and their routes. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { BindAddress, ListenerConfig, RouteConfig } from '../../src/config/proxy-config.ts';
import type { PlanLine } from './plan-lines.ts';

const CLOSED = 'new connections to it are refused; those that wait for a request are closed';
const SPEAKS_ELSE =
  'speaks otherwise than before: connections end after the request under way, WebSockets and sessions go on';
const ROUTE_GONE = 'its requests take another route, or get 404';

/** Lines about listeners, those without a difference left out. */
export function planListeners(
  before: readonly ListenerConfig[],
  after: readonly ListenerConfig[],
): PlanLine[] {
  const were = new Map(before.map((one) => [one.name, one]));
  const are = new Map(after.map((one) => [one.name, one]));
  const gone = before.filter(({ name }) => !are.has(name));
  return [
    ...gone.map((was): PlanLine => {
      const disturbs = disturbedBy(was, after);
      return { what: 'removed', kind: 'listener', name: was.name, disturbs };
    }),
    ...after.flatMap((is): PlanLine[] => {
      const was = were.get(is.name);
      if (was !== undefined) return planListener(was, is, after);
      return [{ what: 'added', kind: 'listener', name: is.name, disturbs: null }];
    }),
  ];
}

/** Why listeners cannot be changed while the balancer runs, a sentence each. */
export function refusedListeners(
  before: readonly ListenerConfig[],
  after: readonly ListenerConfig[],
): string[] {
  const udp = before.filter(({ protocol }) => protocol === 'udp');
  return udp.flatMap((was) => {
    const is = after.find(({ name }) => name === was.name);
    if (is === undefined || is.protocol !== 'udp' || isDeepStrictEqual(is.binds, was.binds)) {
      return [];
    }
    return [`listener ${was.name}: the addresses of a UDP listener are others than before`];
  });
}

function planListener(
  was: ListenerConfig,
  is: ListenerConfig,
  after: readonly ListenerConfig[],
): PlanLine[] {
  if (isDeepStrictEqual(was, is)) return [];
  const routes = planRoutes(was, is);
  const same = isDeepStrictEqual(withoutRoutes(was), withoutRoutes(is));
  // Routes in another order are not told one by one.
  if (same && routes.length > 0) return routes;
  const disturbs = disturbedBy(was, after);
  return [{ what: 'changed', kind: 'listener', name: is.name, disturbs }, ...routes];
}

/** Several entries have one name where a route has several paths. */
function planRoutes(was: ListenerConfig, is: ListenerConfig): PlanLine[] {
  const before = routesByName(was);
  const after = routesByName(is);
  const line = (what: PlanLine['what'], route: string, disturbs: string | null): PlanLine => {
    return { what, kind: 'route', name: `${is.name}: ${route}`, disturbs };
  };
  const gone = [...before.keys()].filter((name) => !after.has(name));
  return [
    ...gone.map((name) => line('removed', name, ROUTE_GONE)),
    ...[...after].flatMap(([name, routes]) => {
      const known = before.get(name);
      if (known === undefined) return [line('added', name, null)];
      return isDeepStrictEqual(known, routes) ? [] : [line('changed', name, null)];
    }),
  ];
}

function routesByName(listener: ListenerConfig): ReadonlyMap<string, readonly RouteConfig[]> {
  const routes = listener.protocol === 'http' ? listener.routes : [];
  return Map.groupBy(routes, ({ name }) => name);
}

/** Of TCP they are part of what the listener is. */
function withoutRoutes(listener: ListenerConfig): object {
  return listener.protocol === 'http' ? { ...listener, routes: [] } : listener;
}

/** What clients of its addresses feel; null: nothing. */
function disturbedBy(was: ListenerConfig, after: readonly ListenerConfig[]): string | null {
  const felt = was.binds.flatMap((bind) => {
    const heir = after.find(
      (one) => isUdp(one) === isUdp(was) && one.binds.some((its) => isDeepStrictEqual(its, bind)),
    );
    if (heir === undefined) return [`${addressOf(bind)} is closed: ${CLOSED}`];
    return speech(heir) === speech(was) ? [] : [`${addressOf(bind)} ${SPEAKS_ELSE}`];
  });
  return felt.length === 0 ? null : felt.join('; ');
}

/** What a connection has to be to go on with another listener. */
function speech(listener: ListenerConfig): string {
  const { protocol } = listener;
  return protocol === 'udp' || listener.tls === null ? protocol : `${protocol} over TLS`;
}

function isUdp({ protocol }: ListenerConfig): boolean {
  return protocol === 'udp';
}

function addressOf({ host, port }: BindAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
