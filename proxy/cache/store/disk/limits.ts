/** Bounds of a cache's disk tier. */

/** Key, tags, numbers and head of a file; as many as fit memory. */
export const FILE_HEAD_BYTES_MAX = 160 * 1024;

/** Files written, and read, at one time: node:fs has four threads for everybody. */
export const WRITES_MAX = 2;
export const READS_MAX = 4;
/** Of those that wait, so many at most; others are not kept, or not brought. */
export const WAITING_MAX = 2048;

/** Bytes of one read or write. */
export const IO_BYTES = 256 * 1024;

/** Files looked at when starting, before a pause; together some 4,000 a second. */
export const INDEX_BATCH_FILES = 100;
export const INDEX_PAUSE_MS = 25;

/** Nothing is written for so long after a disk was full or failed. */
export const SUSPENSION_MS = 60_000;

/** Who waits for a file waits no longer: then it is fetched from a server. */
export const BRING_MS_MAX = 2000;

/** So many bytes per file are expected; a tier has room in its index for as many files. */
export const FILE_BYTES_EXPECTED = 8 * 1024;
export const FILES_MIN = 4096;
export const FILES_MAX = 1024 * 1024;

/** Places per set of the table of what is on disk; twice as many places as files. */
export const PRESENCE_WAYS = 16;

/** Files looked at by a purge before others get their turn. */
export const PURGE_SLICE_FILES = 1000;
