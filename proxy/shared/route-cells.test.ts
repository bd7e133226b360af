import { expect, it } from 'vitest';
import { proxyConfig, routeConfig, upstreamConfig } from '../data-plane.fixture.ts';
import { ERROR_CODES } from '../errors.ts';
import { REGIONS } from './layout.ts';
import { routeRows, rowOf } from './route-cells.ts';

it('the paths of a route share a row, and routes beyond the last row share that one', () => {
  const { listeners } = proxyConfig(upstreamConfig([1]), {
    routes: [
      ...['/a', '/b'].map((path) => routeConfig({ name: 'two', path })),
      ...Array.from({ length: 5000 }, (_, index) => routeConfig({ name: `r${index}` })),
    ],
  });
  const rows = routeRows(listeners);
  expect(rows).toHaveLength(4096);
  expect(rowOf(rows, 'front', 'two')).toBe(0);
  expect(rowOf(rows, 'front', 'r0')).toBe(1);
  expect(rowOf(rows, 'front', 'r4999')).toBe(4095);
  expect(rows[4095]).toEqual({ listener: '(others)', route: '(others)' });
});

it('every error code has a slot', () => {
  expect(ERROR_CODES.length).toBeLessThanOrEqual(REGIONS.routeErrors.slots);
});
