/** First and longest pause before a child is started again, ms. */
const DELAY_MIN_MS = 100;
const DELAY_MAX_MS = 5_000;
/** A child that lived this long has recovered: the next pause is the first one again, ms. */
const STABLE_MS = 30_000;

/** Crash history of one child. */
export interface RestartState {
  /** Short lives in a row. */
  readonly crashes: number;
}

/** No crash yet. */
export const NO_CRASHES: RestartState = { crashes: 0 };

/**
 * Exponential back-off, pure: given how long the child lived (ms), the next state and the pause
 * before its restart (ms).
 */
export function afterExit(
  state: RestartState,
  livedMs: number,
): { state: RestartState; delayMs: number } {
  const crashes = livedMs >= STABLE_MS ? 1 : state.crashes + 1;
  return { state: { crashes }, delayMs: Math.min(DELAY_MAX_MS, DELAY_MIN_MS * 2 ** (crashes - 1)) };
}
