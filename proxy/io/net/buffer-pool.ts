import { LENT_BUFFERS_MAX } from '../limits.ts';

/** Where a lent buffer is being sent. */
export interface Sink {
  /** Bytes that are not out yet; while there are none, nothing is read from lent memory. */
  readonly unsentBytes: number;
  /** Closed: what became of its last write is not known. */
  readonly gone: boolean;
}

interface Loan {
  readonly bytes: Buffer;
  readonly sink: Sink;
}

/**
 * Buffers of one size that go out on loan to writes and come back when those are through. A large
 * body to a slow reader would otherwise leave one dead buffer per read to the collector.
 */
export class BufferPool {
  readonly #size: number;
  /** Oldest first. */
  readonly #loans: Loan[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  /** A buffer that nobody reads from. */
  take(): Buffer {
    for (let index = 0; index < this.#loans.length; index++) {
      const { bytes, sink } = this.#loans[index]!;
      if (!sink.gone && sink.unsentBytes > 0) continue;
      this.#loans.splice(index, 1);
      if (!sink.gone) return bytes;
      index--;
    }
    return Buffer.allocUnsafeSlow(this.#size);
  }

  /** A write to the sink goes on reading from the buffer. */
  lend(bytes: Buffer, sink: Sink): void {
    // What does not fit is the collector's.
    if (this.#loans.length === LENT_BUFFERS_MAX) this.#loans.shift();
    this.#loans.push({ bytes, sink });
  }
}
