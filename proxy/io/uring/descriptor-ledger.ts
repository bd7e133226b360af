import { libc } from '../../../src/os/libc.ts';
import type { MappedMemory } from '../../../src/os/mapped-memory.ts';
import { closeSocket } from './sockets.ts';

/** Descriptors of one worker; a higher one is not noted. */
const DESCRIPTORS_MAX = 1 << 20;
/** The ring's two, the arena's two, and what entries point to. */
const MAPPINGS_MAX = 5;
/** Address and length of each mapping, before the bits. */
const MAPPINGS_BYTES = MAPPINGS_MAX * 16;

/** Memory for one worker's ledger. */
export function ledgerMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(MAPPINGS_BYTES + DESCRIPTORS_MAX / 8);
}

/**
 * Which descriptors a worker has open, one bit for each, where the main thread can see it. Node closes its
 * own sockets when a thread is terminated or runs out of memory; of ours it does not know, and
 * their clients would wait for ever.
 */
export class DescriptorLedger {
  readonly #words: Int32Array | null;
  readonly #mappings: Float64Array | null;

  /** Null: nobody looks. */
  constructor(memory: SharedArrayBuffer | null) {
    this.#words = memory === null ? null : new Int32Array(memory, MAPPINGS_BYTES);
    this.#mappings = memory === null ? null : new Float64Array(memory, 0, 2 * MAPPINGS_MAX);
  }

  /**
   * What is shared with the kernel. As long as the ring's own memory is mapped the ring lives, and holds
   * its sockets. The kernel copies to and from the rest only on the thread itself, so it is nobody's when
   * that is gone.
   */
  mapped(mappings: readonly MappedMemory[]): void {
    for (const [index, { address, buffer }] of mappings.entries()) {
      this.#mappings?.set([address, buffer.byteLength], 2 * index);
    }
  }

  /** The ring is about to be given back in order. */
  unmapping(): void {
    this.#mappings?.fill(0);
  }

  opened(fd: number): void {
    if (this.#words !== null && fd < DESCRIPTORS_MAX) this.#words[fd >> 5]! |= 1 << (fd & 31);
  }

  /** Before it is closed: its number may be somebody else's right after. */
  closing(fd: number): void {
    if (this.#words !== null && fd < DESCRIPTORS_MAX) this.#words[fd >> 5]! &= ~(1 << (fd & 31));
  }
}

/** Closes what a thread that is gone has left open; returns how many. */
export function closeLeft(memory: SharedArrayBuffer): number {
  const mappings = new Float64Array(memory, 0, 2 * MAPPINGS_MAX);
  for (let index = 0; index < mappings.length; index += 2) {
    if (mappings[index] !== 0) libc().munmap(mappings[index]!, mappings[index + 1]!);
  }
  mappings.fill(0);
  const words = new Int32Array(memory, MAPPINGS_BYTES);
  let count = 0;
  for (let index = 0; index < words.length; index++) {
    for (let word = words[index]!; word !== 0; word &= word - 1) {
      closeSocket(index * 32 + 31 - Math.clz32(word & -word));
      count++;
    }
    words[index] = 0;
  }
  return count;
}
