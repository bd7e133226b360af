/**
 * The circuit breaker of one server, fed by what happens to requests:
 *
 *            too many failures              its time is over
 *   closed ─────────────────────► open ─────────────────────► half open
 *     ▲                            ▲                              │
 *     │        enough trials pass  │           a trial fails      │
 *     └────────────────────────────┼──────────────────────────────┤
 *                                  └──────────────────────────────┘
 *
 * Open is what others call ejected, down or disabled: no work, unless nobody else is left. Half open:
 * a few trial requests. Passive checks as nginx has them and outlier ejection are this one machine
 * under different rules.
 */
import type { EjectionConfig } from '../../src/config/health-config.ts';

export type BreakerPhase = 'closed' | 'open' | 'half_open';

/** All that is known of one server. Each number fits its bits of the packed form. */
export interface BreakerState {
  readonly phase: BreakerPhase;
  /** Failures that count, 0 to FAILURES_MAX. */
  readonly failures: number;
  /** A request was given to the server more than a window after its last failure. */
  readonly quiet: boolean;
  /** Half open: trials begun. */
  readonly trials: number;
  /** Half open: trials passed. */
  readonly passes: number;
  /** How often it was opened lately, up to EJECTIONS_MAX; makes the next time longer. */
  readonly ejections: number;
}

export type BreakerEvent =
  /** A request failed by the server's fault, and that may open the breaker. */
  | 'failed'
  /** The same, but too many servers of the upstream are out already. */
  | 'failed_spared'
  | 'succeeded'
  /** A request is given to the server, more than a window after its last failure. */
  | 'picked_late'
  /** A trial is asked for. Granted when the state changes. */
  | 'trial'
  /** A trial ended without a result: its client went away. */
  | 'trial_lost'
  /** The time of an open breaker is over. */
  | 'rested'
  /** Trials have not come to an end: others may begin. */
  | 'renewed'
  /** Too large a share of the requests failed. */
  | 'outlying'
  /** It had to be closed again, because too many were opened at once. */
  | 'spared'
  /** Some time has passed in peace. */
  | 'forgiven'
  /** Something better is known: a check says that the server is up again. */
  | 'restored';

/** The part of the rules that the machine needs. */
export type BreakerRule = Pick<EjectionConfig, 'failuresMax' | 'windowMs' | 'trials'>;

export const FAILURES_MAX = 1000;
export const TRIALS_MAX = 20;
export const EJECTIONS_MAX = 63;

export const CLOSED: BreakerState = {
  phase: 'closed',
  failures: 0,
  quiet: false,
  trials: 0,
  passes: 0,
  ejections: 0,
};

/**
 * The state after an event; the same object when nothing changes. Pure.
 *
 * Failures are counted as nginx does: a success clears the count only when it comes after a request
 * that was given to the server more than a window after the last failure. Without a window every
 * success clears it, so that failures have to come in a row.
 */
export function stepBreaker(
  state: BreakerState,
  event: BreakerEvent,
  rule: BreakerRule,
): BreakerState {
  switch (event) {
    case 'failed':
    case 'failed_spared':
      return afterFailure(state, event === 'failed', rule);
    case 'succeeded':
      return afterSuccess(state, rule);
    case 'picked_late':
      if (state.phase !== 'closed' || state.failures === 0 || state.quiet) return state;
      return { ...state, quiet: true };
    case 'trial':
      if (state.phase !== 'half_open' || state.trials >= rule.trials) return state;
      return { ...state, trials: state.trials + 1 };
    case 'trial_lost':
      if (state.phase !== 'half_open' || state.trials <= state.passes) return state;
      return { ...state, trials: state.trials - 1 };
    case 'rested':
      if (state.phase !== 'open') return state;
      return { ...state, phase: 'half_open', trials: 0, passes: 0 };
    case 'renewed':
      if (state.phase !== 'half_open' || state.trials <= state.passes) return state;
      return { ...state, trials: state.passes };
    case 'outlying':
      return state.phase === 'closed' ? opened(state) : state;
    case 'spared':
      return state.phase === 'open' ? { ...CLOSED, ejections: state.ejections - 1 } : state;
    case 'forgiven':
      if (state.phase !== 'closed' || state.ejections === 0) return state;
      return { ...state, ejections: state.ejections - 1 };
    case 'restored':
      return isClosed(state) ? state : CLOSED;
  }
}

function afterFailure(state: BreakerState, mayOpen: boolean, rule: BreakerRule): BreakerState {
  if (state.phase === 'open') return state;
  if (state.phase === 'half_open') return opened(state);
  const failures = Math.min(state.failures + 1, FAILURES_MAX);
  const counted = { ...state, failures, quiet: false };
  const tooMany = rule.failuresMax > 0 && failures >= rule.failuresMax;
  return tooMany && mayOpen ? opened(counted) : counted;
}

function afterSuccess(state: BreakerState, rule: BreakerRule): BreakerState {
  if (state.phase === 'closed') {
    const clears = state.failures > 0 && (rule.windowMs === 0 || state.quiet);
    return clears ? { ...state, failures: 0, quiet: false } : state;
  }
  if (state.phase === 'open') return state;
  const passes = state.passes + 1;
  if (passes >= rule.trials) return { ...CLOSED, ejections: state.ejections };
  return { ...state, passes, trials: Math.max(state.trials, passes) };
}

function opened(state: BreakerState): BreakerState {
  const ejections = Math.min(state.ejections + 1, EJECTIONS_MAX);
  return { ...state, phase: 'open', quiet: false, trials: 0, passes: 0, ejections };
}

function isClosed(state: BreakerState): boolean {
  return state.phase === 'closed' && state.failures === 0 && state.ejections === 0;
}

const PHASES: readonly BreakerPhase[] = ['closed', 'open', 'half_open'];

/**
 * The state as one 32-bit number, which one atomic instruction can exchange. The idle state is 0:
 *
 *   bits 0-1 phase | 2-11 failures | 12 quiet | 13-17 trials | 18-22 passes | 23-28 ejections
 */
export function packBreaker(state: BreakerState): number {
  return (
    PHASES.indexOf(state.phase) |
    (state.failures << 2) |
    ((state.quiet ? 1 : 0) << 12) |
    (state.trials << 13) |
    (state.passes << 18) |
    (state.ejections << 23)
  );
}

/** What `packBreaker` packed. */
export function unpackBreaker(word: number): BreakerState {
  return {
    phase: PHASES[word & 3]!,
    failures: (word >> 2) & 1023,
    quiet: ((word >> 12) & 1) === 1,
    trials: (word >> 13) & 31,
    passes: (word >> 18) & 31,
    ejections: (word >> 23) & 63,
  };
}

/** The phase alone, without taking the rest apart. */
export function phaseOf(word: number): BreakerPhase {
  return PHASES[word & 3]!;
}

/** Closed, and no failure noted: what a success leaves as it is. */
export function isQuiet(word: number): boolean {
  return (word & 0x1fff) === 0;
}

/** How long an open breaker stays open, ms, counted from the last failure. */
export function openMs(
  ejections: number,
  { baseMs, maxMs }: Pick<EjectionConfig, 'baseMs' | 'maxMs'>,
): number {
  return Math.min(baseMs * Math.max(1, ejections), maxMs);
}

/**
 * How many servers of an upstream may be out at a time: the share, but at least one, and never all.
 */
export function ejectedMax(servers: number, { ejectedPercentMax }: EjectionConfig): number {
  const share = Math.floor((servers * ejectedPercentMax) / 100);
  return Math.min(Math.max(1, share), servers - 1);
}
