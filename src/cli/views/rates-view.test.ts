import { expect, test } from 'vitest';
import { ratesText } from './rates-view.ts';

/** What the sums are made of. */
function report(
  uptimeMs: number,
  ...totals: [requests: number, errors: number, accepted: number][]
) {
  const listeners = totals.map(([requests, responses5xx, accepted]) => ({
    totals: { requests, responses5xx, accepted, open: 7 },
  }));
  return { uptimeMs, listeners } as unknown as Parameters<typeof ratesText>[1];
}

test('all listeners together, a second', () => {
  const before = report(10_000, [100, 0, 5], [1, 0, 1]);
  expect(ratesText(before, report(12_000, [300, 1, 5], [41, 0, 2]))).toBe(
    '120 requests a second, 0.5 of them 5xx; 0.5 new connections a second, 14 open',
  );
});

test('nothing is said of one answer, nor of two balancers', () => {
  expect(ratesText(null, report(10, [1, 1, 1]))).toBe('');
  expect(ratesText(report(10_000, [1, 1, 1]), report(500, [0, 0, 0]))).toBe('');
});
