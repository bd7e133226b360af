/**
 * Do the workers serve? One that dies is replaced in a moment, and that is no reason to move an
 * address. A balancer whose workers all die, again and again, serves nobody for most of the time, even
 * though one runs now and then for as long as it takes to die. Pure; milliseconds.
 */
import { SERVING_AGAIN_MS, SERVING_LOST_MS } from './limits.ts';

export interface ServingState {
  readonly serving: boolean;
  /** A worker runs. */
  readonly running: boolean;
  /** Since when that is so, or not. */
  readonly since: number;
}

/** Before the first worker ran: whether it is ready says enough. */
export function servingFrom(now: number): ServingState {
  return { serving: true, running: true, since: now };
}

/** When the verdict changes if `running` stays as it is; null: it does not. */
export function servingDeadline({ serving, running, since }: ServingState): number | null {
  if (serving === running) return null;
  return since + (running ? SERVING_AGAIN_MS : SERVING_LOST_MS);
}

/** As it is now that a worker runs, or none does. */
export function stepServing(state: ServingState, running: boolean, now: number): ServingState {
  const deadline = servingDeadline(state);
  const serving = deadline !== null && now >= deadline ? state.running : state.serving;
  if (running === state.running) return { ...state, serving };
  return { serving, running, since: now };
}
