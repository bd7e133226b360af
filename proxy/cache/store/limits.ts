/** Bounds of the store behind a cache. What a config may ask for is bounded in src/config/settings.ts. */

/**
 * Content and heads lie in pieces of this size. An object takes one for its key, numbers and head, and
 * as many as its content needs: half of one is lost per object, in the mean.
 */
export const CHUNK_BYTES = 1024;

/** Pieces per place for an entry: room for as many objects as there would be of 2 KiB of content. */
export const CHUNKS_PER_SLOT = 3;

/** Pieces seen through one Buffer, 1 GiB, so that positions in it are small integers; a power of two. */
export const WINDOW_CHUNKS = 2 ** 20;

/** Below this a store is refused: nothing sensible fits. */
export const STORE_BYTES_MIN = 1024 ** 2;

/** An object may take at most this share of the store, or one download would empty it. */
export const OBJECT_SHARE_MAX = 1 / 4;

/** Key, tags and head of an entry together. */
export const HEAD_BYTES_MAX = 128 * 1024;

/** Pieces a writer takes at a time once its content is larger: fewer turns of the lock. */
export const WRITER_CHUNKS_STEP = 64;

/**
 * Tries to get the lock, some 20 ns each, then waits of a millisecond: its holder has lost the processor.
 * Who does not get it does without: nothing is stored, or is found.
 */
export const LOCK_TRIES_MAX = 500;
export const LOCK_WAITS_MAX = 20;

/** The share of the store for objects not yet asked for twice (S3-FIFO's small queue). */
export const SMALL_SHARE = 0.1;
/** Uses while in the small queue after which an object moves to the main one. */
export const PROMOTE_USES = 1;
/** A use more is not counted: an object survives so many turns of the main queue without one. */
export const USES_MAX = 3;
/** Places per set of the table of keys that were given up lately. */
export const GHOST_WAYS = 4;

/** Entries looked at for one allocation; pinned ones give no room. */
export const EVICTIONS_MAX = 4096;
/** Of those, so many get another turn for having been used; then any may go. */
export const FAIR_LOOKS_MAX = 512;

/** Entries that are gone, and were still read, looked at again for one allocation. */
export const REAPED_MAX = 32;

/** Keys that can be fetched at one time, of one store: sets of so many. */
export const FLIGHT_WAYS = 8;
export const FLIGHT_SETS_MAX = 512;

/** Cells of stamps and of counted uses: between these, powers of two, one per KiB of the store. */
export const HASHED_CELLS_MIN = 256;
export const HASHED_CELLS_MAX = 65_536;

/** Uses of a key that `countUse` tells apart. */
export const COUNTED_USES_MAX = 255;
/** Uses are halved whenever so many per cell were counted, so "lately" means while about so many keys were seen. */
export const USES_AGE_PER_CELL = 8;

/** Entries a purge or a sweep looks at before others get their turn. */
export const SLICE_SLOTS = 512;

/** How often the main thread gives up what has become useless, and how much it looks at then. */
export const SWEEP_INTERVAL_MS = 1000;
export const SWEEP_SLOTS = 8192;

/** Links followed for one key, and one content: more can only be a damaged or a changing chain. */
export const CHAIN_MAX = 256;

/** Content handed on in one piece. */
export const CONTENT_PIECE_BYTES = 64 * 1024;
/** Content handed to somebody before others get their turn. */
export const CONTENT_TURN_BYTES = 256 * 1024;

/** Requests to the disk that wait for the main thread; a power of two. */
export const RING_SIZE = 1024;

/** An entry that is filled keeps others from locking its key for so long, if nobody has locked it. */
export const FILLING_MS_MAX = 60_000;
