/** Bounds of caching that no configuration changes. */

/** Directives of one field, ranges and tags of one list, that are looked at; more is no valid list. */
export const DIRECTIVES_MAX = 128;
/** Members of If-None-Match that are compared. */
export const ENTITY_TAGS_MAX = 64;

/** RFC 9111 1.2.2: what is larger counts as this. */
export const DELTA_SECONDS_MAX = 2 ** 31;

/** Names in Vary; a response with more is not stored. */
export const VARY_NAMES_MAX = 16;
/** Bytes of a key, variant included; a request with a longer one passes the cache by. */
export const KEY_BYTES_MAX = 8192;

/** Share of the time since Last-Modified that a response is fresh where nothing is said. */
export const HEURISTIC_FRACTION = 0.1;

/**
 * How long a stored response that is of no use any more but for its validator is kept, past its
 * freshness: the server may then say that it is still the same.
 */
export const VALIDATOR_KEPT_MS = 24 * 3_600_000;

/** A stored head is at most so large; a response with a larger one is not stored. */
export const STORED_HEAD_BYTES_MAX = 16 * 1024;
