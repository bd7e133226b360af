/** Bounds of the io_uring engine, per worker. */

/** Entries submitted at once; more are submitted in several goes. */
export const SUBMISSIONS_MAX = 1024;

/** Completions waiting at once; the kernel keeps those beyond. */
export const COMPLETIONS_MAX = 8192;

/** Bytes of one buffer: what one read may bring, and what is usually composed in. */
export const SLOT_BYTES = 32 * 1024;

/**
 * From one buffer to the next. Not a multiple of the page: buffers that all begin at the same place of a page
 * would compete for the same few lines of the processor's caches.
 */
export const SLOT_STRIDE = SLOT_BYTES + 5 * 64;

/** Times in a row that the kernel may take no entry at all before the ring is given up. */
export const REFUSALS_MAX = 100;

/** Buffers of the arena: 64 MiB of addresses, of which only what was used takes memory. */
export const SLOTS_MAX = 2048;

/** Buffers of a part of the arena: what JavaScript sees of it at once, 4 MiB. */
export const PART_SLOTS = 128;

/** Below this many free buffers nothing is lent to slow writes any more: it is copied to the heap. */
export const SLOTS_SCARCE = SLOTS_MAX / 4;

/** Buffers offered to the kernel at once. Few, so that the same ones are used again while warm. */
export const OFFERED_MAX = 256;

/** The same while few are free: an endless read of a sender that nobody reads cannot bring much. */
export const OFFERED_SCARCE = 64;

/** Bytes from memory that is not the engine's are copied up to this size, and sent in place above. */
export const COPY_BYTES_MAX = 16 * 1024;

/** Send queues that are kept for connections to come; each takes 60 bytes. */
export const SEND_QUEUES_FREE_MAX = 1024;

/** IPv4 addresses of clients whose texts are kept. */
export const ADDRESS_TEXTS_MAX = 4096;

/** Pieces of one send. */
export const PIECES_MAX = 16;

/** Bytes of one send; a longer write goes in several, so that its progress can be seen. */
export const SEND_BYTES_MAX = 256 * 1024;

/** Rounds of submitting and completing before the event loop has its turn. */
export const ROUNDS_MAX = 8;

/** Turns right after a call from outside before the event loop has its turn. */
export const TURNS_AT_ONCE_MAX = 8;

/** How long a listener waits when there is no descriptor or memory for a connection. */
export const ACCEPT_PAUSE_MS = 50;

/** Turns to wait, when the engine ends, for the kernel to let go of everything. */
export const CLOSE_TURNS_MAX = 1000;
