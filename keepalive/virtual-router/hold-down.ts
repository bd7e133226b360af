/**
 * Damping of a better node that comes and goes: each time it takes the address back costs its clients
 * their connections, so it waits longer before every further time (as route flap damping does). Pure;
 * times are integer microseconds.
 */
import {
  preemptForgetMicros,
  preemptHoldFirstMicros,
  preemptHoldMaxMicros,
  preemptsFreeMax,
} from '../limits.ts';

/** How often a router took the address back from a sound Active router. */
export interface Preempts {
  /** As of the last time. */
  readonly count: number;
  /** The last time. */
  readonly at: number;
}

/** Nothing to be held against it. */
export const noPreempts: Preempts = { count: 0, at: 0 };

/** The times that still count: each quiet `preemptForgetMicros` takes one off. */
export function preemptsCounted({ count, at }: Preempts, now: number): number {
  return Math.max(0, count - Math.floor((now - at) / preemptForgetMicros));
}

/** It has done it again. */
export function afterPreempt(preempts: Preempts, now: number): Preempts {
  return { count: preemptsCounted(preempts, now) + 1, at: now };
}

/** It gave way to a host that it does not hear: the next time waits, however few there were. */
export function afterYield(preempts: Preempts, now: number): Preempts {
  return { count: Math.max(preemptsCounted(preempts, now) + 1, preemptsFreeMax), at: now };
}

/** What the next time has to wait for: nothing at first, then twice as long each time. */
export function preemptHold(preempts: Preempts, now: number): number {
  const excess = preemptsCounted(preempts, now) - preemptsFreeMax;
  if (excess < 0) return 0;
  return Math.min(preemptHoldMaxMicros, preemptHoldFirstMicros * 2 ** excess);
}
