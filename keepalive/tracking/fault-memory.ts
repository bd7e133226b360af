/**
 * How long a fault that shows only while Active is believed after it last showed. A host that can
 * never hold the address looks well as a Backup, preempts, fails, and costs the clients a takeover
 * each time: so it is believed twice as long every time it comes back, and one time is forgotten
 * after each quiet period. Pure; times are integer microseconds.
 */
import {
  selfFaultForgetMicros,
  selfFaultHoldFirstMicros,
  selfFaultHoldMaxMicros,
  selfFaultTimesMax,
} from '../limits.ts';

/** How often a fault came back, as of when it was last over. */
export interface FaultMemory {
  readonly count: number;
  readonly quietSince: number;
}

/** It never showed. */
export const noFaults: FaultMemory = { count: 0, quietSince: 0 };

/** The times that still count: each quiet `selfFaultForgetMicros` takes one off. */
export function faultsCounted({ count, quietSince }: FaultMemory, now: number): number {
  return Math.max(0, count - Math.floor((now - quietSince) / selfFaultForgetMicros));
}

/** What is remembered of a fault that had shown so often when it was over. */
export function afterFault(count: number, now: number): FaultMemory {
  return { count: Math.min(count, selfFaultTimesMax), quietSince: now };
}

/** How long it is believed when it has shown `count` times lately, this one included. */
export function faultHold(count: number): number {
  const doublings = Math.max(0, count - 1);
  return Math.min(selfFaultHoldMaxMicros, selfFaultHoldFirstMicros * 2 ** doublings);
}
