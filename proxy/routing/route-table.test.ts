import { describe, expect, it } from 'vitest';
import type { RouteConfig } from '../../src/config/proxy-config.ts';
import { routeConfig } from '../data-plane.fixture.ts';
import type { RouteCells } from '../shared/route-cells.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { RouteTable } from './route-table.ts';

/** A table of routes to upstreams named by their position. */
function tableOf(...routes: readonly Partial<RouteConfig>[]): RouteTable {
  return new RouteTable(
    routes.map((changes, index) => ({
      config: routeConfig({ ...changes, upstream: String(index) }),
      // The table never looks at it.
      upstream: {} as Upstream,
      features: [],
      gate: null,
      cells: {} as RouteCells,
    })),
  );
}

function ask(table: RouteTable, host: string, path: string, method = 'GET'): string {
  const found = table.find({ host, path, method });
  return typeof found === 'string' ? found : (found.config.upstream ?? '');
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
    expect(tableOf({}).only?.config.upstream).toBe('0');
    expect(tableOf({}, { path: '/a' }).only).toBeNull();
    expect(tableOf({ path: '/a' }).only).toBeNull();
    expect(tableOf({ hosts: ['h'] }).only).toBeNull();
    expect(tableOf({ methods: ['GET'] }).only).toBeNull();
  });
});
