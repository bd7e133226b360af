import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Pauses } from './pauses.ts';

test("a timer's granularity is no pause, and what overlaps counts once", () => {
  const pauses = new Pauses();
  pauses.note(100, 101);
  expect(pauses.all).toEqual([]);
  pauses.note(90, 120);
  const both = pauses.with([
    [110, 130],
    [200, 205],
  ]);
  expect(both.within(0, 300)).toBe(45);
  expect(both.within(0, 90)).toBe(0);
  expect(both.within(100, 125)).toBe(25);
  expect(both.within(130, 200)).toBe(0);
  expect(both.within(202, 203)).toBe(1);
});

test('as many milliseconds as a second-by-second count finds', () => {
  const pause = fc
    .tuple(fc.nat(60), fc.nat(20))
    .map(([from, length]) => [from, from + length] as const);
  fc.assert(
    fc.property(fc.array(pause, { maxLength: 8 }), fc.nat(80), fc.nat(80), (all, from, length) => {
      const to = from + length;
      let counted = 0;
      for (let at = from; at < to; at++) {
        if (all.some(([first, last]) => at >= first && at < last)) counted++;
      }
      expect(new Pauses(all).within(from, to)).toBe(counted);
    }),
  );
});
