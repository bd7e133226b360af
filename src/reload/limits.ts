/** Bounds of a reload; times in ms. */

/** A reload that is prepared, and neither applied nor abandoned, is abandoned by itself after so long. */
export const RELOAD_PREPARED_MAX_MS = 30_000;

/** Longest wait for a half to prepare one: the file, sockets, workers (the balancer gives itself 15 s). */
export const PREPARE_WAIT_MS = 25_000;

/** Longest wait for a half to apply one. */
export const APPLY_WAIT_MS = 25_000;

/** Longest wait for a half to say that it has abandoned one, or what it has applied. */
export const ANSWER_WAIT_MS = 3_000;

/**
 * The agent, which applies last, abandons later than the balancer by this much: when it looks what the
 * balancer has done, the balancer cannot apply any more.
 */
export const FOLLOWER_MARGIN_MS = PREPARE_WAIT_MS + APPLY_WAIT_MS + 5_000;

/** How often, and for how long, the agent looks what the balancer has done when nobody tells it. */
export const SETTLE_LOOK_MS = 1_000;
export const SETTLE_MAX_MS = 30_000;

/** Who waits for a reload that is under way (`--wait`, SIGHUP, a rollback) looks so often, for so long. */
export const BUSY_LOOK_MS = 250;
export const BUSY_WAIT_MAX_MS = 60_000;

/** The thread that reads config files ends when it was not asked for so long. */
export const READER_IDLE_MS = 15_000;

/** Applied configs that are kept. */
export const HISTORY_MAX = 10;
