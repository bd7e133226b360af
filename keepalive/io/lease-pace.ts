/** What pace of BFD the kernel's tick can keep. Pure. */
import type { LeasePace } from '../ports.ts';

/**
 * Whether a set's timeout can keep this pace. It counts whole ticks and the first one may be nearly
 * over, so that a tick less is certain; in that time all packets but the last that may be missed
 * have to fit, or ordinary lateness would mute a healthy host.
 */
export function fitsTick({ intervalMs, detectionMs }: LeasePace, tickMs: number): boolean {
  const certainMs = (Math.floor(detectionMs / tickMs) - 1) * tickMs;
  return certainMs >= detectionMs - intervalMs;
}
