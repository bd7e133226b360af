/**
 * The virtual router as a pure function: no clock, no socket, no log. RFC 9568 section 6.4, with
 * the departures of design 4.2, each marked where it is taken and each off with `strictRfc`.
 *
 *                  startup, owner
 *          +---------------------------------+
 *          |                                 v
 *     Initialize --startup--> Backup --timer--> Active
 *          ^                    |  ^              |  |
 *          +------shutdown------+  +--outranked---+  |
 *          +------------------shutdown---------------+
 *
 * Every pair of state and event is defined. What means nothing in a state changes nothing: a packet
 * may still be queued when its router has left the election.
 */
import type { RouterAction } from './action.ts';
import { stepActive } from './active.ts';
import { stepBackup } from './backup.ts';
import type { RouterEvent } from './event.ts';
import { stepInitialize } from './initialize.ts';
import type { RouterState } from './state.ts';

/** The state after an event and what has to be done, in this order. */
export interface Step {
  readonly state: RouterState;
  readonly actions: readonly RouterAction[];
}

/** One transition of the state machine. `now` is monotonic, in microseconds. */
export function step(state: RouterState, event: RouterEvent, now: number): Step {
  switch (state.name) {
    case 'Initialize':
      return stepInitialize(state, event, now);
    case 'Backup':
      return stepBackup(state, event, now);
    case 'Active':
      return stepActive(state, event, now);
  }
}
