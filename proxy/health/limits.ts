/** Bounds of active health checks. */

/** Checks under way at once, all upstreams together; the others wait their turn. */
export const CHECKS_CONCURRENT_MAX = 256;

/** Commands of checks under way at once; each is a process. */
export const COMMANDS_CONCURRENT_MAX = 16;

/** What a command's first line says in our log, characters. */
export const COMMAND_ERROR_CHARS_MAX = 200;

/** Checks start at their interval, give or take this share of it, so that they do not march in step. */
export const INTERVAL_JITTER = 0.1;

/** Response head of a check, interim responses included. */
export const CHECK_HEAD_BYTES_MAX = 16 * 1024;

/** What is looked at of an answer over plain TCP or TLS. */
export const CHECK_ANSWER_BYTES_MAX = 16 * 1024;

/**
 * What is looked at of a body, and what is read of one that nobody looks at, so that the origin sees
 * a close and not a reset; closed beyond.
 */
export const CHECK_BODY_BYTES_MAX = 64 * 1024;

/** A timeout that fires later than this says that we stalled, and nothing about the server. */
export const TIMER_LATENESS_MAX_MS = 100;

/** How often the main thread looks at the breakers: an ejection ends at most so much late. */
export const EJECTION_WATCH_MS = 100;

/** Log lines about ejections in a while; more are counted. */
export const EJECTION_LINES_MAX = 50;
export const EJECTION_LINES_WINDOW_MS = 10_000;
