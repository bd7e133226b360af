import { expect, it } from 'vitest';
import { heardLinesMax, logKeysMax, logRepeatMicros } from './limits.ts';
import { LogLimiter } from './log-limiter.ts';
import type { Clock } from './ports.ts';

function setUp() {
  let now = 0;
  const clock: Clock = { now: () => now, timer: () => ({ cancel() {} }) };
  const limiter = new LogLimiter(clock);
  const written: string[] = [];
  const log = (key: string) =>
    limiter.limit(key, (suppressed) => written.push(`${key} ${suppressed}`));
  const hear = (key: string) =>
    limiter.limitHeard(key, (suppressed) => written.push(`${key} ${suppressed}`));
  return { log, hear, written, pass: (micros: number) => (now += micros) };
}

it('writes a key once in a while, with the number it left out', () => {
  const { log, written, pass } = setUp();
  for (let i = 0; i < 5; i++) log('ttl');
  log('version');
  pass(logRepeatMicros);
  log('ttl');
  pass(logRepeatMicros);
  log('ttl');
  expect(written).toEqual(['ttl 0', 'version 0', 'ttl 4', 'ttl 0']);
});

it('remembers a bounded number of keys, and forgets the oldest', () => {
  const { log, written } = setUp();
  for (let i = 0; i <= logKeysMax; i++) log(`key ${i}`);
  log(`key ${logKeysMax}`);
  expect(written).toHaveLength(logKeysMax + 1);
  log('key 0');
  expect(written.at(-1)).toBe('key 0 0');
});

it('writes a bounded number of lines about what is heard, and never at the cost of our own', () => {
  const { log, hear, written, pass } = setUp();
  for (let i = 0; i < 1_000; i++) hear(`checksum ${i}`);
  expect(written).toHaveLength(heardLinesMax);
  log('send');
  expect(written.at(-1)).toBe('send 0');
  pass(logRepeatMicros);
  hear('checksum 1000');
  expect(written.at(-1)).toBe(`checksum 1000 ${1_000 - heardLinesMax}`);
});
