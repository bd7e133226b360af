import { expect, it } from 'vitest';
import { LogClock } from './log-clock.ts';

it('writes the time in every spelling, also into the next second', () => {
  let now = Date.UTC(2026, 10, 21, 13, 5, 9, 7);
  const clock = new LogClock(() => now);
  clock.read();
  expect(clock.rfc3339).toBe('2026-11-21T13:05:09.007Z');
  expect(Date.parse(clock.iso8601)).toBe(now - 7);
  expect(clock.iso8601).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/);
  expect(clock.commonLog).toMatch(/^\d\d\/Nov\/2026:\d\d:\d\d:09 [+-]\d{4}$/);
  now += 993;
  clock.read();
  expect(clock.rfc3339).toBe('2026-11-21T13:05:10.000Z');
  expect(clock.now).toBe(now);
});
