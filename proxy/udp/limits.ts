/** Bounds of UDP sessions. */

/**
 * A draining worker ends sessions that were silent for so long: nothing else says that a UDP session
 * is over.
 */
export const DRAIN_SILENCE_MS = 1000;

/** A session keeps its first datagram for another server when it is no longer than this: one packet. */
export const REPLAY_BYTES_MAX = 1500;
