/** Bounds of what limits keep. What a config may ask for is bounded in src/config/settings.ts. */

/** Ways of one set of a bucket table: eight cells of eight bytes are one cache line. */
export const WAYS = 8;

/**
 * Cells per key that the config asks for, at least: sets fill unevenly. Simulated, of as many keys as
 * the config says one in 7,000 finds no room at 1.25 cells a key, and none of millions at 2.
 */
export const CELLS_PER_KEY = 2;

/** Looks for a key in the table while others change it; then it goes uncounted. */
export const LOOKS_MAX = 64;

/**
 * Locks of a table, for keys that are put in; a power of two. Tries to get one, some 20 ns each, then
 * waits of a millisecond: its holder has lost the processor.
 */
export const LOCKS = 64;
export const LOCK_TRIES_MAX = 500;
export const LOCK_WAITS_MAX = 50;

/** The finest part of a request that a leaky bucket counts; nginx counts in thousandths, too. */
export const LEVEL_TICKS_MAX = 1000;

/** Ticks per millisecond of a leaky bucket: a tick is never shorter than a microsecond. */
export const TICKS_PER_MS_MAX = 1000;

/** A full leaky bucket, in ticks: far below the 2^31 at which past and future would be confused. */
export const FULL_TICKS_MAX = 2 ** 28;

/** A window's start is kept modulo at least so many windows, and at least so much time. */
export const WINDOWS_MIN = 16;
export const WINDOWS_SPAN_MS = 600_000;

/** How often the main thread empties idle buckets; well below the times above. */
export const SWEEP_INTERVAL_MS = 60_000;
/** Cells it looks at in one go, so that health checks are not late for it. */
export const SWEEP_CELLS = 32_768;

/** What one worker can hold of one concurrency limit at a time; beyond that it is not counted. */
export const HELD_MAX = 65_536;

/** Addresses whose hash a worker remembers; then it begins again. */
export const ADDRESSES_MAX = 4096;

/** Refused requests of one limit are logged at most so often. */
export const LIMIT_LOG_INTERVAL_MS = 10_000;

/** A request is parked by a rate limit no longer than this; config bounds burst by it. */
export const DELAY_MAX_MS = 60_000;

/** An adaptive limit looks at no less than this at a time. */
export const ADAPTIVE_WINDOW_MIN_MS = 200;
