/**
 * Rise and fall of what is checked again and again (a health script, a gateway) as a pure counter: a
 * verdict changes only after so many results in a row that contradict it.
 */

/** A verdict and the run of results against it. */
export interface CheckHealth {
  /** Unknown until the first result. */
  readonly verdict: 'unknown' | 'passing' | 'failing';
  /** Results in a row that contradict the verdict. */
  readonly against: number;
}

/** Before the first result. */
export const unknownHealth: CheckHealth = { verdict: 'unknown', against: 0 };

/**
 * Counts one result. The first one decides alone: until then the check counts as failing, and a
 * sound node should not stay out for `rise` intervals after every start.
 */
export function countResult(
  health: CheckHealth,
  passed: boolean,
  thresholds: { readonly rise: number; readonly fall: number },
): CheckHealth {
  const verdict = passed ? 'passing' : 'failing';
  if (health.verdict === 'unknown' || health.verdict === verdict) return { verdict, against: 0 };
  const against = health.against + 1;
  const needed = passed ? thresholds.rise : thresholds.fall;
  return against >= needed ? { verdict, against: 0 } : { verdict: health.verdict, against };
}
