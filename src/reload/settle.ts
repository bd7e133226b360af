import type { DeskReport, Unanswered } from './reload-half.ts';

/** What is prepared here, and waits for a word. */
export interface Waiting {
  readonly token: string;
  /** Of the file that was read. */
  readonly digest: string;
  /** Of the file that this half runs with. */
  readonly running: string;
}

/**
 * What the half that applies last does when nobody says whether the other one has: as the other does. Pure.
 * One that has ended comes back with the file, or not at all; that is waited for.
 */
export function settle(
  waiting: Waiting,
  other: DeskReport | Unanswered,
): 'apply' | 'abandon' | 'wait' {
  if ('type' in other) return 'wait';
  if (other.applied === waiting.token) return 'apply';
  if (other.token === waiting.token) return 'wait';
  // A successor of the one that was asked has read the file at its start.
  if (other.running === waiting.digest && waiting.digest !== waiting.running) return 'apply';
  return 'abandon';
}
