import type { Composer } from '../engine.ts';
import { OUTGOING_BYTES, READ_BYTES_MAX } from '../limits.ts';
import { BufferPool, type Sink } from './buffer-pool.ts';

/**
 * The buffers all connections of one engine share. As a callback runs to its end before the next
 * read, one read buffer and one buffer to compose in do for a whole thread, and idle connections
 * cost no buffer at all. The exception is a write that the kernel does not take at once: it goes on
 * reading from its memory, which is then lent to it and replaced.
 */
export class NetMemory {
  /** What sockets read into unless they bring many bytes. */
  readonly shared: Buffer = Buffer.allocUnsafeSlow(READ_BYTES_MAX);
  readonly #bulkPool = new BufferPool(READ_BYTES_MAX);
  readonly #outgoingPool = new BufferPool(OUTGOING_BYTES);
  /** The own read buffer of the connection that is being read, null when it is the shared one. */
  #bulk: Buffer | null = null;
  /** Whom it was lent to during this read. */
  #borrower: Sink | null = null;
  #outgoing: Buffer = this.#outgoingPool.take();
  /** Who may have something in it that is not written yet. */
  #composer: Composer | null = null;

  /** Has whoever composes write it now. */
  flushComposer(): void {
    const composer = this.#composer;
    this.#composer = null;
    composer?.flush();
  }

  /** At least `size` bytes to compose in, for somebody who is flushed before the next. */
  compose(size: number, composer: Composer): Buffer {
    const memory = this.outgoing(size);
    this.#composer = composer;
    return memory;
  }

  /** At least `size` bytes to compose in. */
  outgoing(size: number): Buffer {
    this.flushComposer();
    return size <= OUTGOING_BYTES ? this.#outgoing : Buffer.allocUnsafeSlow(size);
  }

  /** A write to the sink goes on reading from this memory: nobody else may change it. */
  lend(bytes: Buffer, sink: Sink): void {
    if (bytes === this.#outgoing) {
      this.#outgoingPool.lend(bytes, sink);
      this.#outgoing = this.#outgoingPool.take();
    } else if (bytes === this.#bulk) {
      this.#borrower = sink;
    }
  }

  /** A read buffer for a connection of its own. */
  takeBulk(): Buffer {
    return this.#bulkPool.take();
  }

  /** A connection begins to handle a read into its own buffer. */
  beginBulk(bytes: Buffer): void {
    this.#bulk = bytes;
    this.#borrower = null;
  }

  /** That read is handled; what to read into next: the same, or another if it was lent. */
  endBulk(bytes: Buffer): Buffer {
    this.#bulk = null;
    if (this.#borrower === null) return bytes;
    this.#bulkPool.lend(bytes, this.#borrower);
    this.#borrower = null;
    return this.#bulkPool.take();
  }
}
