/**
 * The effective priority: what the trackers make of the configured one (design 4.1).
 *
 *     255     address owner, never changed
 *     3-254   configured plus weights, clamped
 *     2       a fault: still eligible, so the less sick host holds the address
 *     1       the balancer is dead or was never ready
 *
 * No carrier is no priority at all: such a router is out of the election (`shutdown`).
 */

/** Priority of a faulted router. */
export const faultPriority = 2;
/** Priority of a router whose balancer is dead or was never ready. */
export const deadPriority = 1;
/** Priority of the address owner (RFC 9568 section 5.2.4). */
export const ownerPriority = 255;
const LOWEST_HEALTHY = 3;
const HIGHEST = 254;

/** What one tracker does to the priority right now. */
export type TrackerEffect =
  | { readonly type: 'weight'; readonly weight: number }
  | { readonly type: 'fault' }
  | { readonly type: 'dead' }
  | { readonly type: 'none' };

/** One tracker's verdict. */
export interface TrackerReading {
  readonly kind:
    | 'proxy'
    | 'upstream'
    | 'interface'
    | 'gateway'
    | 'script'
    | 'file'
    | 'process'
    | 'address'
    | 'send'
    | 'group';
  readonly name: string;
  readonly effect: TrackerEffect;
  /** For the operator: why it has this effect. */
  readonly reason: string;
}

/** Effective priority, 1-255, of a router configured with `configured` (1-255). */
export function effectivePriority(configured: number, readings: readonly TrackerReading[]): number {
  if (configured === ownerPriority) return ownerPriority;
  if (readings.some(({ effect }) => effect.type === 'dead')) return deadPriority;
  if (readings.some(({ effect }) => effect.type === 'fault')) return faultPriority;
  let priority = configured;
  for (const { effect } of readings) if (effect.type === 'weight') priority += effect.weight;
  return Math.min(Math.max(priority, LOWEST_HEALTHY), HIGHEST);
}
