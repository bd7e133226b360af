/** Bounds of copies that no configuration changes. */

/** Bytes of an answer to a copy that are read; beyond, its connection is closed. */
export const COPY_ANSWER_BYTES_MAX = 16 * 1024 * 1024;

/** A copy takes no longer, whatever its upstream allows. */
export const COPY_MS_MAX = 60_000;
