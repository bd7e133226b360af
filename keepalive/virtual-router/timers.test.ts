import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { activeDownInterval, leaseDuration, skewTime } from './timers.ts';

describe('Skew_Time', () => {
  it('scales with the interval in version 3 (RFC 9568 section 6.1)', () => {
    expect(skewTime(3, 100, 1_000_000)).toBe(609_375);
    expect(skewTime(3, 200, 100_000)).toBe(21_875);
    expect(skewTime(3, 255, 10_000)).toBe(39);
    expect(skewTime(3, 1, 100_000)).toBe(99_609);
  });

  it('is in seconds whatever the interval in version 2 (RFC 3768 section 6.1)', () => {
    expect(skewTime(2, 100, 10_000_000)).toBe(609_375);
    expect(skewTime(2, 100, 1_000_000)).toBe(609_375);
  });

  it('orders any two priorities, even at the shortest interval', () => {
    const priority = fc.integer({ min: 1, max: 255 });
    fc.assert(
      fc.property(priority, priority, fc.integer({ min: 10_000, max: 40_950_000 }), (a, b, i) => {
        if (a === b) return;
        expect(skewTime(3, a, i) < skewTime(3, b, i)).toBe(a > b);
      }),
    );
  });
});

it('Active_Down_Interval is three intervals and the skew', () => {
  expect(activeDownInterval(3, 100, 100_000)).toBe(360_937);
  expect(activeDownInterval(3, 200, 10_000)).toBe(32_187);
  expect(activeDownInterval(2, 100, 1_000_000)).toBe(3_609_375);
});

describe('the lease', () => {
  it('ends just before the soonest Backup claims', () => {
    expect(leaseDuration(3, 100, 100_000)).toBe(358_117);
    expect(leaseDuration(3, 200, 10_000)).toBe(31_935);
    expect(leaseDuration(2, 100, 1_000_000)).toBe(3_581_176);
  });

  it('is three intervals where nothing is known of the Backup, and never shorter', () => {
    expect(leaseDuration(3, null, 100_000)).toBe(300_000);
    expect(leaseDuration(3, 254, 100_000)).toBe(300_000);
  });

  it('is over before Active_Down_Interval, on clocks that differ by 0.2 %', () => {
    const priority = fc.integer({ min: 3, max: 254 });
    fc.assert(
      fc.property(priority, fc.integer({ min: 10_000, max: 40_950_000 }), (soonest, interval) => {
        const wait = activeDownInterval(3, soonest, interval);
        expect(leaseDuration(3, soonest, interval)).toBeLessThan(wait * 0.998);
      }),
    );
  });
});
