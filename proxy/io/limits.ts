/** Bounds of the engines. */

/** Bytes one read may bring. */
export const READ_BYTES_MAX = 64 * 1024;

/**
 * Room to compose a message in: a head with what we add to it, and one full read of a body, chunked
 * anew (64 KiB of one-byte chunks come out as one chunk).
 */
export const OUTGOING_BYTES = READ_BYTES_MAX + 64 * 1024;

/** Bytes written and not yet taken by the kernel, per connection, before `write` says stop. */
export const BACKLOG_BYTES_MAX = 64 * 1024;

/** A read of this size makes the engine give the connection a read buffer of its own. */
export const BULK_READ_BYTES_MIN = 16 * 1024;

/** A listener that stops accepts what waits for at most this long, should connections go on coming. */
export const FINISH_MS_MAX = 500;

/** Resolution of deadlines. They are never early, and late by at most twice this. */
export const DEADLINE_TICK_MS = 50;

/** A tick that comes later than this finds work waiting in the sockets, which goes first. */
export const TICK_LATENESS_MAX_MS = 2 * DEADLINE_TICK_MS;

/**
 * A pause of the whole thread (a blocked event loop, a suspended host) from this length on is time
 * that no deadline counts. Below it an overloaded thread would never time anything out.
 */
export const STALL_MIN_MS = 500;

/** Deadlines that expire before the sockets have a turn. One takes some 20 to 100 us. */
export const EXPIRED_AT_ONCE_MAX = 8;

/** Slots of the wheel: with the tick above, one turn is 12.8 s. */
export const DEADLINE_SLOTS = 256;

/** Handshaken connections waiting to be accepted; the kernel caps it at net.core.somaxconn. */
export const LISTEN_BACKLOG_MAX = 4096;

/** Buffers of each kind kept in sight while a write uses them, to be used again afterwards. */
export const LENT_BUFFERS_MAX = 32;
