import { expect, test } from 'vitest';
import {
  allGood,
  comparisonMarkdown,
  comparisonText,
  isGood,
  type Measured,
  spreadOf,
} from './comparison.ts';
import { parseComparison } from './main.ts';
import { rows } from './rows.ts';
import { twoAnsweringMs } from './run-row.ts';

const run = (outageMs: number, twoMs = 0): Measured => ({
  outageMs,
  outageAfterMs: 1,
  twoAnsweringMs: twoMs,
  twoConfiguredMs: twoMs,
  failed: 0,
  latenessMs: 1,
});
const row = (ours: readonly Measured[], theirs: readonly Measured[]) => ({
  name: 'crash',
  ours,
  theirs,
});

test('the spread is median, least and greatest', () => {
  expect(spreadOf([30, 10, 20])).toEqual({ median: 20, min: 10, max: 30 });
  expect(spreadOf([30, 10])).toEqual({ median: 20, min: 10, max: 30 });
  expect(spreadOf([7])).toEqual({ median: 7, min: 7, max: 7 });
});

test('ours is good when its medians are no greater, to the resolution', () => {
  expect(isGood(row([run(10), run(30), run(500)], [run(29), run(29), run(29)]), 2)).toBe(true);
  expect(isGood(row([run(32)], [run(29)]), 2)).toBe(false);
  expect(isGood(row([run(10, 40)], [run(29, 0)]), 2)).toBe(false);
});

test('outages are told apart no finer than the client was on time', () => {
  const late = (outageMs: number, twoMs = 0) => ({ ...run(outageMs, twoMs), latenessMs: 8 });
  expect(isGood(row([late(25)], [late(17)]), 2)).toBe(true);
  expect(isGood(row([late(26)], [late(17)]), 2)).toBe(false);
  expect(isGood(row([late(17, 3)], [late(17)]), 2)).toBe(false);
});

test('one worse row, or a missed bound of BFD, spoils all', () => {
  const good = row([run(10)], [run(20)]);
  const bfd = (outageMs: number) => ({ name: 'BFD', runs: [run(outageMs)], atMostMs: 20 });
  expect(allGood({ rows: [good], bfd: bfd(20), resolutionMs: 2 })).toBe(true);
  expect(allGood({ rows: [good], bfd: bfd(21), resolutionMs: 2 })).toBe(false);
  const worse = row([run(30)], [run(20)]);
  expect(allGood({ rows: [good, worse], bfd: null, resolutionMs: 2 })).toBe(false);
});

test('the table names the medians, the spreads, the ratio and the verdict', () => {
  const comparison = {
    rows: [row([run(10), run(20), run(30)], [run(40, 8), run(40, 8), run(40, 8)])],
    bfd: { name: 'BFD', runs: [run(25)], atMostMs: 20 },
    resolutionMs: 2,
  };
  expect(comparisonText(comparison)).toMatch(/crash\s+20 \(10-30\)\s+40\s+0\.50\s+0\s+8\s+0\s+8/);
  expect(comparisonMarkdown(comparison).split('\n').slice(2)).toEqual([
    '| crash | 20 (10-30) | 40 | 0.50 | 0 | 8 | 0 | 8 | good |',
    '| BFD | 25 | at most 20 |  | 0 |  | 0 |  | MISSED |',
  ]);
});

test('two answers to one question are two holders for as long as a question lasts', () => {
  const answer = (atMs: number, host: string) => ({ atMs, host });
  expect(
    twoAnsweringMs(
      [answer(0, 'a'), answer(4, 'a'), answer(4, 'b'), answer(8, 'a'), answer(8, 'b')],
      4,
    ),
  ).toBe(8);
  expect(twoAnsweringMs([answer(0, 'a'), answer(0, 'a'), answer(4, 'b')], 4)).toBe(0);
});

test('rows are chosen by how their names begin; five runs by default', () => {
  expect(parseComparison(['--compare'])).toEqual({ runs: 5, tries: 1, write: false, rows });
  expect(parseComparison(['--compare', '--runs', '1', 'crash']).rows).toEqual([rows[0]]);
  expect(() => parseComparison(['--runs', '0'])).toThrow('not a number from 1 to 50');
  expect(() => parseComparison(['nosuch'])).toThrow('no row "nosuch"; there are: crash');
});
