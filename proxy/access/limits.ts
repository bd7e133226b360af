/** Bounds of passwords that no configuration changes. */

/** A file of passwords, in bytes and names. */
export const USERS_FILE_BYTES_MAX = 1024 * 1024;
export const USERS_MAX = 10_000;

/** A password, in bytes: libcrypt's own bound. */
export const PASSWORD_BYTES_MAX = 511;

/** How often a worker looks whether the file has changed. */
export const USERS_LOOK_MS = 2000;

/**
 * Hashes that a worker has computed at a time, on threads that all workers of the process share; requests
 * that wait for that; and how many of those may be one client's.
 */
export const PASSWORD_CHECKS_AT_ONCE = 2;
export const PASSWORD_CHECKS_WAITING = 64;
export const PASSWORD_CHECKS_OF_ONE_CLIENT = 4;

/** Good verdicts that a worker remembers, and for how long. */
export const VERDICTS_MAX = 1024;
export const VERDICT_TTL_MS = 300_000;

/** What an authorization service is asked, in bytes and fields, and what is kept of its answer. */
export const AUTH_HEAD_BYTES_MAX = 48 * 1024;
export const AUTH_HEADER_COUNT_MAX = 256;
export const AUTH_ANSWER_BYTES_MAX = 64 * 1024;
