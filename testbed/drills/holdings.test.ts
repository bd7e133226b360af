import fc from 'fast-check';
import { expect, test } from 'vitest';
import { holderTimes, holdingsOf } from './holdings.ts';

const change = (atMs: number, host: string, holds: boolean) => ({ atMs, host, holds });

const takeover = [
  change(0, 'edge-a', true),
  change(100, 'edge-a', false),
  change(130, 'edge-b', true),
];

test('a takeover with a pause is seen as such', () => {
  const holdings = holdingsOf(takeover, 50, 200);
  expect(holdings).toEqual([
    { host: 'edge-a', fromMs: 50, toMs: 100 },
    { host: 'edge-b', fromMs: 130, toMs: 200 },
  ]);
  expect(holderTimes(holdings, 90, 200)).toEqual({
    noHolderMs: 30,
    twoHoldersMs: 0,
    convergedMs: 40,
  });
});

test('two holders at a time are counted', () => {
  const history = [
    change(0, 'edge-a', true),
    change(10, 'edge-b', true),
    change(25, 'edge-a', false),
  ];
  expect(holderTimes(holdingsOf(history, 0, 50), 5, 50)).toEqual({
    noHolderMs: 0,
    twoHoldersMs: 15,
    convergedMs: 20,
  });
});

test('a pair that never converges is not converged before the end', () => {
  expect(holderTimes([], 10, 60)).toEqual({ noHolderMs: 50, twoHoldersMs: 0, convergedMs: 50 });
  const both = ['edge-a', 'edge-b'].map((host) => ({ host, fromMs: 0, toMs: 60 }));
  expect(holderTimes(both, 10, 60).convergedMs).toBe(50);
});

test('nothing that happened is nothing measured', () => {
  const holdings = holdingsOf([change(0, 'edge-a', true)], 10, 60);
  expect(holderTimes(holdings, 20, 60)).toEqual({
    noHolderMs: 0,
    twoHoldersMs: 0,
    convergedMs: 0,
  });
});

test('whatever happened, the shares of time stay within the observation', () => {
  const changes = fc.array(
    fc.record({
      atMs: fc.integer({ min: 0, max: 1000 }),
      host: fc.constantFrom('edge-a', 'edge-b'),
      holds: fc.boolean(),
    }),
  );
  fc.assert(
    fc.property(changes, (unsorted) => {
      const history = unsorted.sort((left, right) => left.atMs - right.atMs);
      const times = holderTimes(holdingsOf(history, 100, 900), 200, 900);
      expect(times.noHolderMs + times.twoHoldersMs).toBeLessThanOrEqual(700);
      expect(times.convergedMs).toBeLessThanOrEqual(700);
      expect(times.noHolderMs + times.twoHoldersMs).toBeLessThanOrEqual(times.convergedMs);
    }),
  );
});
