import { expect, test } from 'vitest';
import type { DrillResult } from './drill.ts';
import { behind, drillsPage } from './page.ts';

const felt = (failed: number, broken: number) => ({
  attempts: 100,
  failed,
  broken,
  longestGapMs: 0,
});

/** A run of a drill on a stack; `udp` only where the stack can serve it. */
function run(name: string, stack: string, outageMs: number, failed: number, udp = false) {
  const clients = {
    http: felt(failed, 0),
    keepalive: felt(0, 2),
    ...(udp && { udp: felt(99, 0) }),
  };
  const times = { takeoverMs: 1, convergedMs: 1, noHolderMs: 0, failingMs: 0, latenessMs: 1 };
  return {
    ...{ name, stack, fault: `${name} happens`, expectation: '', place: 'lab', advertMs: 100 },
    ...{ promises: [], objection: null, passed: true, error: null, faultAtMs: 0, timeline: null },
    measured: { ...times, outageMs, twoHoldersMs: 0, moves: 1, clients },
  } satisfies DrillResult;
}

const unmeasured = (name: string, stack: string): DrillResult => ({
  ...run(name, stack, 0, 0),
  ...{ measured: null, error: 'it broke', passed: false },
});

test('a row has the medians of each stack, of the clients that all can serve', () => {
  const results = [
    ...[10, 30, 20].map((outageMs) => run('crash', 'tandem', outageMs, 1, true)),
    run('crash', 'keepalived-nginx', 400, 50),
  ];
  const page = drillsPage(results, 'npm run drill');
  expect(page).toContain(
    '| crash | 20; 1 failed; 2 broken | 400; 50 failed; 2 broken | 3 of 3 | ahead or equal |',
  );
  expect(page).toContain('- **crash**: crash happens.');
  expect(behind(results)).toEqual([]);
});

test('what is worse by more than the tolerance is named', () => {
  const theirs = run('crash', 'keepalived-nginx', 100, 5);
  expect(behind([run('crash', 'tandem', 115, 8), theirs])).toEqual([]);
  expect(behind([run('crash', 'tandem', 116, 9), theirs])).toEqual(['crash: outage, failed']);
});

test('a row that is behind says why, where that is known', () => {
  const theirs = run('boot-together', 'keepalived-nginx', 100, 5);
  const page = (outageMs: number) =>
    drillsPage([run('boot-together', 'tandem', outageMs, 5), theirs], '');
  expect(page(5000)).toContain('**boot-together** is behind: Node.js takes seconds');
  expect(page(100)).not.toContain('is behind:');
});

test('what could not be measured is behind another pair, and behind none where ours is alone', () => {
  const ours = unmeasured('crash', 'tandem');
  expect(behind([ours])).toEqual([]);
  expect(behind([ours, run('crash', 'keepalived-nginx', 1, 0)])).toEqual(['crash: failed']);
  expect(drillsPage([ours], '')).toContain('| crash | not measured | 0 of 1 |');
});
