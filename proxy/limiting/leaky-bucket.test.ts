import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LeakyBucket } from './leaky-bucket.ts';

/** One key's bucket, told the time by the test. */
function bucketOf(law: LeakyBucket, startMs = 0) {
  let state = law.blank(law.tickOf(startMs));
  return (nowMs: number): number => {
    const outcome = law.take(state, law.tickOf(nowMs));
    if (outcome >= 0) state = law.next;
    return outcome;
  };
}

/**
 * limit_req as nginx computes it: thousandths of requests, whole milliseconds, `rate` per second.
 * Written from its definition to judge ours by, not from ours.
 */
function nginxBucket(rate: number, burst: number) {
  let excess = 0;
  let last = Number.NaN;
  return (nowMs: number): number => {
    const now = Number.isNaN(last) ? 0 : Math.max(0, excess - rate * (nowMs - last) + 1000);
    // By how much it was too early.
    if (now > burst * 1000) return burst - now / 1000;
    excess = now;
    last = nowMs;
    return now / 1000;
  };
}

const rates = fc.integer({ min: 1, max: 20_000 });
const bursts = fc.integer({ min: 0, max: 5000 });
const gaps = fc.array(fc.oneof(fc.constant(0), fc.nat(20), fc.nat(100_000)), { maxLength: 400 });

describe('a leaky bucket', () => {
  it('decides and delays as nginx defines limit_req', () => {
    fc.assert(
      fc.property(rates, bursts, gaps, fc.nat(2 ** 40), (rate, burst, waits, start) => {
        const law = new LeakyBucket({ count: rate, windowMs: 1000, burst });
        const [ours, theirs] = [bucketOf(law, start), nginxBucket(rate, burst)];
        const tick = 1 / law.ticksOf(1);
        let now = start;
        for (const wait of waits) {
          now += wait;
          const [excess, expected] = [ours(now), theirs(now)];
          // Our clock goes by ticks: nearer to the bound than that, either may be first to refuse.
          if ((expected < 0 ? -expected : burst - expected) <= tick) return;
          expect(Math.sign(excess) < 0).toBe(expected < 0);
          if (expected < 0) continue;
          expect(Math.abs(excess / law.ticksOf(1) - expected)).toBeLessThanOrEqual(tick + 1e-9);
        }
      }),
    );
  });

  // The table of docs/LIMITS.md.
  it.each([
    [100, 0, 500, 1000],
    [100, 50, 500, 1050],
    [100, 50, 100, 1000],
    [100, 50, 1000, 1050],
    [10, 20, 500, 120],
    [1, 5, 500, 15],
  ])('%i/s + %i of %i/s over 10 s: %i get through', (rate, burst, offered, expected) => {
    const take = bucketOf(new LeakyBucket({ count: rate, windowMs: 1000, burst }));
    let through = 0;
    for (let request = 0; request < offered * 10; request++) {
      if (take((request * 1000) / offered) >= 0) through++;
    }
    // burst + rate x time: the first request of all is at time 0, before anything could leak.
    expect(Math.abs(through - expected)).toBeLessThanOrEqual(1);
  });

  it('lets no more than burst + 1 + rate x time through in any stretch of time', () => {
    const arrivals = fc.array(fc.double({ min: 0, max: 300, noNaN: true }), { maxLength: 200 });
    fc.assert(
      fc.property(rates, fc.nat(20), arrivals, (rate, burst, waits) => {
        const law = new LeakyBucket({ count: rate, windowMs: 1000, burst });
        const take = bucketOf(law);
        const through: number[] = [];
        let now = 0;
        for (const wait of waits) {
          now += wait;
          if (take(now) >= 0) through.push(now);
        }
        // The clock is read in ticks, so a stretch can be one tick longer than it looks.
        const tick = 1 / law.ticksOf(1);
        through.forEach((from, first) => {
          through.slice(first).forEach((to, others) => {
            const most = burst + 1 + (rate * (to - from)) / 1000 + tick;
            expect(others + 1).toBeLessThanOrEqual(most + 1e-6);
          });
        });
      }),
      { numRuns: 50 },
    );
  });

  it('says when a refused request would fit, and it does', () => {
    fc.assert(
      fc.property(rates, fc.nat(50), (rate, burst) => {
        const law = new LeakyBucket({ count: rate, windowMs: 1000, burst });
        const take = bucketOf(law, 5000);
        for (let request = 0; request <= burst; request++)
          expect(take(5000)).toBeGreaterThanOrEqual(0);
        const wait = law.msOf(-take(5000));
        expect(wait).toBeGreaterThan(0);
        expect(take(5000 + wait)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('is as it was after one is given back', () => {
    const law = new LeakyBucket({ count: 10, windowMs: 1000, burst: 2 });
    const tick = law.tickOf(1000);
    law.take(law.blank(tick), tick);
    const one = law.next;
    law.take(one, tick);
    expect(law.giveBack(law.next)).toBe(one);
    expect(law.idle(law.giveBack(one), tick)).toBe(true);
  });

  it('takes a state from before the clock wrapped for idle', () => {
    const law = new LeakyBucket({ count: 1000, windowMs: 1000, burst: 1_000_000 });
    const take = bucketOf(law);
    take(0);
    // 2^31 ticks later the old state looks like the far future.
    expect(take(2 ** 31 / law.ticksOf(1) + 1000)).toBe(0);
  });
});
