import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatDuration,
  formatRate,
  formatSize,
  parseDuration,
  parseRate,
  parseSize,
} from './units.ts';

describe('durations', () => {
  test.each([
    ['250ms', 250],
    ['2s', 2000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['0s', 0],
    ['0090s', 90_000],
  ])('%s', (text, ms) => {
    expect(parseDuration(text)).toEqual({ ok: true, value: ms });
  });

  test.each([
    ['5', 'no unit: write 5ms or 5s'],
    ['1.5s', 'whole numbers only: write 1500ms'],
    ['.5m', 'whole numbers only: write 30s'],
    ['0.0001s', ''],
    ['1h30m', ''],
    ['-1s', ''],
    ['2 s', ''],
    ['2S', ''],
    ['1d', ''],
    ['', ''],
    ['1e3ms', ''],
    ['99999999999999999h', 'too long to count'],
  ])('%j is refused', (text, reason) => {
    expect(parseDuration(text)).toEqual({ ok: false, reason });
  });

  test('what is written is read as the same number of milliseconds', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (ms) => {
        expect(parseDuration(formatDuration(ms))).toEqual({ ok: true, value: ms });
      }),
    );
  });

  test('the largest unit that is exact is taken, and larger ones only when they read better', () => {
    expect([1, 1000, 1500, 60_000, 75_000, 3_600_000, 0].map(formatDuration)).toEqual([
      '1ms',
      '1s',
      '1500ms',
      '1m',
      '75s',
      '1h',
      '0s',
    ]);
  });
});

describe('sizes', () => {
  test.each([
    ['65536', 65_536],
    ['64KiB', 65_536],
    ['10MiB', 10_485_760],
    ['1GiB', 1_073_741_824],
    ['0', 0],
  ])('%s', (text, bytes) => {
    expect(parseSize(text)).toEqual({ ok: true, value: bytes });
  });

  test.each([
    ['10MB', 'write 10MiB (1024-based)'],
    ['64k', 'write 64KiB (1024-based)'],
    ['1 gib', 'write 1GiB (1024-based)'],
    ['1.5MiB', ''],
    ['-1', ''],
    ['9999999999999999999', 'too large to count'],
    ['1TiB', ''],
  ])('%j is refused', (text, reason) => {
    expect(parseSize(text)).toEqual({ ok: false, reason });
  });

  test('what is written is read as the same number of bytes', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (bytes) => {
        expect(parseSize(formatSize(bytes))).toEqual({ ok: true, value: bytes });
      }),
    );
  });
});

describe('rates', () => {
  test.each([
    ['100/s', { count: 100, windowMs: 1000 }],
    ['5/m', { count: 5, windowMs: 60_000 }],
    ['1000/h', { count: 1000, windowMs: 3_600_000 }],
  ])('%s', (text, value) => {
    expect(parseRate(text)).toEqual({ ok: true, value });
  });

  test.each([
    ['0/s', 'a rate of nothing'],
    ['100', ''],
    ['100/d', ''],
    ['1.5/s', ''],
    ['99999999999999999/s', 'too many to count'],
  ])('%j is refused', (text, reason) => {
    expect(parseRate(text)).toEqual({ ok: false, reason });
  });

  test('what is written is read as the same rate', () => {
    const rate = fc.record({
      count: fc.maxSafeNat().map((count) => Math.max(1, count)),
      windowMs: fc.constantFrom(1000, 60_000, 3_600_000),
    });
    fc.assert(
      fc.property(rate, (value) => {
        expect(parseRate(formatRate(value))).toEqual({ ok: true, value });
      }),
    );
  });

  test('a window without a unit cannot be written', () => {
    expect(() => formatRate({ count: 1, windowMs: 1 })).toThrow(RangeError);
  });
});

test('no text makes a parser throw or gives a number that is no whole one', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const result of [parseDuration(text), parseSize(text)]) {
        if (result.ok) expect(Number.isSafeInteger(result.value)).toBe(true);
      }
      parseRate(text);
    }),
  );
});
