/** Arbitrary routes, and requests that some of them match. */
import fc from 'fast-check';
import type { PathMatch, RouteCondition, ValueTest } from '../../src/config/routing-config.ts';
import { routeConfig } from '../data-plane.fixture.ts';
import type { askedQuery } from './asked-request.ts';

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
/** A route. */
export const route = fc
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
/** A request. */
export const request = fc.record({
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
/** A request as the model sees it. */
export type ModelRequest = typeof request extends fc.Arbitrary<infer R> ? R : never;

/** The same as the table is asked. */
export function asked({
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
