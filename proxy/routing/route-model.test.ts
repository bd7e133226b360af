/** The table beside a naive model of it, on arbitrary routes and requests. */
import { BlockList } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RouteConfig } from '../../src/config/proxy-config.ts';
import { compareRoutes, matchText } from '../../src/config/route-order.ts';
import type { PathMatch, RouteCondition, ValueTest } from '../../src/config/routing-config.ts';
import { askedQuery } from './asked-request.ts';
import { asked, type ModelRequest, request, route } from './route-model.fixture.ts';
import { RouteTable } from './route-table.ts';

function passes(value: string, test: ValueTest): boolean {
  if (test.kind === 'regex') return value.match(new RegExp(test.pattern))?.[0] === value;
  return test.kind === 'exact' ? value === test.value : value.startsWith(test.value);
}

function pathHolds({ kind, text }: PathMatch, asked: string): boolean {
  if (kind === 'exact') return asked === text;
  if (kind === 'regex') return asked.match(new RegExp(text))?.[0] === asked;
  return text === '/' || `${asked}/`.startsWith(`${text}/`);
}

function hostHolds(pattern: string, host: string): boolean {
  return pattern === host || (pattern.startsWith('*') && host.endsWith(pattern.slice(1)));
}

function valuesOf(on: string, name: string, { headers, cookies, query }: ModelRequest) {
  if (on === 'header') {
    return headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
  }
  const all = on === 'cookie' ? cookies : query;
  return all
    .filter(([key]) => key === name)
    .map(([, value]) => value)
    .slice(0, 1);
}

function holds(condition: RouteCondition, request: ModelRequest): boolean {
  switch (condition.on) {
    case 'scheme':
      return request.client.scheme === condition.scheme;
    case 'method':
      return condition.methods.includes(request.method);
    case 'host':
      return condition.hosts.some((pattern) => hostHolds(pattern, request.host));
    case 'path':
      return condition.paths.some((one) => pathHolds(one, request.path));
    case 'source': {
      const list = new BlockList();
      for (const { address, prefixLength } of condition.networks) {
        list.addSubnet(address, prefixLength, address.includes(':') ? 'ipv6' : 'ipv4');
      }
      const { address } = request.client;
      return list.check(address, address.includes(':') ? 'ipv6' : 'ipv4');
    }
    default: {
      const values = valuesOf(condition.on, condition.name, request);
      const { tests } = condition;
      return values.some((value) => tests.length === 0 || tests.some((one) => passes(value, one)));
    }
  }
}

/** Exact hosts, then patterns by length, then any. */
function hostRank(config: RouteConfig, host: string): number {
  if (config.hosts.length === 0) return 0;
  const lengths = config.hosts
    .filter((pattern) => hostHolds(pattern, host))
    .map((pattern) => {
      return pattern.startsWith('*') ? pattern.length : 1000;
    });
  return Math.max(-1, ...lengths);
}

function model(routes: readonly RouteConfig[], request: ModelRequest): RouteConfig | string {
  const matching = routes.filter((config) => {
    if (hostRank(config, request.host) < 0) return false;
    if (!pathHolds({ kind: config.pathKind, text: config.path }, request.path)) return false;
    return config.conditions.every((one) => holds(one, request) !== one.negated);
  });
  const taking = matching.filter(
    ({ methods }) => methods.length === 0 || methods.includes(request.method),
  );
  if (taking.length === 0) return matching.length === 0 ? 'no_route' : 'method_refused';
  return taking.reduce((best, one) => {
    const byHost = hostRank(best, request.host) - hostRank(one, request.host);
    const order = one.priority - best.priority || -byHost || -compareRoutes(one, best);
    return order > 0 ? one : best;
  });
}

/** The file's order, which must not matter, is that of the array. */
function chosen(routes: readonly RouteConfig[], request: ModelRequest): RouteConfig | string {
  const sorted = [...routes].sort(compareRoutes);
  const ordered = routes.map((config) => ({ ...config, order: sorted.indexOf(config) }));
  const table = new RouteTable(ordered.map((config) => ({ config })));
  const query = askedQuery(asked(request));
  if (typeof query === 'string') throw new Error(query);
  const found = table.find(query);
  return typeof found === 'string' ? found : { ...found.config, order: 0 };
}

test('the table chooses what the model does, in whatever order the routes are written', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(route, { maxLength: 6, selector: matchText }),
      request,
      (routes, one) => {
        const found = chosen(routes, one);
        expect(found).toEqual(model(routes, one));
        expect(chosen([...routes].reverse(), one)).toEqual(found);
      },
    ),
    { numRuns: 2000 },
  );
});
