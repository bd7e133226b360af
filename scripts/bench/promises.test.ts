import { expect, test } from 'vitest';
import { type Judgement, judge, promises, verdict } from './promises.ts';
import { fixture } from './summary.fixture.ts';

const judged = judge(fixture.run);
const about = (words: string) => judged.find(({ promise }) => promise.includes(words))!;

test('each promise is one sentence of its own', () => {
  expect(new Set(promises.map(({ promise }) => promise)).size).toBe(promises.length);
});

test.each([
  // 12/15, 18/24, 12.5/15.5
  ['plain requests: CPU ÷ nginx', 0.8, 'held, not in every round'],
  ['plain requests: CPU ÷ HAProxy', 0.78, 'held, not in every round'],
  // Both let 300 MiB per CPU second through, for 0.2 and 0.3 s.
  ['TCP: bytes per CPU second', 1.5, 'held'],
  // 700/840 and 910/840
  ['p99 at 70 %', 0.96, 'held, not in every round'],
  ['growth of memory', 1, 'held'],
  ['two workers’ throughput', 1.85, 'held'],
])('%s', (words, ratio, expected) => {
  const judgement = about(words);
  expect(judgement.measured!.median).toBeCloseTo(ratio, 1);
  expect(verdict(judgement)).toBe(expected);
});

test('what a run has not measured is neither held nor missed', () => {
  expect(verdict(about('a browser'))).toBe('not measured');
  expect(verdict(about('engine net'))).toBe('not measured');
  const nothing = { requests: null, latency: null, memory: null, workers: null, features: null };
  for (const judgement of judge(nothing)) expect(verdict(judgement)).toBe('not measured');
});

test.each([
  [{ atMost: 1 }, [0.8, 0.7, 0.9], 'held'],
  [{ atMost: 1 }, [0.8, 0.7, 1.1], 'held, not in every round'],
  [{ atMost: 1 }, [1.1, 0.9, 1.2], 'missed, held in some rounds'],
  [{ atMost: 1 }, [1.1, 1.05, 1.2], 'missed'],
  [{ atLeast: 1.8 }, [1.8, 1.8, 1.9], 'held'],
  [{ atLeast: 1.8 }, [1.7, 1.6, 1.75], 'missed'],
])('%j with %j is %s', (bound, [median, min, max], expected) => {
  const measured = { median: median!, min: min!, max: max! };
  const judgement = { source: '', promise: '', bound, measured } as Judgement;
  expect(verdict(judgement)).toBe(expected);
});
