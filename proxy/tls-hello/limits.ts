/** Bounds of looking into a TLS handshake. */

/**
 * Bytes of a ClientHello with its record headers. Post-quantum key shares make 2 KiB of one, a big
 * session ticket some more; browsers and libraries stay far below this.
 */
export const HELLO_BYTES_MAX = 16 * 1024;

/** Names of application protocols that a ClientHello may offer; more are not looked at. */
export const OFFERED_PROTOCOLS_MAX = 64;
