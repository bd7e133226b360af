/** Bounds of rewriting and of answers of our own that no configuration changes. */

/** What one template may become, in bytes: a value that would be longer is not used. */
export const TEMPLATE_VALUE_BYTES_MAX = 8192;

/** All lines that are added to one head, in bytes: a request that needs more is refused. */
export const ADDED_LINES_BYTES_MAX = 12 * 1024;

/** How often a worker looks for the file that switches maintenance on. */
export const SWITCH_LOOK_MS = 250;
