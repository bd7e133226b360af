/** Bounds of name resolution. What an operator may set is in src/config/settings.ts. */

/** Addresses taken of one name, or of all targets of one SRV name together; the rest is left out. */
export const ADDRESSES_PER_NAME_MAX = 64;

/** Targets of one SRV name whose addresses are asked for, by priority and weight. */
export const SRV_TARGETS_MAX = 32;

/** Names looked up at once, all upstreams together; the others wait their turn. */
export const LOOKUPS_CONCURRENT_MAX = 16;

/** How often all name servers are asked the same question before the answer is "none came". */
export const LOOKUP_ROUNDS = 2;

/** Name servers and search domains of /etc/resolv.conf that are used, as the C library has them. */
export const SYSTEM_SERVERS_MAX = 3;
export const SYSTEM_SEARCH_MAX = 6;

/** Pause after a look-up that failed, doubled with each further one. */
export const RETRY_DELAY_MIN_MS = 1000;
export const RETRY_DELAY_MAX_MS = 30_000;

/** The hosts file has no TTL: an edited line is seen after so long. */
export const HOSTS_TTL_MS = 5000;

/** What is read of /etc/hosts and /etc/resolv.conf. */
export const HOSTS_BYTES_MAX = 8 * 1024 * 1024;
export const RESOLV_CONF_BYTES_MAX = 64 * 1024;

/** Readiness waits so long for the first look-ups; a dead name server must not keep a host out. */
export const FIRST_ROUND_MAX_MS = 5000;

/** Changes of several names within so long go to the workers as one. */
export const COALESCE_MS = 20;

/** A name that goes on failing is logged at most so often; how it fails, and when it is over, at once. */
export const FAILURE_LOG_INTERVAL_MS = 60_000;

/** Changes of one name that are logged within so long; of the others their number is. */
export const CHANGES_LOGGED_MAX = 20;
export const CHANGES_LOG_INTERVAL_MS = 600_000;
