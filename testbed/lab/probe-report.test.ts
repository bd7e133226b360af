import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Attempt, gapsBetween, outcomes, percentile, reportOn } from './probe-report.ts';

const at = (dueMs: number, endMs: number, outcome: Attempt['outcome'] = 'ok'): Attempt => ({
  dueMs,
  endMs,
  outcome,
  server: outcome === 'ok' ? 'origin-1' : '',
});

const options = {
  mode: 'http' as const,
  startedAtMs: 0,
  endedAtMs: 100,
  brokenConnections: 0,
  latenessMs: 0,
  cutShort: false,
  sliceMs: 10,
};

test('an outage is the gap between the answers around it', () => {
  const attempts = [at(0, 1), at(5, 6), at(10, 60, 'timeout'), at(55, 56), at(60, 61), at(95, 96)];
  const report = reportOn(attempts, options);
  expect(report).toMatchObject({
    attempts: 6,
    ok: 5,
    failed: 1,
    failures: { timeout: 1 },
    longestGapMs: 50,
    longestGapFromMs: 6,
    servers: { 'origin-1': 5 },
  });
});

test('a failure is drawn where it was due, an answer where it came', () => {
  const { slices } = reportOn([at(12, 34), at(15, 95, 'timeout')], options);
  expect(slices.ok).toEqual([0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  expect(slices.failed).toEqual([0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
});

test('silence at the start and at the end counts as outage', () => {
  expect(gapsBetween([90, 95], 0, 100)[0]).toEqual({ fromMs: 0, lengthMs: 90 });
  expect(gapsBetween([5, 10], 0, 100)[0]).toEqual({ fromMs: 10, lengthMs: 90 });
  expect(gapsBetween([], 0, 100)[0]).toEqual({ fromMs: 0, lengthMs: 100 });
});

test('an answer after the run, to an attempt that was due in it, ends no gap within it', () => {
  expect(gapsBetween([10, 700], 0, 100)[0]).toEqual({ fromMs: 10, lengthMs: 90 });
});

test('latency counts from when the attempt was due, not from when it was sent', () => {
  const report = reportOn([at(0, 1), at(5, 45), at(10, 46)], options);
  expect(report.latencyMs).toEqual({ p50: 36, p99: 40, max: 40 });
});

test('percentiles are nearest-rank', () => {
  expect(percentile([1, 2, 3, 4], 0.5)).toBe(2);
  expect(percentile([1, 2, 3, 4], 0.99)).toBe(4);
  expect(percentile([], 0.5)).toBe(0);
});

test('every attempt is counted once, whatever its times', () => {
  const attempt = fc.record({
    dueMs: fc.double({ min: -50, max: 150, noNaN: true }),
    endMs: fc.double({ min: -50, max: 1000, noNaN: true }),
    outcome: fc.constantFrom(...outcomes),
    server: fc.constantFrom('', 'origin-1', 'origin-2'),
  });
  fc.assert(
    fc.property(fc.array(attempt), (attempts) => {
      const report = reportOn(attempts, options);
      const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
      expect(report.ok + report.failed).toBe(attempts.length);
      expect(sum(report.slices.ok)).toBe(report.ok);
      expect(sum(report.slices.failed)).toBe(report.failed);
      expect(sum(Object.values(report.servers))).toBe(report.ok);
      expect(report.longestGapMs).toBeGreaterThan(0);
      expect(report.longestGapMs).toBeLessThanOrEqual(100);
    }),
  );
});
