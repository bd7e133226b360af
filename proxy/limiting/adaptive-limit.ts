/**
 * How a concurrency limit follows the latency: additive increase, multiplicative decrease, as TCP does
 * with its window. Time is cut into windows; of each is known how many requests ended in it, how many
 * of them took longer than `latencyMs`, and how many were in flight at most.
 *
 *     more than a tenth was slow            the limit falls by a tenth, at least by one
 *     else, and at least half of it in use  it grows by its square root
 *     else                                  it stays: what nobody tries says nothing
 */

/** What was seen in one window. */
export interface AdaptiveWindow {
  readonly ended: number;
  /** Of those, slower than the target. */
  readonly slow: number;
  /** Most in flight at a time. */
  readonly peak: number;
}

/** Bounds of the limit, both inclusive. */
export interface AdaptiveBounds {
  readonly min: number;
  readonly max: number;
}

const SLOW_SHARE_MAX = 0.1;
const DECREASE = 0.9;
const USED_SHARE_MIN = 0.5;

/** The limit after a window. Pure. */
export function stepAdaptive(limit: number, seen: AdaptiveWindow, bounds: AdaptiveBounds): number {
  const within = (value: number) => Math.max(bounds.min, Math.min(bounds.max, value));
  if (seen.ended === 0) return within(limit);
  if (seen.slow > seen.ended * SLOW_SHARE_MAX) {
    return within(Math.min(limit - 1, Math.floor(limit * DECREASE)));
  }
  if (seen.peak < limit * USED_SHARE_MIN) return within(limit);
  return within(limit + Math.floor(Math.sqrt(limit)));
}
