/** Bounds of the access log. */

/** One line, with everything in it; a longer one is left out and counted. */
export const LINE_BYTES_MAX = 64 * 1024;

/** What a line may take from the request's head, escaped; values that do not fit any more are cut. */
export const CAPTURED_BYTES_MAX = 16 * 1024;

/** Kept free in a buffer while values are put in it, for the marks of values that were cut. */
export const RESERVED_BYTES = 1024;

/** Of one value, before it is escaped; the rest becomes `...`. */
export const VALUE_BYTES_MAX = 4096;

/** Memory that a record keeps for what it took from a head, to be used again. */
export const RECORD_BYTES_KEPT = 2048;

/** Tries at servers that one line tells of. */
export const TRIES_LOGGED_MAX = 16;

/** Lines gathered before they go to the main thread in one piece. */
export const BATCH_BYTES = 64 * 1024;

/** A stopping worker waits so long for its last lines to be taken. */
export const LAST_LINES_WAIT_MS = 500;

/** A destination that fails is complained about at most so often. */
export const COMPLAIN_EVERY_MS = 60_000;

/** A file that could not be opened, or a syslog socket that is not there, is tried again after. */
export const REOPEN_AFTER_MS = 5000;

/** Longest syslog message over UDP and over a unix socket; the rest of the line is cut. */
export const SYSLOG_MESSAGE_BYTES_MAX = 8192;
