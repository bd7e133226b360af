/** Bounds of buffering that no configuration changes. */

/** Bytes of one body that wait to be written to its file; beyond, its sender is stopped. */
export const UNWRITTEN_BYTES_MAX = 1024 * 1024;

/** Bytes that are read back from a file at a time. */
export const READ_BACK_BYTES = 64 * 1024;
