import { expect, test } from 'vitest';
import { type RouteEntry, routeNames } from './route-names.ts';

const prefix = (text: string) => ({ kind: 'prefix', text }) as const;

function route(match: RouteEntry['match'], name?: string): RouteEntry {
  return {
    match,
    name,
    priority: 0,
    upstream: 'u',
    raw_path: false,
    access_log: true,
    timeout: 0,
    rate_limits: [],
    concurrency_limits: [],
    buffering: {},
  };
}

test('a route is called what it is named, or what it matches', () => {
  const routes = [
    route({}),
    route({ path: [prefix('/a'), prefix('/b')] }),
    route({ host: ['x.example', '*.example.org'], path: prefix('/a'), method: 'GET' }),
    route({ path: prefix('/c') }, 'shop'),
  ];
  expect(routeNames(routes)).toEqual(['/', '/a', 'GET x.example/a', 'shop']);
});

test('no two routes are called the same', () => {
  const two = [
    route({ path: [prefix('/a'), prefix('/b')] }),
    route({ path: [prefix('/a'), prefix('/c')] }),
    route({ path: prefix('/d') }, '/a#2'),
  ];
  expect(routeNames(two)).toEqual(['/a', '/a#3', '/a#2']);
});
