/** Bounds of the PROXY protocol. */

/** Longest header of version 1, CR LF included: the specification's own bound. */
export const V1_BYTES_MAX = 107;

/**
 * Longest header of version 2, its type-length-values included. The format allows 64 KiB; what is
 * really sent (ids of cloud networks, names out of certificates) has some hundred bytes.
 */
export const V2_BYTES_MAX = 16 * 1024;
