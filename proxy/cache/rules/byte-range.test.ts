import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRange, rangeStart } from './byte-range.ts';

describe('a range of 100 bytes', () => {
  it.each([
    ['bytes=0-9', 0, 10],
    ['Bytes=90-', 90, 100],
    ['bytes=90-1000', 90, 100],
    ['bytes=-10', 90, 100],
    ['bytes=-1000', 0, 100],
    ['bytes=99-99', 99, 100],
  ])('%s is bytes %i to %i', (text, from, to) => {
    expect(parseRange(text, 100)).toEqual({ from, to });
  });

  it.each(['bytes=100-', 'bytes=1000-2000', 'bytes=-0'])('%s is not there: 416', (text) => {
    expect(parseRange(text, 100)).toBe('unsatisfiable');
  });

  it.each(['bytes=0-1,5-6', 'bytes=5-4', 'items=0-1', 'bytes=a-b', 'bytes=', 'bytes=-', '0-1'])(
    '%s is answered in full',
    (text) => {
      expect(parseRange(text, 100)).toBe('none');
    },
  );

  it('lies within the content, whatever is asked for', () => {
    const text = fc.oneof(
      fc.tuple(fc.nat(300), fc.nat(300)).map(([a, b]) => `bytes=${a}-${b}`),
      fc.nat(300).map((a) => `bytes=${a}-`),
      fc.nat(300).map((a) => `bytes=-${a}`),
      fc.string({ unit: fc.constantFrom('bytes=', '-', '1', ',', ' ') }),
    );
    fc.assert(
      fc.property(text, fc.nat(200), (value, length) => {
        const range = parseRange(value, length);
        if (typeof range === 'string') return;
        expect(range.from).toBeGreaterThanOrEqual(0);
        expect(range.from).toBeLessThan(range.to);
        expect(range.to).toBeLessThanOrEqual(length);
        expect(rangeStart(value) ?? range.from).toBe(range.from);
      }),
    );
  });
});
