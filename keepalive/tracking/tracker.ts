import type { TrackerEffect, TrackerReading } from '../virtual-router/priority.ts';

/**
 * What all trackers are: something that watches one thing for as long as the agent runs and can say
 * at any time what that does to the priority. Each tells its owner when its reading has changed.
 */
export interface Tracker {
  /** Begins to watch. */
  start(): void;
  /** Watches no longer, and leaves no timer behind. */
  stop(): void;
  /** What it does to the priority now, and why. */
  reading(): TrackerReading;
  /**
   * Begins in the middle of the agent's life, because the configuration changed: in the place of one
   * of the same kind and name, whose verdict stands until there is another; or, with null, without
   * any effect until its first verdict. A reload by itself must not move an address. Before `start`.
   */
  join(predecessor: Tracker | null): void;
}

/** What a check that began with a new configuration says before its first verdict. */
export const notCheckedYet = 'not checked yet since the configuration changed, counts for nothing';

/**
 * The share of what passes or fails: a negative weight counts while it fails, a positive one while
 * it passes, and 0 makes failing a fault (design 4.1).
 */
export function weightEffect(weight: number, passing: boolean): TrackerEffect {
  if (weight === 0) return passing ? { type: 'none' } : { type: 'fault' };
  const counts = weight < 0 ? !passing : passing;
  return counts ? { type: 'weight', weight } : { type: 'none' };
}
