import { OUTGOING_BYTES, READ_BYTES_MAX } from '../limits.ts';

/**
 * The buffers all connections of one engine share. As a callback runs to its end before the next
 * read, one read buffer and one buffer to compose in do for a whole thread, and idle connections
 * cost no buffer at all. The exception is a write that the kernel does not take at once: it goes on
 * reading from its memory, which is then given up to it and replaced.
 */
export class NetMemory {
  /** What sockets read into unless they bring many bytes. */
  readonly shared: Buffer = Buffer.allocUnsafeSlow(READ_BYTES_MAX);
  /** The own read buffer of the connection that is being read, null when it is the shared one. */
  #bulk: Buffer | null = null;
  #bulkLent = false;
  #outgoing: Buffer = Buffer.allocUnsafeSlow(OUTGOING_BYTES);

  /** At least `size` bytes to compose in. */
  outgoing(size: number): Buffer {
    return size <= OUTGOING_BYTES ? this.#outgoing : Buffer.allocUnsafeSlow(size);
  }

  /** A write from this memory goes on: nobody else may change it. */
  lend(bytes: Buffer): void {
    if (bytes === this.#outgoing) this.#outgoing = Buffer.allocUnsafeSlow(OUTGOING_BYTES);
    else if (bytes === this.#bulk) this.#bulkLent = true;
  }

  /** A connection begins to handle a read into a buffer of its own. */
  beginBulk(bytes: Buffer): void {
    this.#bulk = bytes;
    this.#bulkLent = false;
  }

  /** That read is handled; what to read into next: the same, or another if it was lent. */
  endBulk(bytes: Buffer): Buffer {
    this.#bulk = null;
    return this.#bulkLent ? Buffer.allocUnsafeSlow(READ_BYTES_MAX) : bytes;
  }
}
