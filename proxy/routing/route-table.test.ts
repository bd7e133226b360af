import { describe, expect, it } from 'vitest';
import type { RouteConfig } from '../../src/config/proxy-config.ts';
import { compareRoutes } from '../../src/config/route-order.ts';
import { routeConfig } from '../data-plane.fixture.ts';
import { askedQuery } from './asked-request.ts';
import { RouteTable } from './route-table.ts';

/** A table of routes called by their position. */
function tableOf(...routes: readonly Partial<RouteConfig>[]) {
  const named = routes.map((changes, index) => routeConfig({ ...changes, name: String(index) }));
  const sorted = named
    .sort(compareRoutes)
    .map((config, order) => ({ config: { ...config, order } }));
  return new RouteTable(sorted);
}

function ask(
  table: ReturnType<typeof tableOf>,
  host: string,
  target: string,
  method = 'GET',
  fields: readonly string[] = [],
): string {
  const client = { address: '203.0.113.9', scheme: 'http' };
  const query = askedQuery({ method, target, host, fields, client });
  if (typeof query === 'string') return query;
  const found = table.find(query);
  return typeof found === 'string' ? found : found.config.name;
}

describe('a route table', () => {
  it('matches paths in whole segments, the longest first', () => {
    const table = tableOf({ path: '/' }, { path: '/api' }, { path: '/api/v2' }, { path: '/d/' });
    expect(ask(table, 'h', '/')).toBe('0');
    expect(ask(table, 'h', '/api')).toBe('1');
    expect(ask(table, 'h', '/api/')).toBe('1');
    expect(ask(table, 'h', '/apix')).toBe('0');
    expect(ask(table, 'h', '/api/v2/x')).toBe('2');
    expect(ask(table, 'h', '/api/v22')).toBe('1');
    expect(ask(table, 'h', '/d')).toBe('0');
    expect(ask(table, 'h', '/d/x')).toBe('3');
  });

  it('prefers exact hosts, then the longest pattern, then any', () => {
    const table = tableOf(
      { path: '/' },
      { hosts: ['*.example.com'] },
      { hosts: ['*.a.example.com'] },
      { hosts: ['x.a.example.com'] },
    );
    expect(ask(table, 'x.a.example.com', '/')).toBe('3');
    expect(ask(table, 'y.a.example.com', '/')).toBe('2');
    expect(ask(table, 'a.example.com', '/')).toBe('1');
    expect(ask(table, 'example.com', '/')).toBe('0');
    expect(ask(table, 'badexample.com', '/')).toBe('0');
  });

  it('goes on to less specific hosts when no path of theirs matches', () => {
    const table = tableOf({ path: '/' }, { hosts: ['h'], path: '/only' });
    expect(ask(table, 'h', '/only')).toBe('1');
    expect(ask(table, 'h', '/other')).toBe('0');
  });

  it('prefers routes for the method, and tells a refused method from an unknown path', () => {
    const table = tableOf(
      { path: '/a' },
      { path: '/a', methods: ['POST'] },
      { path: '/b', methods: ['GET', 'HEAD'] },
    );
    expect(ask(table, 'h', '/a', 'POST')).toBe('1');
    expect(ask(table, 'h', '/a', 'PUT')).toBe('0');
    expect(ask(table, 'h', '/b', 'HEAD')).toBe('2');
    expect(ask(table, 'h', '/b', 'POST')).toBe('method_refused');
    expect(ask(table, 'h', '/c')).toBe('no_route');
  });

  it('has a short cut when there is nothing to choose, and only then', () => {
    expect(tableOf({}).only?.config.name).toBe('0');
    expect(tableOf({}, { path: '/a' }).only).toBeNull();
    expect(tableOf({ path: '/a' }).only).toBeNull();
    expect(tableOf({ hosts: ['h'] }).only).toBeNull();
    expect(tableOf({ methods: ['GET'] }).only).toBeNull();
  });

  it('asks exact paths before patterns and those before prefixes', () => {
    const table = tableOf(
      { path: '/a/b/c' },
      { path: '/a/.*', pathKind: 'regex' },
      { path: '/a', pathKind: 'exact' },
    );
    expect(ask(table, 'h', '/a')).toBe('2');
    expect(ask(table, 'h', '/a/b/c')).toBe('1');
    expect(ask(table, 'h', '/ab')).toBe('no_route');
  });

  it('a pattern has to match the whole path, as it is forwarded', () => {
    const table = tableOf({ path: '/v[0-9]+/users', pathKind: 'regex' });
    expect(ask(table, 'h', '/v2/users')).toBe('0');
    expect(ask(table, 'h', '/v2/x/../%75sers?x')).toBe('0');
    expect(ask(table, 'h', '/v2/users/1')).toBe('no_route');
    expect(ask(table, 'h', '/x/v2/users')).toBe('no_route');
  });

  it('takes the route of which more conditions hold', () => {
    const beta = { on: 'cookie', name: 'beta', tests: [], negated: false } as const;
    const version = { kind: 'exact', value: '2' } as const;
    const header = { on: 'header', name: 'x-version', tests: [version], negated: false } as const;
    const table = tableOf({}, { conditions: [beta] }, { conditions: [header, beta] });
    expect(ask(table, 'h', '/')).toBe('0');
    expect(ask(table, 'h', '/', 'GET', ['Cookie: a=b; beta=1'])).toBe('1');
    expect(ask(table, 'h', '/', 'GET', ['Cookie: beta=', 'X-Version: 2'])).toBe('2');
    expect(ask(table, 'h', '/', 'GET', ['X-Version: 2'])).toBe('0');
  });

  it('asks a higher priority first, whatever the hosts and paths are', () => {
    const table = tableOf(
      { hosts: ['h'], path: '/a', pathKind: 'exact' },
      { path: '/', priority: 1, methods: ['PUT'] },
    );
    expect(ask(table, 'h', '/a')).toBe('0');
    expect(ask(table, 'h', '/a', 'PUT')).toBe('1');
  });

  it('says 405 only where nothing but the method is in the way', () => {
    const internal = { address: '198.51.100.0', prefixLength: 24 };
    const table = tableOf({
      methods: ['GET'],
      conditions: [{ on: 'source', networks: [internal], negated: false }],
    });
    expect(ask(table, 'h', '/', 'PUT')).toBe('no_route');
    expect(ask(tableOf({ methods: ['GET'] }), 'h', '/', 'PUT')).toBe('method_refused');
  });
});
