import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LatenessRecorder } from './lateness.ts';
import { latenessWindowMicros } from './limits.ts';

it('keeps what was recent apart from what ever was', () => {
  const recorder = new LatenessRecorder();
  recorder.record(80_000, 0);
  for (let n = 0; n < 98; n++) recorder.record(90, 1_000);
  recorder.record(2_000, 1_000);
  expect(recorder.summary(2_000)).toEqual({
    maxMs: 80,
    recent: { count: 100, p99Ms: 2.5, maxMs: 80 },
  });
  // One window later it is still recent, two later it is not.
  expect(recorder.summary(latenessWindowMicros).recent.count).toBe(100);
  recorder.record(700, latenessWindowMicros + 1);
  expect(recorder.summary(2 * latenessWindowMicros)).toEqual({
    maxMs: 80,
    recent: { count: 1, p99Ms: 0.7, maxMs: 0.7 },
  });
  expect(recorder.summary(9 * latenessWindowMicros).recent).toEqual({
    count: 0,
    p99Ms: 0,
    maxMs: 0,
  });
  expect(recorder.total.count).toBe(101);
});

it('the 99th percentile is never below the value that it stands for, nor above the maximum', () => {
  const observation = fc.integer({ min: 0, max: 5_000_000 });
  fc.assert(
    fc.property(fc.array(observation, { minLength: 1, maxLength: 300 }), (all) => {
      const recorder = new LatenessRecorder();
      for (const micros of all) recorder.record(micros, 5);
      const { p99Ms, maxMs } = recorder.summary(6).recent;
      const sorted = [...all].sort((a, b) => a - b);
      const exact = sorted[Math.ceil(all.length * 0.99) - 1] ?? 0;
      expect(p99Ms).toBeGreaterThanOrEqual(exact / 1000);
      expect(p99Ms).toBeLessThanOrEqual(maxMs);
    }),
  );
});
