import type { ConnectionHandler } from '../engine.ts';
import { type Arena, NO_SLOT } from './arena.ts';

interface HeldRead {
  readonly bytes: Buffer;
  /** The buffer of the arena it is in, or NO_SLOT. */
  readonly slot: number;
  readonly length: number;
}

/** What came for a connection while nobody wanted to read it. */
export class HeldReads {
  /** The end came behind it. */
  ended = false;
  /** The connection failed behind it. */
  errorCode: string | null = null;
  #reads: HeldRead[] = [];

  get empty(): boolean {
    return this.#reads.length === 0;
  }

  /** Nothing is to be told any more. */
  get done(): boolean {
    return this.empty && !this.ended && this.errorCode === null;
  }

  /** Keeps what the kernel has read, elsewhere if buffers are scarce. */
  add(arena: Arena, slot: number, length: number): void {
    const bytes = arena.view(slot);
    if (arena.scarce) {
      this.#reads.push({ bytes: Buffer.from(bytes.subarray(0, length)), slot: NO_SLOT, length });
      arena.release(slot);
    } else {
      this.#reads.push({ bytes, slot, length });
    }
  }

  /** Tells of the first read, and gives its memory back. */
  handOver(arena: Arena, handler: ConnectionHandler): void {
    const read = this.#reads.shift();
    if (read === undefined) return;
    handler.onData(read.bytes, 0, read.length);
    if (read.slot !== NO_SLOT) arena.release(read.slot);
  }

  /** Nobody will want it. */
  drop(arena: Arena): void {
    for (const { slot } of this.#reads) if (slot !== NO_SLOT) arena.release(slot);
    this.#reads = [];
    this.ended = false;
    this.errorCode = null;
  }
}
