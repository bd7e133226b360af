/** Bounds of the shared memory; both regions are allocated once and never grow. */

/** Servers of all upstreams together, those of a previous config still finishing included. */
export const SERVERS_MAX = 4096;

/** Listeners, those of a previous config still draining included. */
export const LISTENERS_MAX = 256;

/** Upstreams, those of a previous config that still finish work included. */
export const UPSTREAMS_MAX = 2048;

/** Routes that count for themselves; those beyond share the last row. */
export const ROUTES_MAX = 4096;

/** Worker threads. */
export const WORKERS_MAX = 256;
