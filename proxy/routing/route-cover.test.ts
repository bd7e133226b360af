/** What `tandem check` says of routes in each other's way holds for every request. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RouteConfig } from '../../src/config/proxy-config.ts';
import { areApart, covers } from '../../src/config/route-cover.ts';
import { askedQuery } from './asked-request.ts';
import { asked, type ModelRequest, request, route } from './route-model.fixture.ts';
import { RouteTable } from './route-table.ts';

/** Routes for one host or any, of which one is often made of the other. */
const pair = fc
  .tuple(route, route, fc.boolean(), fc.boolean())
  .map(([one, other, related, sameHost]) => {
    const left = { ...one, hosts: one.hosts.slice(0, 1) };
    const hosts = sameHost ? left.hosts : other.hosts.slice(0, 1);
    if (!related) return [left, { ...other, hosts }] as const;
    const conditions = [...left.conditions, ...other.conditions];
    return [
      left,
      { ...other, hosts, path: left.path, pathKind: left.pathKind, conditions },
    ] as const;
  });

function placeOf(config: RouteConfig) {
  return { ...config, host: config.hosts[0] ?? '' };
}

function matches(config: RouteConfig, one: ModelRequest): boolean {
  const query = askedQuery(asked(one));
  if (typeof query === 'string') throw new Error(query);
  return typeof new RouteTable([{ config }]).find(query) !== 'string';
}

describe('of two routes', () => {
  it('one that covers the other matches whatever that does', () => {
    let covered = 0;
    fc.assert(
      fc.property(pair, request, ([wide, narrow], one) => {
        if (!covers(placeOf(wide), placeOf(narrow))) return;
        covered++;
        if (matches(narrow, one)) expect(matches(wide, one)).toBe(true);
      }),
      { numRuns: 5000 },
    );
    expect(covered).toBeGreaterThan(100);
  });

  it('those that are apart never match the same request, unless it has a field twice', () => {
    let apart = 0;
    fc.assert(
      fc.property(pair, request, ([left, right], one) => {
        const names = one.headers.map(([name]) => name.toLowerCase());
        if (new Set(names).size < names.length) return;
        if (!areApart(placeOf(left), placeOf(right))) return;
        apart++;
        expect(matches(left, one) && matches(right, one)).toBe(false);
      }),
      { numRuns: 5000 },
    );
    expect(apart).toBeGreaterThan(100);
  });
});
