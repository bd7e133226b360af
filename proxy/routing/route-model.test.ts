/** The table beside a naive model of it, on arbitrary routes and requests. */
import { BlockList } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RouteConfig } from '../../src/config/proxy-config.ts';
import { compareRoutes, matchText } from '../../src/config/route-order.ts';
import type { PathMatch, RouteCondition, ValueTest } from '../../src/config/routing-config.ts';
import { routeConfig } from '../data-plane.fixture.ts';
import { askedQuery } from './asked-request.ts';
import { RouteTable } from './route-table.ts';

const HOSTS = ['a.example', 'x.a.example', 'y.x.a.example'];
const PATHS = ['/', '/a', '/a/b', '/ab', '/a/b/c'];
const VALUES = ['1', '2', '12'];

const valueTest: fc.Arbitrary<ValueTest> = fc.oneof(
  fc.record({ kind: fc.constantFrom('exact', 'prefix'), value: fc.constantFrom(...VALUES) }),
  fc.record({ kind: fc.constant('regex'), pattern: fc.constantFrom('1.*', '[12]', '.+') }),
) as fc.Arbitrary<ValueTest>;
const path: fc.Arbitrary<PathMatch> = fc.oneof(
  fc.record({ kind: fc.constantFrom('exact', 'prefix'), text: fc.constantFrom(...PATHS) }),
  fc.record({ kind: fc.constant('regex'), text: fc.constantFrom('/a.*', '/[ab]', '/a/.*') }),
) as fc.Arbitrary<PathMatch>;
const network = fc.constantFrom(
  { address: '203.0.113.0', prefixLength: 24 },
  { address: '203.0.113.8', prefixLength: 29 },
  { address: '2001:db8::', prefixLength: 32 },
);
const condition = fc
  .tuple(
    fc.boolean(),
    fc.oneof(
      fc.record({
        on: fc.constantFrom('header', 'cookie', 'query'),
        name: fc.constantFrom('k', 'k-2'),
        tests: fc.array(valueTest, { maxLength: 2 }),
      }),
      fc.record({ on: fc.constant('scheme'), scheme: fc.constantFrom('http', 'https') }),
      fc.record({
        on: fc.constant('source'),
        networks: fc.array(network, { minLength: 1, maxLength: 2 }),
      }),
      fc.record({ on: fc.constant('method'), methods: fc.constant(['PUT']) }),
      fc.record({ on: fc.constant('host'), hosts: fc.constant(['*.a.example']) }),
      fc.record({ on: fc.constant('path'), paths: fc.array(path, { minLength: 1, maxLength: 2 }) }),
    ),
  )
  .map(([negated, asked]) => ({ ...asked, negated }) as RouteCondition);
const route = fc
  .record({
    hosts: fc.subarray([...HOSTS, '*.example', '*.a.example']),
    at: path,
    methods: fc.subarray(['GET', 'PUT']),
    conditions: fc.array(condition, { maxLength: 2 }),
    priority: fc.constantFrom(0, 0, 0, 1),
  })
  .map(({ at, ...match }) => routeConfig({ ...match, path: at.text, pathKind: at.kind }));

const pairs = fc.array(fc.tuple(fc.constantFrom('k', 'k-2', 'K'), fc.constantFrom(...VALUES)), {
  maxLength: 2,
});
const request = fc.record({
  method: fc.constantFrom('GET', 'PUT', 'POST'),
  path: fc.constantFrom(...PATHS),
  host: fc.constantFrom(...HOSTS, 'other'),
  headers: pairs,
  cookies: pairs,
  query: pairs,
  client: fc.record({
    address: fc.constantFrom('203.0.113.9', '203.0.113.200', '2001:db8::1', '192.0.2.1'),
    scheme: fc.constantFrom('http', 'https'),
  }),
});
type ModelRequest = typeof request extends fc.Arbitrary<infer R> ? R : never;

function asked({
  headers,
  cookies,
  query,
  ...rest
}: ModelRequest): Parameters<typeof askedQuery>[0] {
  const cookie = cookies.map(([name, value]) => `${name}=${value}`).join('; ');
  const parameters = query.map(([name, value]) => `${name}=${value}`).join('&');
  return {
    ...rest,
    target: `${rest.path}${parameters === '' ? '' : `?${parameters}`}`,
    host: `${rest.host.toUpperCase()}:8080`,
    fields: [
      ...headers.map(([name, value]) => `${name}: ${value}`),
      ...(cookie === '' ? [] : [`Cookie: ${cookie}`]),
    ],
  };
}

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
