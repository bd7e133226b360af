/** Bounds of compression that no configuration changes. */

/**
 * Answers being compressed at a time, of one worker; others go out as they are. Each takes up to some
 * hundred kilobytes outside the heap.
 */
export const COMPRESSIONS_MAX = 512;

/** Content that waits for its compressor; beyond, the server is stopped. */
export const COMPRESSOR_BACKLOG_BYTES_MAX = 256 * 1024;

/** What a server has sent of an answer without length goes out compressed after so much silence. */
export const FLUSH_AFTER_MS = 10;

/** Windows, as powers of two: what a stream remembers, and what that costs in memory. */
export const BROTLI_WINDOW_BITS = 18;
export const ZSTD_WINDOW_LOG = 18;

/** Pieces that a compressor gives. */
export const COMPRESSED_CHUNK_BYTES = 32 * 1024;
