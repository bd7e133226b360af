/** What logs and metrics call the routes of a listener. */
import { asList } from './as-list.ts';
import type { ListenerEntry } from './schema/index.ts';

export type RouteEntry = Extract<ListenerEntry, { protocol: 'http' }>['routes'][number];

/**
 * A name for each route: its own, or what it matches (`GET api.example.com/v2`), of a list of values
 * the first. Two that come out alike get `#2`, `#3` and so on behind.
 */
export function routeNames(routes: readonly RouteEntry[]): readonly string[] {
  const taken = new Set(routes.flatMap(({ name }) => name ?? []));
  return routes.map((route) => {
    if (route.name !== undefined) return route.name;
    const base = matchName(route.match);
    let name = base;
    for (let count = 2; taken.has(name); count++) name = `${base}#${count}`;
    taken.add(name);
    return name;
  });
}

function matchName({ host, path, method }: RouteEntry['match']): string {
  const { kind, text } = path === undefined ? { kind: 'prefix', text: '/' } : asList(path)[0]!;
  const sign = kind === 'regex' ? '~' : '';
  return `${first(method, ' ')}${first(host, '')}${sign}${text}`;
}

function first(values: string | readonly string[] | undefined, after: string): string {
  const value = typeof values === 'string' ? values : values?.[0];
  return value === undefined ? '' : `${value}${after}`;
}
