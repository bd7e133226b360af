import { expect, test } from 'vitest';
import { judgeFrozen } from './frozen-answers.ts';

/** Frozen at 1000, awake at 2500, watched until 4000; 100 ms adverts. */
const times = { frozenAtMs: 1000, thawedAtMs: 2500, toMs: 4000, leaseMs: 300, advertMs: 100 };

/** An answer of a host every 10 ms from one time to another. */
const spell = (host: string, fromMs: number, toMs: number) =>
  Array.from({ length: (toMs - fromMs) / 10 }, (_, index) => ({ host, atMs: fromMs + index * 10 }));
const judge = (...spells: ReturnType<typeof spell>[]) =>
  judgeFrozen(
    spells.flat().sort((left, right) => left.atMs - right.atMs),
    'a',
    times,
  );

test('a host that falls silent within its lease and comes back once is as promised', () => {
  expect(judge(spell('a', 0, 1290), spell('b', 1350, 2700), spell('a', 2680, 4000))).toBeNull();
  expect(judge(spell('a', 0, 1290), spell('b', 1350, 4000))).toBeNull();
});

test('an answer of the frozen host after its lease is named', () => {
  expect(judge(spell('a', 0, 1420), spell('b', 1350, 4000))).toBe(
    'a answered for the address 410 ms after it was frozen',
  );
});

test('an end without exactly one answerer is a failure', () => {
  expect(judge(spell('a', 0, 1290))).toContain('in the end [] answer');
  expect(judge(spell('a', 3000, 4000), spell('b', 1350, 4000))).toContain('in the end');
});

test('a host that answers again after the other came back is a flap', () => {
  const flapping = judge(
    spell('b', 1350, 2700),
    spell('a', 2700, 3000),
    spell('b', 3000, 3300),
    spell('a', 3300, 4000),
  );
  expect(flapping).toBe('b still answered 300 ms after a had come back');
});
