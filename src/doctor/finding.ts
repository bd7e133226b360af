/** What a check of `tandem doctor` finds out about a host. */

/**
 * `ok`: as it should be. `warn`: it works, and less well or not for ever. `bad`: something that the config
 * asks for cannot work. `unknown`: it could not be looked at.
 */
export type Verdict = 'ok' | 'warn' | 'bad' | 'unknown';

/** One judgement, for an operator. */
export interface Finding {
  readonly verdict: Verdict;
  /** What it is about: `/var/log/tandem`, `0.0.0.0:80 (listener http)`. */
  readonly what: string;
  /** What was found, and what follows from it. */
  readonly reason: string;
  /** What to do about it; null where nothing is to be done. */
  readonly remedy: string | null;
}

/** All is well with it. */
export function ok(what: string, reason: string): Finding {
  return { verdict: 'ok', what, reason, remedy: null };
}

/** It works, and less well or not for ever. */
export function warn(what: string, reason: string, remedy: string): Finding {
  return { verdict: 'warn', what, reason, remedy };
}

/** Something the config asks for cannot work. */
export function bad(what: string, reason: string, remedy: string): Finding {
  return { verdict: 'bad', what, reason, remedy };
}

/** It could not be looked at. */
export function unknown(what: string, reason: string, remedy: string): Finding {
  return { verdict: 'unknown', what, reason, remedy };
}

/** Usual remedy of who may not look. */
export const AS_ROOT = 'run it again with sudo';
