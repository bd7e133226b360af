import { Alarm } from '../../src/os/alarm.ts';
import type { Clock, Timer } from '../ports.ts';

interface Pending {
  readonly at: number;
  readonly callback: () => void;
}

/** In the order of their times; the agent has a handful. */
const pending: Pending[] = [];
let alarm: Alarm | undefined;
/** While due callbacks run, they set timers; the alarm is set once, afterwards. */
let ringing = false;

/**
 * The kernel's monotonic clock (CLOCK_MONOTONIC, which no time server moves) in integer
 * microseconds, and timers on it that are late by some ten microseconds: a millisecond, which
 * Node's may lose, is a third of the time between two BFD packets.
 */
export const systemClock: Clock = {
  now,
  timer(atMicros: number, callback: () => void): Timer {
    const entry = { at: atMicros, callback };
    const later = pending.findIndex(({ at }) => at > atMicros);
    pending.splice(later === -1 ? pending.length : later, 0, entry);
    if (pending[0] === entry) rearm();
    return {
      cancel() {
        const position = pending.indexOf(entry);
        if (position === -1) return;
        pending.splice(position, 1);
        if (position === 0) rearm();
      },
    };
  },
};

function rearm(): void {
  if (ringing) return;
  alarm ??= new Alarm(ring);
  alarm.set(pending[0]?.at ?? null);
}

function ring(): void {
  // Only what is due now: a callback that is always due again must not keep the event loop.
  const due = now();
  ringing = true;
  try {
    while (pending[0] !== undefined && pending[0].at <= due) pending.shift()!.callback();
  } finally {
    ringing = false;
    rearm();
  }
}

function now(): number {
  return Number(process.hrtime.bigint() / 1000n);
}
