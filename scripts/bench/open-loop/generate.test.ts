import { expect, test } from 'vitest';
import { generate, type Wire } from './generate.ts';

/**
 * A proxy that answers after `serviceMs`, and not at all from `frozen[0]` to `frozen[1]`; a wait takes
 * `lateMs` longer than it must.
 */
function wireTo(
  connections: number,
  serviceMs: number,
  frozen: readonly [number, number] = [0, 0],
  lateMs = 0,
): Wire & { readonly sentAtMs: readonly number[] } {
  let nowMs = 1000;
  const answerAtMs = new Float64Array(connections).fill(Number.POSITIVE_INFINITY);
  const sentAtMs: number[] = [];
  return {
    connections,
    sentAtMs,
    now: () => nowMs,
    send(connection) {
      if (Number.isFinite(answerAtMs[connection]!)) throw new Error('two requests at a time');
      const at = nowMs - 1000;
      sentAtMs.push(at);
      const answer = at + serviceMs;
      answerAtMs[connection] = answer >= frozen[0] && answer < frozen[1] ? frozen[1] : answer;
    },
    wait(timeoutMs, ready) {
      const wakeMs = Math.min(nowMs - 1000 + timeoutMs, ...answerAtMs);
      nowMs = Math.max(nowMs, 1000 + wakeMs) + lateMs;
      let count = 0;
      for (const [connection, at] of answerAtMs.entries()) {
        if (at > nowMs - 1000) continue;
        answerAtMs[connection] = Number.POSITIVE_INFINITY;
        ready[count++] = connection;
      }
      return count;
    },
  };
}

const everyMs = (gap: number, count: number) =>
  Float64Array.from({ length: count }, (_, index) => index * gap);

test('requests go out when they are due, whatever the answers do', () => {
  const wire = wireTo(100, 40);
  const { latencyMs, latenessMs } = generate(everyMs(1, 200), wire, 1000);
  expect(wire.sentAtMs).toEqual(Array.from(everyMs(1, 200)));
  expect(latencyMs.every((latency) => Math.abs(latency - 40) < 1e-6)).toBe(true);
  expect(latenessMs.every((lateness) => lateness === 0)).toBe(true);
});

test('who would have waited for a frozen proxy counts with the whole time', () => {
  // One per millisecond; nothing is answered for a second, and 10 connections are all there are.
  const { latencyMs, latenessMs } = generate(everyMs(1, 3000), wireTo(10, 1, [1000, 2000]), 5000);
  const felt = latencyMs.filter((latency) => latency > 100);
  expect(felt.length).toBeGreaterThan(850);
  expect(Math.max(...latencyMs)).toBeGreaterThan(990);
  // Not the generator's fault.
  expect(Math.max(...latenessMs)).toBeLessThan(1e-6);
});

test('a generator that oversleeps says so', () => {
  const { latenessMs } = generate(everyMs(10, 50), wireTo(10, 1, [0, 0], 3), 100);
  expect(Math.max(...latenessMs)).toBeGreaterThanOrEqual(2);
});

test('what is never answered is given up, and has no latency', () => {
  const wire = wireTo(4, 1, [5, Number.POSITIVE_INFINITY]);
  const { latencyMs, latenessMs } = generate(everyMs(1, 20), wire, 100);
  expect(latencyMs.filter(Number.isNaN).length).toBeGreaterThan(10);
  expect(latenessMs.filter(Number.isNaN).length).toBeGreaterThan(5);
});
