import { expect, it } from 'vitest';
import type { ListenerConfig } from '../../src/config/proxy-config.ts';
import { proxyConfig, routeConfig, upstreamConfig } from '../data-plane.fixture.ts';
import { ListenerCounter } from './layout.ts';
import { ROUTES_MAX } from './limits.ts';
import { createSharedState, SharedViews } from './shared-state.ts';
import { type CountingRows, TrafficRows } from './traffic-rows.ts';

const SHAPE = { workers: 2, serversMax: 8, listenersMax: 256 };

function listener(name: string, ...routes: string[]): ListenerConfig {
  const [front] = proxyConfig(upstreamConfig([1])).listeners;
  return { ...front!, name, routes: routes.map((one) => routeConfig({ name: one })) } as never;
}

function make() {
  const views = new SharedViews(createSharedState(SHAPE));
  const freed: CountingRows[] = [];
  const rows = new TrafficRows(views, (these) => freed.push(these));
  return { views, rows, freed };
}

/** A listener of generation `g` has accepted so many. */
function count(views: SharedViews, row: number, accepted: number): void {
  const at = views.indexOf('listenerCounters', 1, row) + ListenerCounter.accepted;
  views.listenerCounters[at] = accepted;
}

it('a listener and a route keep their rows over configs, and new ones never get rows in use', () => {
  const { rows } = make();
  const first = rows.hold(1, [listener('a', '/x', '/y'), listener('b', '/x')]);
  rows.use(first);
  const second = rows.hold(2, [listener('c', '/x'), listener('b', '/x', '/z')]);
  expect(second.listenerSlots.b).toBe(first.listenerSlots.b);
  expect(second.routeSlots['b|/x']).toBe(first.routeSlots['b|/x']);
  expect(Object.values(first.listenerSlots)).not.toContain(second.listenerSlots.c);
  expect(Object.values(first.routeSlots)).not.toContain(second.routeSlots['c|/x']);
  rows.use(second);
  rows.letGo(1);
  rows.reclaim();
  const third = rows.hold(3, [listener('d', '/x')]);
  expect(third.listenerSlots.d).toBe(first.listenerSlots.a);
});

it('a row is freed when nobody has it any more, told of before, and empty for the next', () => {
  const { rows, views, freed } = make();
  const { listenerSlots } = rows.hold(1, [listener('a', '/x')]);
  const row = listenerSlots.a!;
  count(views, row, 7);
  rows.hold(2, []);
  rows.reclaim();
  expect(freed).toEqual([]);
  rows.letGo(1);
  views.listenerOpen[views.indexOf('listenerOpen', 0, row)] = 1;
  rows.reclaim();
  expect(freed.flatMap(({ listeners }) => listeners)).toEqual([]);
  views.listenerOpen[views.indexOf('listenerOpen', 0, row)] = 0;
  rows.reclaim();
  expect(freed.flatMap(({ listeners }) => listeners)).toEqual([row]);
  const at = views.indexOf('listenerCounters', 1, row) + ListenerCounter.accepted;
  expect(views.listenerCounters[at]).toBe(0);
});

it('routes beyond the last row share it, and are one in the list', () => {
  const { rows } = make();
  const names = Array.from({ length: ROUTES_MAX + 5 }, (_, index) => `/${index}`);
  const config = [listener('a', ...names)];
  rows.use(rows.hold(1, config));
  const own = new Set(names.map((name) => rows.slots.routeSlots[`a|${name}`]));
  expect(own.size).toBe(ROUTES_MAX);
  const listed = rows.routes(config);
  expect(listed.length).toBe(ROUTES_MAX);
  expect(listed.at(-1)).toMatchObject({ listener: '(others)', row: ROUTES_MAX - 1 });
});

it('more listeners than there are rows are refused, and nothing has changed', () => {
  const { rows } = make();
  const many = (letter: string) =>
    Array.from({ length: 200 }, (_, index) => listener(`${letter}${index}`));
  rows.hold(1, many('a'));
  expect(() => rows.hold(2, many('b'))).toThrow('200 new listeners, room for 56 of 256');
  rows.letGo(1);
  rows.reclaim();
  expect(() => rows.hold(3, many('c'))).not.toThrow();
});
