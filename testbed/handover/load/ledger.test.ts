import { expect, test } from 'vitest';
import { Ledger } from './ledger.ts';
import { limits } from './limits.ts';
import { Pauses } from './pauses.ts';

test('a window has the exchanges that ended in it, their median and the longest with its time', () => {
  const ledger = new Ledger('http1');
  for (const [beganMs, endedMs] of [
    [0, 1],
    [90, 100],
    [100, 103],
    [110, 112],
    [195, 260],
  ] as const) {
    ledger.exchange(beganMs, endedMs);
  }
  const pauses = new Pauses([
    [91, 99],
    [350, 400],
  ]);
  const windows = { calm: { fromMs: 0, toMs: 50 }, moves: { fromMs: 95, toMs: 200 } };
  expect(ledger.report(windows, pauses)).toMatchObject({
    kind: 'http1',
    exchanges: 5,
    windows: {
      calm: { exchanges: 1, medianMs: 1, longestMs: 1, longestAtMs: 1, pausedMs: 0 },
      moves: {
        exchanges: 3,
        medianMs: 3,
        longestMs: 3,
        longestAtMs: 103,
        pausedMs: 0,
        wholeLongestMs: 10,
      },
    },
  });
});

test('a window without an exchange has zeros', () => {
  const report = new Ledger('tcp').report(
    { calm: { fromMs: 0, toMs: 50 }, moves: { fromMs: 50, toMs: 60 } },
    new Pauses(),
  );
  expect(report.windows.moves).toEqual({
    exchanges: 0,
    medianMs: 0,
    longestMs: 0,
    longestAtMs: 0,
    pausedMs: 0,
    wholeLongestMs: 0,
  });
});

test('incidents are counted by type, and the first of them kept', () => {
  const ledger = new Ledger('fresh');
  ledger.opened();
  for (let i = 0; i < limits.incidentsMax + 5; i++) ledger.incident('failed', i, 'ECONNRESET');
  ledger.incident('ended', 9, 'GOAWAY');
  const report = ledger.report({}, new Pauses());
  expect(report.opened).toBe(1);
  expect(report.counts).toEqual({ failed: limits.incidentsMax + 5, broken: 0, ended: 1, wrong: 0 });
  expect(report.incidents).toHaveLength(limits.incidentsMax);
  expect(report.incidents[0]).toEqual({ type: 'failed', atMs: 0, what: 'ECONNRESET' });
});
