import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WindowQuota } from './window-quota.ts';

const HOUR = 3_600_000;

function quotaOf(law: WindowQuota) {
  let state = 0;
  return (nowMs: number): number => {
    const outcome = law.take(state, law.tickOf(nowMs));
    if (outcome >= 0) state = law.next;
    return outcome;
  };
}

describe('a window quota', () => {
  it('counts from the first request, and begins anew with the first after the window', () => {
    const law = new WindowQuota(3, HOUR);
    const take = quotaOf(law);
    const start = 123_456_789;
    expect([0, 1, HOUR - 1].map((at) => take(start + at))).toEqual([0, 0, 0]);
    expect(take(start + HOUR - 1)).toBeLessThan(0);
    const after = start + HOUR + law.lateMsMax;
    expect([0, 1, 2].map((at) => take(after + at))).toEqual([0, 0, 0]);
    expect(take(after + 3)).toBeLessThan(0);
  });

  it('keeps to the count in each window, and says when the next one begins', () => {
    const counts = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant(1_000_000));
    const windows = fc.constantFrom(60_000, HOUR);
    const waits = fc.array(fc.double({ min: 0, max: 20_000, noNaN: true }), { maxLength: 300 });
    fc.assert(
      fc.property(counts, windows, fc.nat(2 ** 40), waits, (count, windowMs, start, gaps) => {
        const law = new WindowQuota(count, windowMs);
        const take = quotaOf(law);
        let now = start;
        let began = Number.NEGATIVE_INFINITY;
        let taken = 0;
        for (const gap of gaps) {
          now += gap;
          const outcome = take(now);
          if (outcome >= 0 && now - began >= windowMs && taken >= count) {
            began = now;
            taken = 1;
          } else if (outcome >= 0) {
            // Either in the window, or its first: the model follows what the law must have done.
            if (now - began >= windowMs + law.lateMsMax) [began, taken] = [now, 0];
            taken++;
            expect(taken).toBeLessThanOrEqual(count);
          } else {
            expect(taken).toBe(count);
            expect(now - began).toBeLessThan(windowMs + law.lateMsMax);
            const wait = law.msOf(-outcome);
            expect(Math.abs(began + windowMs - (now + wait))).toBeLessThanOrEqual(law.lateMsMax);
          }
        }
      }),
    );
  });

  it('is late by no more than a part of its window', () => {
    expect(new WindowQuota(1000, HOUR).lateMsMax).toBeLessThan(30);
    expect(new WindowQuota(1_000_000, HOUR).lateMsMax).toBeLessThan(HOUR / 100);
    expect(new WindowQuota(1_000_000, 60_000).lateMsMax).toBeLessThan(60_000 / 100);
  });

  it('gives back, down to nothing', () => {
    const law = new WindowQuota(3, HOUR);
    const tick = law.tickOf(1e9);
    law.take(0, tick);
    const one = law.next;
    expect(law.idle(law.giveBack(one), tick)).toBe(true);
    expect(law.giveBack(law.giveBack(one))).toBe(law.giveBack(one));
  });

  it('takes a request whose clock was read a moment before the window began as of that window', () => {
    const law = new WindowQuota(2, 60_000);
    const tick = law.tickOf(1e9);
    law.take(0, tick);
    expect(law.take(law.next, tick - 1)).toBe(0);
    expect(law.take(law.next, tick - 1)).toBeLessThan(0);
  });
});
