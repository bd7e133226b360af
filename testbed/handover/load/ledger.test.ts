import { expect, test } from 'vitest';
import { LatenessLog } from './lateness.ts';
import { Ledger } from './ledger.ts';
import { limits } from './limits.ts';

test('a window has the exchanges that ended in it, their median and the longest with its time', () => {
  const ledger = new Ledger('http1');
  const lateness = new LatenessLog();
  for (const [beganMs, endedMs] of [
    [0, 1],
    [90, 100],
    [100, 103],
    [110, 112],
    [195, 260],
  ] as const) {
    ledger.exchange(beganMs, endedMs);
  }
  lateness.note(99, 8);
  lateness.note(400, 50);
  const windows = { calm: { fromMs: 0, toMs: 50 }, moves: { fromMs: 95, toMs: 200 } };
  expect(ledger.report(windows, lateness)).toMatchObject({
    kind: 'http1',
    exchanges: 5,
    windows: {
      calm: { exchanges: 1, medianMs: 1, longestMs: 1, longestAtMs: 1, ownMs: 0 },
      moves: { exchanges: 3, medianMs: 3, longestMs: 10, longestAtMs: 100, ownMs: 8 },
    },
  });
});

test('a window without an exchange has zeros', () => {
  const report = new Ledger('tcp').report(
    { calm: { fromMs: 0, toMs: 50 }, moves: { fromMs: 50, toMs: 60 } },
    new LatenessLog(),
  );
  expect(report.windows.moves).toEqual({
    exchanges: 0,
    medianMs: 0,
    longestMs: 0,
    longestAtMs: 0,
    ownMs: 0,
  });
});

test('incidents are counted by type, and the first of them kept', () => {
  const ledger = new Ledger('fresh');
  ledger.opened();
  for (let i = 0; i < limits.incidentsMax + 5; i++) ledger.incident('failed', i, 'ECONNRESET');
  ledger.incident('ended', 9, 'GOAWAY');
  const report = ledger.report({}, new LatenessLog());
  expect(report.opened).toBe(1);
  expect(report.counts).toEqual({ failed: limits.incidentsMax + 5, broken: 0, ended: 1, wrong: 0 });
  expect(report.incidents).toHaveLength(limits.incidentsMax);
  expect(report.incidents[0]).toEqual({ type: 'failed', atMs: 0, what: 'ECONNRESET' });
});

test("lateness counts where any part of it fell, and a timer's granularity does not", () => {
  const lateness = new LatenessLog();
  lateness.note(100, 1);
  expect(lateness.worst(0, 200)).toBe(0);
  // Stood still from 90 to 120.
  lateness.note(120, 30);
  expect(lateness.worst(0, 89)).toBe(0);
  expect(lateness.worst(0, 90)).toBe(30);
  expect(lateness.worst(120, 130)).toBe(30);
  expect(lateness.worst(121, 130)).toBe(0);
});
