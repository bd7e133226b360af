import type { AbuseName } from './limits.ts';
import { BLOCK_BYTES_EXTRA, CONTINUATIONS_MAX } from './limits.ts';

const NOTHING = Buffer.alloc(0);

/** A block of fields that comes in more than one frame (RFC 9113 6.10), bounded in bytes and frames. */
export class BlockAssembly {
  /** The stream it belongs to; 0: no block is under way. */
  stream = 0;
  /** The flags of the frame that began it. */
  flags = 0;
  bytes: Buffer = NOTHING;
  length = 0;
  #continuations = 0;
  readonly #bytesMax: number;

  /** `headBytesMax`: of the head that it becomes. */
  constructor(headBytesMax: number) {
    this.#bytesMax = headBytesMax + BLOCK_BYTES_EXTRA;
  }

  /** The first part. */
  begin(
    stream: number,
    flags: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): AbuseName | null {
    this.stream = stream;
    this.flags = flags;
    this.#continuations = 0;
    return this.#append(bytes, start, end);
  }

  /** Another part. */
  add(bytes: Buffer, start: number, end: number): AbuseName | null {
    this.#continuations++;
    return this.#continuations > CONTINUATIONS_MAX
      ? 'continuations'
      : this.#append(bytes, start, end);
  }

  /** It is complete, and has been read. */
  clear(): void {
    this.stream = 0;
    this.length = 0;
    this.bytes = NOTHING;
  }

  #append(bytes: Buffer, start: number, end: number): AbuseName | null {
    const length = this.length + end - start;
    if (length > this.#bytesMax) return 'block_too_large';
    if (length > this.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.min(2 * length, this.#bytesMax));
      this.bytes.copy(larger, 0, 0, this.length);
      this.bytes = larger;
    }
    bytes.copy(this.bytes, this.length, start, end);
    this.length = length;
    return null;
  }
}
