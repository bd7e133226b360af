/** Bounds of what is done with the clients of an address that drains. */

/**
 * The last part of a drain, ms, in which clients are asked to leave as their protocols allow; of a
 * shorter drain than twice this it is the second half.
 */
export const POLITE_MS = 30_000;

/**
 * The end of that part, ms, in which idle connections end, too: a request on its way to one that closes
 * is lost to a client that does not try again. Of a short polite part it is the last quarter.
 */
export const LEAVING_MS = 2000;
export const LEAVING_SHARE = 0.25;

/**
 * Connections that must connect again once they are told (HTTP/2, WebSocket) are told one after the other
 * over this share of the polite part: all at once they would come to the other host at once.
 */
export const SPREAD_SHARE = 0.5;

/** A TCP session on which nothing has moved for so long is half-closed before it is reset, ms. */
export const QUIET_MS = 500;

/** Connections of draining addresses are counted, and told of, at most this often, ms. */
export const CENSUS_INTERVAL_MS = 250;
/** Who was without a request for so long, ms, has none on its way. */
export const RESTED_MS = 200;
/** So many are looked at in one turn of a worker: at the first time each costs a system call. */
export const VISITS_PER_TURN_MAX = 256;
/** Counting takes no more than this share of a worker's time. */
export const CENSUS_SHARE_MAX = 0.05;
/** What is told is told again after so long, ms, for the ages in it. */
export const CENSUS_REPEAT_MS = 1000;

/**
 * What is left is cut so long before the agent's own deadline, ms, or this share of a short drain: then
 * nothing leaves this host from the address any more, and resets should be through.
 */
export const CUT_AHEAD_MS = 250;
export const CUT_AHEAD_SHARE = 0.1;

/**
 * An order whose deadline is over by so much is forgotten, ms: whoever gave it should have taken it back,
 * and is dead.
 */
export const OVERDUE_MS = 10_000;
