import {
  WORKER_RESTART_DELAY_MAX_MS,
  WORKER_RESTART_DELAY_MIN_MS,
  WORKER_STABLE_MS,
} from './limits.ts';

/** How often a worker slot has lost its worker lately. */
export interface RestartState {
  /** Deaths in a row, each soon after the start. */
  readonly deaths: number;
}

/** The state of a slot that has lost none. */
export const NEVER_DIED: RestartState = { deaths: 0 };

/** After a death: the new state, and how long to wait before the successor starts. Pure. */
export function afterDeath(
  state: RestartState,
  livedMs: number,
): { readonly state: RestartState; readonly delayMs: number } {
  const deaths = livedMs >= WORKER_STABLE_MS ? 1 : state.deaths + 1;
  const delayMs = WORKER_RESTART_DELAY_MIN_MS * 2 ** (deaths - 1);
  return { state: { deaths }, delayMs: Math.min(WORKER_RESTART_DELAY_MAX_MS, delayMs) };
}
