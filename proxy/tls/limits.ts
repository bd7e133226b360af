/** Bounds of TLS. */

/** Bytes a peer may send before its handshake is through: a chain of certificates with all else. */
export const HANDSHAKE_BYTES_MAX = 96 * 1024;

/** Bytes of the chain of certificates that a peer may show. */
export const PEER_CHAIN_BYTES_MAX = 48 * 1024;

/**
 * What may wait for a peer that makes us answer (a change of keys is one) and takes no answers. More
 * than any message, so that it is no measure of slow readers, who have their own bounds.
 */
export const ANSWER_BACKLOG_BYTES_MAX = 1024 * 1024;

/** Content of one record, and what encryption adds to it at most (RFC 8446 5.2, RFC 5246 6.2.3). */
export const RECORD_BYTES_MAX = 16 * 1024;
export const RECORD_OVERHEAD_BYTES_MAX = 5 + 2048;

/** Certificates in one PEM file. */
export const CERTIFICATES_MAX = 4096;

/** Tickets given with a full handshake: who opens connections side by side resumes one of them. */
export const TICKETS_PER_HANDSHAKE = 1;

/** For how long one set of ticket keys encrypts. The one before and the one after are accepted. */
export const TICKET_EPOCH_MS = 8 * 3600 * 1000;

/** A session is resumed for so long after its handshake. */
export const SESSION_SECONDS_MAX = 8 * 3600;

/** Errors of OpenSSL's queue that are looked at; the first says what went wrong. */
export const QUEUED_ERRORS_MAX = 16;
