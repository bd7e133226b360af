import { expect, test } from 'vitest';
import { type RouteEntry, routeNames } from './route-names.ts';

function route(match: RouteEntry['match'], name?: string): RouteEntry {
  return {
    match,
    name,
    upstream: 'u',
    raw_path: false,
    access_log: true,
    timeout: 0,
    rate_limits: [],
    concurrency_limits: [],
  };
}

test('a route is called what it is named, or what it matches', () => {
  const routes = [
    route({}),
    route({ path: ['/a', '/b'] }),
    route({ host: ['x.example', '*.example.org'], path: '/a', method: 'GET' }),
    route({ path: '/c' }, 'shop'),
  ];
  expect(routeNames(routes)).toEqual(['/', '/a', 'GET x.example/a', 'shop']);
});

test('no two routes are called the same', () => {
  const two = [
    route({ path: ['/a', '/b'] }),
    route({ path: ['/a', '/c'] }),
    route({ path: '/d' }, '/a#2'),
  ];
  expect(routeNames(two)).toEqual(['/a', '/a#3', '/a#2']);
});
