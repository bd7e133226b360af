import { expect, it } from 'vitest';
import { systemClock } from './system-clock.ts';

it('goes forward in integer microseconds', () => {
  const before = systemClock.now();
  const after = systemClock.now();
  expect(Number.isSafeInteger(before)).toBe(true);
  expect(after).toBeGreaterThanOrEqual(before);
});

it('never fires early, whatever fraction of a millisecond the deadline has', async () => {
  const early: number[] = [];
  const waits = Array.from({ length: 300 }, (_, i) => {
    const deadline = systemClock.now() + i * 73;
    return new Promise<void>((resolve) => {
      systemClock.timer(deadline, () => {
        const now = systemClock.now();
        if (now < deadline) early.push(deadline - now);
        resolve();
      });
    });
  });
  await Promise.all(waits);
  expect(early).toEqual([]);
});

it('fires for a deadline that has passed, but not within the call', async () => {
  let fired = false;
  const done = new Promise<void>((resolve) => {
    systemClock.timer(systemClock.now() - 1_000_000, () => {
      fired = true;
      resolve();
    });
  });
  expect(fired).toBe(false);
  await done;
});

it('does not fire once cancelled, and a deadline weeks away does not fire now', async () => {
  const fired: string[] = [];
  const cancelled = systemClock.timer(systemClock.now() + 1_000, () => fired.push('cancelled'));
  const far = systemClock.timer(systemClock.now() + 90 * 86_400_000_000, () => fired.push('far'));
  cancelled.cancel();
  await new Promise<void>((resolve) => {
    systemClock.timer(systemClock.now() + 10_000, resolve);
  });
  far.cancel();
  expect(fired).toEqual([]);
});
