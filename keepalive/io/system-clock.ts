import type { Clock, Timer } from '../ports.ts';

/** The longest delay setTimeout takes; a later deadline is approached in steps. */
const DELAY_MAX_MS = 2 ** 31 - 1;

/**
 * The kernel's monotonic clock (CLOCK_MONOTONIC, which no time server moves) in integer
 * microseconds, and timers on Node's event loop. setTimeout counts whole milliseconds from the
 * start of the loop's turn, so it may fire up to one too early: such a firing is armed again.
 */
export const systemClock: Clock = {
  now,
  timer(atMicros: number, callback: () => void): Timer {
    let pending: NodeJS.Timeout;
    const arm = () => {
      const delayMs = Math.ceil((atMicros - now()) / 1000);
      pending = setTimeout(fire, Math.min(Math.max(delayMs, 0), DELAY_MAX_MS));
    };
    const fire = () => {
      if (now() < atMicros) {
        arm();
      } else {
        callback();
      }
    };
    arm();
    return { cancel: () => clearTimeout(pending) };
  },
};

function now(): number {
  return Number(process.hrtime.bigint() / 1000n);
}
