/** Bounds of the shared memory; both regions are allocated once and never grow. */

/** Servers of all upstreams together, those of a previous config still finishing included. */
export const SERVERS_MAX = 4096;

/** Listeners, those of a previous config still draining included. */
export const LISTENERS_MAX = 256;

/** Worker threads. */
export const WORKERS_MAX = 256;
