import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { Deadline, DeadlineQueue } from './deadline-queue.ts';
import { DEADLINE_SLOTS, DEADLINE_TICK_MS, EXPIRED_AT_ONCE_MAX, STALL_MIN_MS } from './limits.ts';

let clock = 0;
const queue = new DeadlineQueue(() => clock);

afterEach(() => queue.stop());

/** Moves the clock in steps, looking at the wheel after each, as the interval would. */
function pass(ms: number, step = DEADLINE_TICK_MS): void {
  const end = clock + ms;
  while (clock < end) {
    clock = Math.min(end, clock + step);
    queue.advance();
  }
}

function deadline(): { readonly one: Deadline; readonly expiredAt: () => number | null } {
  let at: number | null = null;
  const one = new Deadline(queue, () => {
    at = clock;
  });
  return { one, expiredAt: () => at };
}

describe('a deadline', () => {
  it('is never early and at most two ticks late, however it is moved', () => {
    const move = fc.record({
      afterMs: fc.integer({ min: 0, max: 3000 }),
      delayMs: fc.oneof(
        fc.integer({ min: 0, max: 500 }),
        fc.integer({ min: 0, max: 4 * DEADLINE_SLOTS * DEADLINE_TICK_MS }),
      ),
      stop: fc.constantFrom('clear', 'suspend', null),
    });
    fc.assert(
      fc.property(fc.array(fc.array(move, { maxLength: 6 }), { maxLength: 5 }), (scripts) => {
        for (const script of scripts) {
          const { one, expiredAt } = deadline();
          let dueAt = Number.POSITIVE_INFINITY;
          for (const { afterMs, delayMs, stop } of script) {
            pass(afterMs);
            if (expiredAt() !== null) break;
            if (stop === null) one.set(delayMs);
            else one[stop]();
            dueAt = stop !== null ? Number.POSITIVE_INFINITY : clock + delayMs;
          }
          pass(5 * DEADLINE_SLOTS * DEADLINE_TICK_MS, 7 * DEADLINE_TICK_MS - 1);
          const at = expiredAt();
          if (dueAt === Number.POSITIVE_INFINITY) expect(at).toBeNull();
          else expect(at).toBeGreaterThanOrEqual(dueAt);
        }
        pass(10 * DEADLINE_SLOTS * DEADLINE_TICK_MS);
        expect(queue.filed).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('is at most two ticks late', () => {
    for (const delayMs of [0, 1, 49, 50, 51, 1000, 12_800, 60_000]) {
      const { one, expiredAt } = deadline();
      one.set(delayMs);
      const due = clock + delayMs;
      pass(delayMs + 3 * DEADLINE_TICK_MS);
      expect(expiredAt()).toBeGreaterThanOrEqual(due);
      expect(expiredAt()).toBeLessThanOrEqual(due + 2 * DEADLINE_TICK_MS);
    }
  });

  it('is let go of the moment it is cleared: a closed connection must not wait out its timeout', () => {
    const { one } = deadline();
    const filed = queue.filed;
    one.set(600_000);
    expect(queue.filed).toBe(filed + 1);
    one.clear();
    expect(queue.filed).toBe(filed);
    one.clear();
    expect(queue.filed).toBe(filed);
  });

  it('that is suspended stays filed for who sets it again, but no longer than a turn of the wheel', () => {
    const { one, expiredAt } = deadline();
    const filed = queue.filed;
    one.set(100);
    one.suspend();
    expect(queue.filed).toBe(filed + 1);
    pass(DEADLINE_SLOTS * DEADLINE_TICK_MS);
    expect(queue.filed).toBe(filed);
    expect(expiredAt()).toBeNull();
  });

  it('that was moved nearer expires at the nearer time', () => {
    const { one, expiredAt } = deadline();
    one.set(60_000);
    pass(100);
    one.set(100);
    pass(200);
    expect(expiredAt()).not.toBeNull();
  });

  it('expires once, and may be set again by whoever it calls', () => {
    let calls = 0;
    const again: Deadline = new Deadline(queue, () => {
      calls++;
      if (calls < 3) again.set(100);
    });
    again.set(100);
    pass(2000);
    expect(calls).toBe(3);
  });

  it('that another clears as both fall due does not expire', () => {
    const order: string[] = [];
    const second: Deadline = new Deadline(queue, () => {
      order.push('second');
      first.clear();
    });
    const first: Deadline = new Deadline(queue, () => {
      order.push('first');
      second.clear();
    });
    first.set(100);
    second.set(100);
    pass(1000);
    expect(order).toHaveLength(1);
  });

  it('has what it had left, and a tick less, when a stall is over', () => {
    for (const stallMs of [STALL_MIN_MS + 1, 10 * DEADLINE_SLOTS * DEADLINE_TICK_MS]) {
      const { one, expiredAt } = deadline();
      one.set(300);
      pass(100);
      clock += stallMs;
      queue.advance();
      const due = clock + 200 - DEADLINE_TICK_MS;
      expect(expiredAt()).toBeNull();
      const other = deadline();
      other.one.set(100);
      pass(400);
      expect(expiredAt()).toBeGreaterThanOrEqual(due);
      expect(expiredAt()).toBeLessThanOrEqual(due + 2 * DEADLINE_TICK_MS);
      expect(other.expiredAt()).not.toBeNull();
    }
  });

  it('expires in an overloaded thread, whose ticks are late again and again', () => {
    const { one, expiredAt } = deadline();
    one.set(3000);
    const due = clock + 3000;
    pass(4000, STALL_MIN_MS - 1);
    expect(expiredAt()).toBeGreaterThanOrEqual(due);
    expect(expiredAt()).toBeLessThan(due + STALL_MIN_MS + 2 * DEADLINE_TICK_MS);
  });

  it('leaves the sockets a turn when a thousand expire together, and still expires or is spared', async () => {
    const late = 3 * EXPIRED_AT_ONCE_MAX + 1;
    let expired = 0;
    const all = Array.from({ length: 1000 }, () => new Deadline(queue, () => expired++));
    for (const one of all) one.set(100);
    pass(2 * DEADLINE_TICK_MS);
    clock += DEADLINE_TICK_MS;
    queue.advance();
    expect(expired).toBe(EXPIRED_AT_ONCE_MAX);
    // What came meanwhile for some of them. The order of those that are due together is nobody's business.
    const spared = all.filter(({ expiresAt }) => Number.isFinite(expiresAt)).slice(-late);
    for (const [index, one] of spared.entries()) {
      if (index % 3 === 0) one.clear();
      else if (index % 3 === 1) one.suspend();
      else one.set(1000);
    }
    while (expired < all.length - late) await turn();
    await turn();
    expect(expired).toBe(all.length - late);
    pass(2000);
    while (expired < all.length - late + Math.floor(late / 3)) await turn();
    await turn();
    expect(expired).toBe(all.length - late + Math.floor(late / 3));
  });
});
