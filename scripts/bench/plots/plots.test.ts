import { expect, test } from 'vitest';
import { pictures } from '../report-markdown.ts';
import { fixture } from '../summary.fixture.ts';
import { summarise } from '../summary.ts';
import { colourOf, label, niceStep } from './svg.ts';

const summary = summarise(fixture.plan, fixture.run, fixture.machine);
const drawn = Object.entries(pictures(summary)) as [string, string][];

test.each(drawn)('%s is well-formed, dark and light, and everything is on it', (_, svg) => {
  expect(svg).toContain('prefers-color-scheme: dark');
  const open: string[] = [];
  for (const [, end, name, own] of svg.matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)) {
    if (end) expect(open.pop()).toBe(name);
    else if (!own) open.push(name!);
  }
  expect(open).toEqual([]);
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg)!;
  for (const [, x, y] of svg.matchAll(/<text x="([-\d.]+)" y="([-\d.]+)"/g)) {
    expect(Number(x)).toBeGreaterThanOrEqual(0);
    expect(Number(x)).toBeLessThan(Number(width));
    expect(Number(y)).toBeGreaterThan(0);
    expect(Number(y)).toBeLessThan(Number(height));
  }
});

test('the bars are as long as the costs: a scenario without nginx has the other as its measure', () => {
  const [, cost] = drawn.find(([name]) => name === 'benchmarks-cpu.svg')!;
  const width = (colour: string) =>
    [...cost.matchAll(/width="([\d.]+)" height="10" class="(\w+) bar"/g)]
      .filter(([, length, name]) => name === colour && Number(length) > 10)
      .map(([, length]) => Number(length));
  const [plain, tcp] = width('uring');
  expect(plain! / width('nginx')[0]!).toBeCloseTo(12.5 / 15.5, 2);
  expect(tcp! / width('haproxy')[1]!).toBeCloseTo(2 / 3, 2);
});

test('the same contender has the same colour everywhere', () => {
  expect(['tandem-uring', 'tandem-net', 'nginx', 'haproxy', 'hash'].map(colourOf)).toEqual([
    'uring',
    'net',
    'nginx',
    'haproxy',
    'other',
  ]);
});

test('what is written is text, whatever it is', () => {
  expect(label(1, 2, 'a < b & c > d')).toContain('a &lt; b &amp; c &gt; d');
});

test.each([
  [1, 5, 0.2],
  [10, 5, 2],
  [37, 6, 10],
  [200, 6, 50],
  [0.7, 6, 0.2],
])('%f in at most %i parts: steps of %f', (whole, parts, step) => {
  expect(niceStep(whole, parts)).toBeCloseTo(step, 9);
});
