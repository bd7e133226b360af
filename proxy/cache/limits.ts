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

/** Entries whose heads, and small contents, a worker keeps parsed and ready beside the shared store. */
export const HOT_ENTRIES_MAX = 512;
export const HOT_CONTENT_BYTES_MAX = 16 * 1024;

/** Requests of one worker that wait for others' answers at a time; more go to a server themselves. */
export const WAITERS_MAX = 4096;
/** How often one request waits: for its URL, and for its variant of it. */
export const WAITS_MAX = 2;
/** The same for what is brought from disk, and how long for each. */
export const LOADS_MAX = 2;
export const LOAD_WAIT_MS = 2000;
/** A key that is being fetched is locked for at most so long; then another request may fetch it too. */
export const LOCK_HELD_MS = 60_000;

/** For so long nobody waits for the answers of a URL, after one of them could not be stored. */
export const PASS_MS = 10_000;
/** A list of variants is kept for so long; it is written anew with each of them. */
export const VARIANTS_KEPT_MS = 30 * 86_400_000;

/** What nobody waits for any more but the cache: fetches of one worker that go on without a client. */
export const ORPHANED_FETCHES_MAX = 256;

/**
 * A range of what is not stored makes the cache fetch all of it if it begins within so many bytes; else
 * it is passed on, and nothing is stored.
 */
export const RANGE_FETCH_OFFSET_MAX = 1024 * 1024;
