import { expect, test } from 'vitest';
import { parseHandover } from './main.ts';
import { page } from './page.ts';
import { kindCells, runText, summaryCells, verdicts } from './report.ts';
import { type KindResult, medianOf, objections, type RunResult, totalsOf } from './result.ts';
import { scenes } from './scenes.ts';

const kind = (changes: Partial<KindResult> = {}): KindResult => ({
  kind: 'http1',
  opened: 20,
  exchanges: 500,
  failed: 0,
  broken: 0,
  ended: 0,
  wrong: 0,
  medianMs: 1,
  longestMs: 8,
  longestAfterMs: 120,
  pausedMs: 2,
  wholeLongestMs: 10,
  calmLongestMs: 5,
  incidents: [],
  transfers: [],
  ...changes,
});
const run = (changes: Partial<RunResult> = {}): RunResult => ({
  stack: 'tandem',
  scene: 'handover',
  family: 4,
  error: null,
  marks: [],
  kinds: [kind()],
  ...changes,
});
const stalled = (longestMs: number, calmLongestMs = 5) =>
  run({ kinds: [kind(), kind({ kind: 'tcp', longestMs, calmLongestMs })] });

test('a run counts the kinds together and names the one that waited longest', () => {
  const sums = totalsOf(
    run({ kinds: [kind({ broken: 1, failed: 2 }), kind({ kind: 'tcp', wrong: 3, longestMs: 9 })] }),
  );
  expect(sums).toEqual({
    exchanges: 1000,
    broken: 1,
    failed: 2,
    wrong: 3,
    longestMs: 9,
    longestKind: 'tcp',
    wholeLongestMs: 10,
    calmLongestMs: 5,
  });
});

test('nothing broken and a short median stall is what is promised', () => {
  const five = (middleMs: number) =>
    objections([stalled(8), stalled(19), stalled(middleMs), stalled(90), stalled(400)]);
  expect(five(20)).toEqual([]);
  expect(five(21)).toEqual([
    'longest stall 21 ms at the median, at most 20 ms (5 ms without a move)',
  ]);
});

test('of few runs only a long stall tells', () => {
  expect(objections([stalled(250)])).toEqual([]);
  expect(objections([stalled(251)])).toEqual([
    'longest stall 251 ms at the median, at most 250 ms (5 ms without a move)',
  ]);
});

test('a machine that stalls clients without a move is not held against the pair', () => {
  expect(objections([stalled(290, 295)])).toEqual([]);
  expect(objections([stalled(296, 295)])).toHaveLength(1);
});

test('one broken connection, failed request or wrong byte in any run is one too many', () => {
  const bad = run({ kinds: [kind({ broken: 1, failed: 1, wrong: 1 })] });
  expect(objections([run(), bad])).toEqual(['1 broken', '1 failed', '1 wrong']);
  expect(objections([run(), run({ error: 'no answer\nlog' })])).toEqual(['no answer']);
});

test('only our own runs decide, scene by scene', () => {
  const theirs = run({ stack: 'keepalived-nginx', kinds: [kind({ broken: 99 })] });
  const ours = run({ scene: 'upgrade', kinds: [kind({ broken: 1 })] });
  expect(verdicts([theirs, run(), ours], 'tandem')).toEqual(['upgrade: 1 broken']);
});

test('the tables have a line for each pair, and for each kind in a scene', () => {
  const theirs = run({ stack: 'keepalived-nginx', kinds: [kind({ broken: 20 })] });
  expect(summaryCells([run(), stalled(12), theirs]).slice(1)).toEqual([
    ['handover', 'tandem', '2', '0', '0', '0', '10.0 (8.0-12.0)', '5.0', '10.0'],
    ['handover', 'keepalived-nginx', '1', '20', '0', '0', '8.0', '5.0', '10.0'],
  ]);
  expect(kindCells([stalled(12), theirs], 'handover').slice(1)).toEqual([
    ['tandem', 'http1', '20', '0', '0', '0', '1.0', '8.0', '5.0'],
    ['tandem', 'tcp', '20', '0', '0', '0', '1.0', '12.0', '5.0'],
    ['keepalived-nginx', 'http1', '20', '20', '0', '0', '1.0', '8.0', '5.0'],
  ]);
  expect(kindCells([run()], 'upgrade')).toHaveLength(1);
});

test('a run in words says what broke, when, and what it was with pauses', () => {
  const broken = kind({ broken: 1, incidents: [{ afterMs: 384.2, text: 'broken: ECONNRESET' }] });
  expect(runText(run({ kinds: [broken] }))).toBe(
    '500 exchanges, 1 broken, 0 failed, 0 wrong, longest stall 8.0 ms (http1, at 0.12 s; with ' +
      'pauses of the machine and the clients 10.0), without a move 5.0 ms\n    http1 at 0.384 s: broken: ECONNRESET',
  );
});

test('the page states the pace of the transfers and has a section for each scene', () => {
  const request = parseHandover(['--full', '--runs', '5', '--beside', '2']);
  const text = page([run()], request);
  expect(text).toContain('handover --full --runs 5 --beside 2 --write');
  expect(text).toMatch(/1024 MiB\s+at any time, 37 MiB\/s each/);
  for (const { name } of scenes) expect(text).toContain(`\n## ${name}\n`);
});

test('one short run of each family by default; scenes by name', () => {
  expect(parseHandover([])).toMatchObject({ sizeName: 'short', runs: 1, beside: 0, scenes });
  expect(parseHandover(['--family', '6', 'reboot'])).toMatchObject({
    families: [6],
    scenes: [{ name: 'reboot' }],
  });
  expect(() => parseHandover(['--runs', '51'])).toThrow('not a number from 0 to 50');
  expect(() => parseHandover(['--family', '5'])).toThrow('4 or 6');
  expect(() => parseHandover(['nosuch'])).toThrow('no scene "nosuch"; there are handover');
});

test('the middle of an even number of runs is between two of them', () => {
  expect(medianOf([4, 1, 3, 2])).toBe(2.5);
  expect(medianOf([])).toBe(0);
});
