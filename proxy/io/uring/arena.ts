import { registerWithRing } from '../../../src/os/io-uring.ts';
import { type MappedMemory, mapAnonymous } from '../../../src/os/mapped-memory.ts';
import { REGISTER_BUFFER_RING } from './abi.ts';
import {
  OFFERED_MAX,
  OFFERED_SCARCE,
  PART_SLOTS,
  SLOT_BYTES,
  SLOT_STRIDE,
  SLOTS_MAX,
  SLOTS_SCARCE,
} from './limits.ts';
import type { Ring } from './ring.ts';

/** The one group of buffers that reads choose from. */
export const BUFFER_GROUP = 0;
/** No buffer. */
export const NO_SLOT = -1;

const PART_BYTES = PART_SLOTS * SLOT_STRIDE;
const OFFER_BYTES = 16;
/** In 16-bit words: the ring's tail lies over a spare field of the first offer. */
const TAIL_WORD = 7;
const POISON = 0xdb;

/**
 * The engine's memory: buffers of one size, each held by as many as use it, and free when nobody does.
 *
 *   free --offer--> kernel --read--> handler, and the sends that handler makes of it --> free
 *   free --take---> whoever composes a message, then its send --> free
 *
 * The one used last is used next, while the processor's caches still have it. JavaScript sees the memory
 * in parts, each from when a buffer of it is first looked at: what it sees counts with the collector.
 */
export class Arena {
  readonly #memory: MappedMemory;
  readonly #offers: MappedMemory;
  readonly #offerWords: Int32Array;
  readonly #offerShorts: Uint16Array;
  readonly #parts: (ArrayBuffer | undefined)[] = new Array(SLOTS_MAX / PART_SLOTS).fill(undefined);
  readonly #views: (Buffer | undefined)[] = new Array(SLOTS_MAX).fill(undefined);
  /** Users of each buffer. */
  readonly #uses = new Uint32Array(SLOTS_MAX);
  readonly #free = new Uint16Array(SLOTS_MAX);
  #freeCount = SLOTS_MAX;
  #offered = 0;
  #offerTail = 0;
  /** Checking: when each view was handed out, and how often each buffer was. */
  readonly #issued: WeakMap<Buffer, number> | null;
  readonly #generations = new Uint32Array(SLOTS_MAX);

  /** `checked` poisons what is freed, and finds who writes from a buffer that is not his any more. */
  constructor(ring: Ring, checked: boolean) {
    this.#issued = checked ? new WeakMap() : null;
    this.#memory = mapAnonymous(SLOT_STRIDE * SLOTS_MAX);
    try {
      this.#offers = mapAnonymous(OFFER_BYTES * OFFERED_MAX);
    } catch (error) {
      this.#memory.release();
      throw error;
    }
    this.#offerWords = new Int32Array(this.#offers.view());
    this.#offerShorts = new Uint16Array(this.#offerWords.buffer);
    for (let index = 0; index < SLOTS_MAX; index++) this.#free[index] = SLOTS_MAX - 1 - index;
    const registration = new Uint8Array(40);
    const view = new DataView(registration.buffer);
    view.setBigUint64(0, BigInt(this.#offers.address), true);
    view.setUint32(8, OFFERED_MAX, true);
    view.setUint16(12, BUFFER_GROUP, true);
    try {
      registerWithRing(ring.fd, REGISTER_BUFFER_RING, registration, 1);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Buffers that nobody uses. */
  get free(): number {
    return this.#freeCount;
  }

  /** Buffers the kernel has to read into. */
  get offered(): number {
    return this.#offered;
  }

  /** Buffers that messages are in, on their way in or out. */
  get inUse(): number {
    return SLOTS_MAX - this.#freeCount - this.#offered;
  }

  /** So few are free that none should wait for a slow peer. */
  get scarce(): boolean {
    return this.#freeCount < SLOTS_SCARCE;
  }

  /** Where in the arena these bytes begin; -1: they are not of the arena. */
  offsetOf(bytes: Buffer): number {
    const { buffer } = bytes;
    const parts = this.#parts;
    for (let index = 0; index < parts.length; index++) {
      if (parts[index] === buffer) return index * PART_BYTES + bytes.byteOffset;
    }
    return -1;
  }

  /** Which buffer the byte at this offset of the arena is in. */
  slotAt(offset: number): number {
    return (offset / SLOT_STRIDE) | 0;
  }

  /** Where the byte at this offset of the arena is, for the kernel. */
  addressOf(offset: number): number {
    return this.#memory.address + offset;
  }

  /** The bytes of a buffer in use. */
  view(slot: number): Buffer {
    const view = this.#views[slot] ?? this.#issue(slot);
    this.#views[slot] = view;
    return view;
  }

  /** A buffer for the caller; NO_SLOT when all are in use. */
  take(): number {
    if (this.#freeCount === 0) return NO_SLOT;
    this.#freeCount--;
    const slot = this.#free[this.#freeCount]!;
    this.#uses[slot] = 1;
    return slot;
  }

  /** The kernel has read into this buffer; it is the caller's. */
  accept(slot: number): void {
    this.#offered--;
    this.#uses[slot] = 1;
  }

  /** One user more. */
  retain(slot: number): void {
    if (this.#uses[slot] === 0) throw new Error(`buffer ${slot} is used after it was freed`);
    this.#uses[slot]! += 1;
  }

  /** One user less; with the last the buffer is free. */
  release(slot: number): void {
    const uses = this.#uses[slot]!;
    if (uses === 0) throw new Error(`buffer ${slot} is freed twice`);
    this.#uses[slot] = uses - 1;
    if (uses > 1) return;
    if (this.#issued !== null) this.#retire(slot);
    this.#free[this.#freeCount] = slot;
    this.#freeCount++;
  }

  /** Offers the kernel as many free buffers as it may have. */
  offer(): void {
    const wanted = this.scarce ? OFFERED_SCARCE : OFFERED_MAX;
    const count = Math.min(wanted - this.#offered, this.#freeCount);
    if (count <= 0) return;
    const words = this.#offerWords;
    for (let index = 0; index < count; index++) {
      this.#freeCount--;
      const slot = this.#free[this.#freeCount]!;
      const at = (this.#offerTail & (OFFERED_MAX - 1)) * 4;
      const address = this.#memory.address + slot * SLOT_STRIDE;
      words[at] = address | 0;
      words[at + 1] = (address / 2 ** 32) | 0;
      words[at + 2] = SLOT_BYTES;
      // Not the word: its other half is the tail.
      this.#offerShorts[at * 2 + 6] = slot;
      this.#offerTail = (this.#offerTail + 1) & 0xffff;
    }
    this.#offered += count;
    this.#offerShorts[TAIL_WORD] = this.#offerTail;
  }

  /** Checking: throws when this view was handed out for an earlier use of its buffer. */
  check(bytes: Buffer, slot: number): void {
    const generation = this.#issued?.get(bytes);
    if (generation !== undefined && generation !== this.#generations[slot]) {
      throw new Error(`buffer ${slot} is written after it was given back`);
    }
  }

  /** What the kernel reads and writes. */
  get mappings(): readonly MappedMemory[] {
    return [this.#memory, this.#offers];
  }

  /** Gives the memory back. The kernel must not be using it. */
  close(): void {
    this.#memory.release();
    this.#offers.release();
  }

  #issue(slot: number): Buffer {
    const part = (slot / PART_SLOTS) | 0;
    const memory = this.#parts[part] ?? this.#memory.view(part * PART_BYTES, PART_BYTES);
    this.#parts[part] = memory;
    const view = Buffer.from(memory, (slot % PART_SLOTS) * SLOT_STRIDE, SLOT_BYTES);
    this.#issued?.set(view, this.#generations[slot]!);
    return view;
  }

  #retire(slot: number): void {
    this.view(slot).fill(POISON);
    this.#views[slot] = undefined;
    this.#generations[slot]! += 1;
  }
}
