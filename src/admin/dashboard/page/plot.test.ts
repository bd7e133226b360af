import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TrafficPoint } from '../snapshot.ts';
import { niceTop, pathOf, plotSpanMs, plotView, pointAt, shortNumber } from './plot.ts';
import { textOf, type VElement, type VNode } from './vnode.ts';

const scale = { from: 0, to: 60_000, top: 10 };

function point(at: number, requests: number): TrafficPoint {
  const others = { errors4xx: 0, errors5xx: 0, accepted: 0, open: 0 };
  return { at, requests, ...others, p50Ms: null, p99Ms: null };
}

function find(node: VNode, tag: string): readonly VElement[] {
  if (typeof node === 'string') return [];
  const inside = node.children.flatMap((child) => find(child, tag));
  return node.tag === tag ? [node, ...inside] : inside;
}

test('the top of a scale is a round number, no less than the value and at most 2.5 times it', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.001, max: 1e9, noNaN: true }), (value) => {
      const top = niceTop(value, 0.0001);
      expect(top).toBeGreaterThanOrEqual(value * (1 - 1e-9));
      expect(top / value).toBeLessThanOrEqual(2.5 * (1 + 1e-9));
      expect(top.toExponential()).toMatch(/^[125](\.0*\d*)?e|^\d\.9999/);
    }),
  );
  expect(niceTop(0, 10)).toBe(10);
});

test('what follows closely is joined; a gap, or a moment without a value, is none', () => {
  const at = (seconds: number, value: number | null) => ({ at: seconds * 1000, value });
  expect(pathOf([at(0, 0), at(2, 10)], scale)).toBe('M0.0 120.0h0.1L20.0 0.0');
  expect(pathOf([at(0, 0), at(30, 5)], scale)).toBe('M0.0 120.0h0.1M300.0 60.0h0.1');
  expect(pathOf([at(0, 0), at(2, null), at(4, 5)], scale)).toBe('M0.0 120.0h0.1M40.0 60.0h0.1');
  expect(pathOf([at(-2, 5)], scale)).toBe('');
});

test('numbers are short', () => {
  expect([0, 0.123, 1.234, 12.34, 123.4, 12_345].map(shortNumber)).toEqual([
    '0',
    '0.12',
    '1.23',
    '12.3',
    '123',
    '12.3k',
  ]);
});

test('a place on the plot is a moment, where there was one', () => {
  const now = plotSpanMs;
  const points = [point(0, 1), point(plotSpanMs / 2, 2)];
  expect(pointAt(points, 0.5, now)).toBe(points[1]);
  expect(pointAt(points, 0.001, now)).toBe(points[0]);
  expect(pointAt(points, 0.9, now)).toBeUndefined();
});

test('a plot says its numbers in words, and those of the moment that is pointed at', () => {
  const plot = {
    ...{ title: 'Requests', unit: '/s', least: 10 },
    series: [{ name: 'requests', look: 'a', value: (one: TrafficPoint) => one.requests } as const],
  };
  const points = [point(0, 7), point(2000, 70)];
  const view = plotView(plot, points, { now: 2000, cursor: null });
  expect(textOf(view)).toMatch(/requests 70 \/s/);
  expect(find(view, 'svg')[0]!.attributes['aria-label']).toBe(
    'Requests of the last 15 minutes: requests 70 /s; the scale ends at 100 /s',
  );
  const cursor = 1 - 2000 / plotSpanMs;
  expect(textOf(plotView(plot, points, { now: 2000, cursor }))).toMatch(/requests 7 \/s/);
  expect(textOf(plotView(plot, [], { now: 2000, cursor: null }))).toMatch(/requests –/);
});
