/** Every bound of the connection between the agents. Times are integer microseconds. */

/** Largest message, bytes of JSON. */
export const frameBytesMax = 262_144;

/** What may wait for a peer that does not read; beyond it the connection is given up. */
export const sendQueueBytesMax = 1_048_576;

/** Each side says so often that it is there. */
export const heartbeatMicros = 500_000;

/** A connection that was silent for so long is given up: four heartbeats. */
export const silenceMicros = 2_000_000;

/** From the TCP connection, or the attempt at one, to the peer's greeting. */
export const greetingMicros = 3_000_000;

/** Waits before another attempt; the last one repeats. A connection that lasted starts anew. */
export const dialWaitMicros = [200_000, 500_000, 1_000_000, 2_000_000, 5_000_000] as const;

/** A connection that lasted so long was no failure. */
export const lastedMicros = 10_000_000;

/** An address that cannot be listened on is tried again this often. */
export const listenRetryMicros = 2_000_000;

/** Connections of one path that have not been greeted yet. */
export const greetingsPendingMax = 2;

/** Handshakes that one path takes on in a second: each costs half a millisecond. */
export const acceptsPerSecondMax = 10;

/** Connections the kernel keeps until they are accepted. */
export const listenBacklog = 8;

/** Questions that wait for an answer. */
export const questionsPendingMax = 256;

/** Reasons of one router that are told to the peer, and characters of each text. */
export const reasonsMax = 32;
export const textCharsMax = 256;

/** Virtual routers in a report. */
export const reportRoutersMax = 510;

/** Wall clocks further apart than this are worth a word. */
export const clockApartMs = 2_000;

/** Addresses of one virtual router. */
export const resolvedMax = 256;
