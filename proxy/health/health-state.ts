import type { VerdictName } from '../shared/layout.ts';

/** How many results in a row change a verdict; both at least 1. */
export interface HealthRule {
  readonly rise: number;
  readonly fall: number;
}

/** What is known about the health of one server. */
export interface HealthState {
  readonly verdict: VerdictName;
  /** When the verdict became what it is; the unit is the caller's. */
  readonly since: number;
  /** Passed checks in a row; 0 after a failed one. */
  readonly successes: number;
  /** Failed checks in a row; 0 after a passed one. */
  readonly failures: number;
}

/** A server nobody has checked yet; `initial` is what it counts as. */
export function uncheckedHealth(now: number, initial: VerdictName = 'unknown'): HealthState {
  return { verdict: initial, since: now, successes: 0, failures: 0 };
}

/**
 * The state after one more result. From unknown the first result decides at once; from then on a server that is
 * up goes down after `fall` failures in a row, and one that is down comes up after `rise` successes.
 */
export function stepHealth(
  state: HealthState,
  passed: boolean,
  rule: HealthRule,
  now: number,
): HealthState {
  const successes = passed ? state.successes + 1 : 0;
  const failures = passed ? 0 : state.failures + 1;
  const verdict = nextVerdict(state.verdict, successes, failures, rule);
  const since = verdict === state.verdict ? state.since : now;
  return { verdict, since, successes, failures };
}

function nextVerdict(
  verdict: VerdictName,
  successes: number,
  failures: number,
  rule: HealthRule,
): VerdictName {
  switch (verdict) {
    case 'unknown':
      return successes > 0 ? 'up' : 'down';
    case 'up':
      return failures >= rule.fall ? 'down' : 'up';
    case 'down':
      return successes >= rule.rise ? 'up' : 'down';
  }
}
