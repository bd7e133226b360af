/**
 * Rise and fall of a health script as a pure counter: a verdict changes only after so many results
 * in a row that contradict it.
 */

/** A script's verdict and the run of results against it. */
export interface ScriptHealth {
  /** Unknown until the first result. */
  readonly verdict: 'unknown' | 'passing' | 'failing';
  /** Results in a row that contradict the verdict. */
  readonly against: number;
}

/** Before the first result. */
export const unknownHealth: ScriptHealth = { verdict: 'unknown', against: 0 };

/**
 * Counts one result. The first one decides alone: until then the script counts as failing, and a
 * sound node should not stay out for `rise` intervals after every start.
 */
export function countResult(
  health: ScriptHealth,
  passed: boolean,
  thresholds: { readonly rise: number; readonly fall: number },
): ScriptHealth {
  const verdict = passed ? 'passing' : 'failing';
  if (health.verdict === 'unknown' || health.verdict === verdict) return { verdict, against: 0 };
  const against = health.against + 1;
  const needed = passed ? thresholds.rise : thresholds.fall;
  return against >= needed ? { verdict, against: 0 } : { verdict: health.verdict, against };
}
