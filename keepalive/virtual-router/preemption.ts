/** Whether a better Backup takes the addresses from a sound Active router, and when. */
import type { HeardAdvertisement } from './event.ts';
import { preemptHold, preemptsCounted } from './hold-down.ts';
import { faultPriority } from './priority.ts';
import type { BackupState, RouterState } from './state.ts';
import type { Step } from './step.ts';

/** Since when every advertisement was of a lower priority, with this one; null: it is not. */
export function better(
  { standing, betterSince }: BackupState,
  heard: HeardAdvertisement,
  now: number,
): number | null {
  return heard.priority > 0 && heard.priority < standing.priority ? (betterSince ?? now) : null;
}

/**
 * How long a better Backup has to have been better before it takes the address from a sound Active
 * router. Departure: the RFC knows no such wait.
 */
export function preemptWait(state: RouterState, now: number): number {
  const { parameters, preempts, standing } = state;
  if (parameters.strictRfc || parameters.owner) return 0;
  const usual = Math.max(parameters.preemptDelayMicros, preemptHold(preempts, now));
  const since = state.name === 'Backup' ? (state.betterSince ?? now) : now;
  return Math.max(usual, (standing.preemptNotBefore ?? since) - since);
}

/** The better router, and not yet for long enough. */
export function waits(state: BackupState, now: number): boolean {
  const { betterSince, heard } = state;
  if (betterSince === null || heard === null || heard.priority <= faultPriority) return false;
  return now - betterSince < preemptWait(state, now);
}

/** The operator is told once that the better router waits, and again when a reload makes it wait longer. */
export function holdShown(before: BackupState, state: BackupState, now: number): Step {
  const delayed = before.parameters.preemptDelayMicros < state.parameters.preemptDelayMicros;
  const told = mayPreempt(before) && waits(before, now) && !delayed;
  if (told || !mayPreempt(state) || !waits(state, now)) return { state, actions: [] };
  const waitMicros = preemptWait(state, now);
  const preempts = preemptsCounted(state.preempts, now);
  return { state, actions: [{ type: 'preempt-held', waitMicros, preempts }] };
}

/** RFC 9568 section 6.1: the owner preempts whatever Preempt_Mode, and an operator, says. */
export function mayPreempt({ parameters, onHold, yielded }: BackupState): boolean {
  return parameters.owner || (parameters.preempt && !onHold && !yielded);
}

/**
 * Design 4.2 rule 1. A faulted Active router (2 or less) gives way even where `preempt` is off: the
 * operator who turned preemption off wanted no needless move, not a dead balancer.
 */
export function yieldsToUs(state: BackupState): boolean {
  const { heard, standing, parameters } = state;
  if (parameters.strictRfc || heard === null || heard.priority === 0) return false;
  if (heard.priority >= standing.priority) return false;
  return heard.priority <= faultPriority || mayPreempt(state);
}
