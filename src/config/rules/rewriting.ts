/** Templates, and what of a route is at odds with something else of it. */
import { asList } from '../as-list.ts';
import type { ConfigPath, Finding } from '../problem.ts';
import type { RouteEntry } from '../route-names.ts';
import type { ListenerEntry } from '../schema/index.ts';
import { highestCapture, templateOf } from '../template.ts';
import { error, type Rule, warning } from './rule.ts';

type HttpListener = Extract<ListenerEntry, { protocol: 'http' }>;

/** A template of the config, and how many groups it may name. */
interface Placed {
  readonly path: ConfigPath;
  readonly text: string;
  readonly groups: number;
}

/** What a listener must have so that a variable says anything. */
const IDS: readonly [variable: string, key: 'request_id' | 'traceparent'][] = [
  ['request_id', 'request_id'],
  ['trace_id', 'traceparent'],
  ['span_id', 'traceparent'],
];

/** Every `$1` has a group, and every id somebody who gives it. */
export const templatesMeanSomething: Rule = ({ config }) =>
  eachHttp(config.listeners, (listener, path) => {
    return templatesOf(listener, path).flatMap(({ path: at, text, groups }): Finding[] => {
      const template = templateOf(text);
      const highest = highestCapture(template);
      const wrong = highest > groups ? [error(at, captureProblem(highest, groups))] : [];
      const idle = IDS.filter(
        ([name, key]) =>
          listener[key] === undefined &&
          template.some((part) => 'variable' in part && part.variable === name),
      );
      return [
        ...wrong,
        ...idle.map(([name, key]) =>
          warning(at, `$${name} is always empty; needed: ${key} of the listener`),
        ),
      ];
    });
  });

function captureProblem(highest: number, groups: number): string {
  if (groups > 0) return `found $${highest}; allowed: up to $${groups}, so many groups there are`;
  return `found $${highest}, but nothing here is matched by a regular expression with groups`;
}

/** The path is forwarded as it came, or as it is rewritten. */
export const rewrittenPathsForwarded: Rule = ({ config }) =>
  eachHttp(config.listeners, ({ routes }, path) => {
    return routes.flatMap((route, index): Finding[] => {
      if (!route.raw_path || route.rewrite?.path === undefined) return [];
      const message = 'found true beside rewrite: { path: ... }; allowed: one of them';
      return [error([...path, 'routes', index, 'raw_path'], message)];
    });
  });

/** What is about servers does nothing where none is asked. */
export const rewritesMatter: Rule = ({ config }) =>
  eachHttp(config.listeners, ({ routes }, path) => {
    return routes.flatMap((route, index): Finding[] => {
      const own = route.redirect !== undefined || route.respond !== undefined;
      if (!own || route.rewrite === undefined) return [];
      const message = 'no server is asked here, so nothing is rewritten';
      return [warning([...path, 'routes', index, 'rewrite'], message, 'key')];
    });
  });

function eachHttp(
  listeners: Readonly<Record<string, ListenerEntry>>,
  visit: (listener: HttpListener, path: ConfigPath) => readonly Finding[],
): readonly Finding[] {
  return Object.entries(listeners).flatMap(([name, listener]) =>
    listener.protocol === 'http' ? visit(listener, ['listeners', name]) : [],
  );
}

function templatesOf(listener: HttpListener, path: ConfigPath): readonly Placed[] {
  const routes = listener.routes.flatMap((route, index) => {
    return templatesOfRoute(route, [...path, 'routes', index]);
  });
  return [...templatesOfHeaders(listener.headers, [...path, 'headers'], 0), ...routes];
}

function templatesOfRoute(route: RouteEntry, path: ConfigPath): readonly Placed[] {
  const groups = groupsOfPaths(route);
  const { redirect, respond, rewrite, headers } = route;
  const placed: Placed[] = [...templatesOfHeaders(headers, [...path, 'headers'], groups)];
  if (typeof redirect === 'object') {
    placed.push({ path: [...path, 'redirect', 'to'], text: redirect.to, groups });
  }
  if (typeof respond === 'object') {
    placed.push(...inMap(respond.headers, [...path, 'respond', 'headers'], groups));
  }
  const replace = rewrite?.path?.replace;
  if (replace !== undefined) {
    const at = [...path, 'rewrite', 'path', 'replace', 'with'];
    placed.push({ path: at, text: replace.with, groups: groupsOf(replace.regex) });
  }
  if (rewrite?.host !== undefined) {
    placed.push({ path: [...path, 'rewrite', 'host'], text: rewrite.host, groups });
  }
  const query = [...path, 'rewrite', 'query'];
  placed.push(...inMap(rewrite?.query?.set, [...query, 'set'], groups));
  placed.push(...inMap(rewrite?.query?.add, [...query, 'add'], groups));
  return placed;
}

function templatesOfHeaders(
  headers: RouteEntry['headers'],
  path: ConfigPath,
  groups: number,
): readonly Placed[] {
  return (['request', 'response'] as const).flatMap((way) =>
    (['set', 'add'] as const).flatMap((key) =>
      inMap(headers?.[way][key], [...path, way, key], groups),
    ),
  );
}

function inMap(
  map: Readonly<Record<string, string>> | undefined,
  path: ConfigPath,
  groups: number,
): readonly Placed[] {
  return Object.entries(map ?? {}).map(([name, text]) => ({ path: [...path, name], text, groups }));
}

/** Groups that every path of a route has. */
function groupsOfPaths({ match }: RouteEntry): number {
  const counts = asList(match.path ?? []).map(({ kind, text }) =>
    kind === 'regex' ? groupsOf(text) : 0,
  );
  return counts.length === 0 ? 0 : Math.min(...counts);
}

/** How many groups a regular expression has. */
function groupsOf(pattern: string): number {
  return new RegExp(`(?:${pattern})|`).exec('')!.length - 1;
}
