import { MappedMemory } from '../../../src/os/mapped-memory.ts';
import { KIND_MASK, Kind } from './operations.ts';
import { COMPLETION_BYTES, type CompletionLayout } from './ring.ts';
import { closeSocket } from './sockets.ts';

/** Descriptors of one worker; a higher one is not noted. */
const DESCRIPTORS_MAX = 1 << 20;
/** The ring's two, the arena's two, and what entries point to. */
const MAPPINGS_MAX = 5;
/** Where the completions are within the first mapping. */
const LAYOUT_NUMBERS = 4;
/** Address and length of each mapping, that, and the buffers in use. */
const BUFFERS_AT = 2 * MAPPINGS_MAX + LAYOUT_NUMBERS;
const MAP_NUMBERS = BUFFERS_AT + 1;
/** Before the bits. */
const MAP_BYTES = 8 * MAP_NUMBERS;

/** Memory for one worker's ledger. */
export function ledgerMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(MAP_BYTES + DESCRIPTORS_MAX / 8);
}

/**
 * Which descriptors a worker has open, one bit for each, where the main thread can see it. Node closes its
 * own sockets when a thread is terminated or runs out of memory; of ours it does not know, and
 * their clients would wait for ever.
 */
export class DescriptorLedger {
  readonly #words: Int32Array | null;
  readonly #map: Float64Array | null;
  /** The kernel will be told to close them. */
  readonly #leaving: number[] = [];

  /** Null: nobody looks. */
  constructor(memory: SharedArrayBuffer | null) {
    this.#words = memory === null ? null : new Int32Array(memory, MAP_BYTES);
    this.#map = memory === null ? null : new Float64Array(memory, 0, MAP_NUMBERS);
  }

  /**
   * What is shared with the kernel, the queues first, and where the completions are in them. As long as the
   * ring's own memory is mapped the ring lives, and holds its sockets. The kernel copies to and from the rest
   * only on the thread itself, so it is nobody's when that is gone.
   */
  mapped(mappings: readonly MappedMemory[], layout: CompletionLayout): void {
    const { head, tail, entries, mask } = layout;
    this.#map?.set([head, tail, entries, mask], 2 * MAPPINGS_MAX);
    for (const [index, { address, length }] of mappings.entries()) {
      this.#map?.set([address, length], 2 * index);
    }
  }

  /** The ring is about to be given back in order. */
  unmapping(): void {
    this.#map?.fill(0);
  }

  /** So many buffers are in use. */
  buffers(count: number): void {
    if (this.#map !== null) this.#map[BUFFERS_AT] = count;
  }

  opened(fd: number): void {
    if (this.#words !== null && fd < DESCRIPTORS_MAX) this.#words[fd >> 5]! |= 1 << (fd & 31);
  }

  /** Before it is closed: its number may be somebody else's right after. */
  closing(fd: number): void {
    if (this.#words !== null && fd < DESCRIPTORS_MAX) this.#words[fd >> 5]! &= ~(1 << (fd & 31));
  }

  /** An entry that closes it is written. Until the kernel has that it is open. */
  closingSoon(fd: number): void {
    this.#leaving.push(fd);
  }

  /** The kernel is about to be given what was written. */
  entering(): void {
    const leaving = this.#leaving;
    if (leaving.length === 0) return;
    for (const fd of leaving) this.closing(fd);
    leaving.length = 0;
  }
}

/** Buffers that the worker had in use when it last went to rest. */
export function buffersInUse(memory: SharedArrayBuffer): number {
  return new Float64Array(memory, 0, MAP_NUMBERS)[BUFFERS_AT]!;
}

/**
 * Closes what a thread that is gone has left open, and what the kernel had accepted for it without its
 * knowing; returns how many.
 */
export function closeLeft(memory: SharedArrayBuffer): number {
  const map = new Float64Array(memory, 0, MAP_NUMBERS);
  const words = new Int32Array(memory, MAP_BYTES);
  const mappings: MappedMemory[] = [];
  for (let index = 0; index < 2 * MAPPINGS_MAX; index += 2) {
    if (map[index] !== 0) mappings.push(new MappedMemory(map[index]!, map[index + 1]!));
  }
  const [head, tail, entries, mask] = map.subarray(2 * MAPPINGS_MAX, BUFFERS_AT);
  if (mappings[0] !== undefined) {
    const layout = { head: head!, tail: tail!, entries: entries!, mask: mask! };
    // One that was noted and not counted as taken yet is closed once all the same.
    for (const fd of unreaped(mappings[0].view(), layout)) words[fd >> 5]! |= 1 << (fd & 31);
  }
  for (const mapping of mappings) mapping.release();
  map.fill(0);
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

/** Sockets that the kernel has accepted and nobody has seen. */
function unreaped(queues: ArrayBuffer, { head, tail, entries, mask }: CompletionLayout): number[] {
  const view = new DataView(queues);
  const found: number[] = [];
  const end = view.getInt32(tail, true);
  for (let at = view.getInt32(head, true); at !== end; at = (at + 1) | 0) {
    const entry = entries + (at & mask) * COMPLETION_BYTES;
    const kind = view.getInt32(entry, true) & KIND_MASK;
    const result = view.getInt32(entry + 8, true);
    if (kind === Kind.accept && result >= 0 && result < DESCRIPTORS_MAX) found.push(result);
  }
  return found;
}
