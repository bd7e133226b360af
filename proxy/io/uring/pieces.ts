import { koffi } from '../../../src/os/native.ts';
import type { Composer } from '../engine.ts';
import { LENT_BUFFERS_MAX, OUTGOING_BYTES } from '../limits.ts';
import { type Arena, NO_SLOT } from './arena.ts';
import { COPY_BYTES_MAX, SLOT_BYTES } from './limits.ts';

/** Bytes that are to be sent, and what has to stay as it is until they are. */
export class Piece {
  address = 0;
  length = 0;
  /** The buffer of the arena they are in, or NO_SLOT. */
  slot = NO_SLOT;
  /** The memory they are in when it is not the arena's; kept from being collected. */
  memory: Buffer | null = null;
  next: Piece | null = null;
}

/**
 * Memory on its way out. Bytes in the arena are sent from where they are; small ones from elsewhere are
 * copied into it, large ones are sent in place.
 */
export class Pieces {
  /** Bytes sent from the buffer that the kernel had read them into. */
  lentBytes = 0;
  /** Bytes that were copied to be sent. */
  copiedBytes = 0;
  readonly #arena: Arena;
  /** What messages are composed in, NO_SLOT until somebody asks. */
  #outgoing = NO_SLOT;
  /** The same for large ones. */
  #large: Buffer | null = null;
  readonly #largeFree: Buffer[] = [];
  readonly #larges = new WeakSet<Buffer>();
  /** Of what was allocated. */
  readonly #addresses = new WeakMap<Buffer, number>();
  /** Where small bytes from elsewhere are collected, and how far it is full. */
  #scrap = NO_SLOT;
  #scrapAt = 0;
  #free: Piece | null = null;
  /** Who may have something in `#outgoing` or `#large` that is not written yet. */
  #composer: Composer | null = null;

  constructor(arena: Arena) {
    this.#arena = arena;
  }

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

  /** At least `size` bytes to compose in, the same until they are written. */
  outgoing(size: number): Buffer {
    this.flushComposer();
    if (size <= SLOT_BYTES) {
      if (this.#outgoing === NO_SLOT) this.#outgoing = this.#arena.take();
      if (this.#outgoing !== NO_SLOT) return this.#arena.view(this.#outgoing);
    }
    if (size > OUTGOING_BYTES) return Buffer.allocUnsafeSlow(size);
    this.#large ??= this.#largeFree.pop() ?? this.#newLarge();
    return this.#large;
  }

  /** Memory of the caller's that is sent in place, however little of it. */
  allocate(size: number): Buffer {
    const memory = Buffer.allocUnsafeSlow(size);
    this.#addresses.set(memory, Number(koffi().address(memory)));
    return memory;
  }

  /** Takes bytes [start, end) to be sent; `done` gives the memory back. */
  take(bytes: Buffer, start: number, end: number): Piece {
    const length = end - start;
    const arena = this.#arena;
    const memoryAt = arena.offsetOf(bytes);
    if (memoryAt >= 0) {
      const offset = memoryAt + start;
      const slot = arena.slotAt(offset);
      arena.check(bytes, slot);
      if (!arena.scarce) {
        if (slot === this.#outgoing) {
          // Its user is now the send.
          this.#outgoing = NO_SLOT;
          return this.#piece(arena.addressOf(offset), length, slot, null);
        }
        arena.retain(slot);
        this.lentBytes += length;
        return this.#piece(arena.addressOf(offset), length, slot, null);
      }
      this.copiedBytes += length;
      return this.#inPlace(copyOf(bytes, start, end), 0, length);
    }
    const address = this.#addresses.get(bytes);
    if (address !== undefined) return this.#piece(address + start, length, NO_SLOT, bytes);
    if (length <= COPY_BYTES_MAX) return this.#copy(bytes, start, end);
    if (bytes === this.#large) this.#large = null;
    return this.#inPlace(bytes, start, length);
  }

  /** The piece has been sent, or never will be. */
  done(piece: Piece): void {
    const { slot, memory } = piece;
    if (slot !== NO_SLOT) this.#arena.release(slot);
    if (memory !== null) {
      const wanted = this.#largeFree.length < LENT_BUFFERS_MAX;
      if (wanted && this.#larges.has(memory)) this.#largeFree.push(memory);
      piece.memory = null;
    }
    piece.next = this.#free;
    this.#free = piece;
  }

  #newLarge(): Buffer {
    const memory = Buffer.allocUnsafeSlow(OUTGOING_BYTES);
    this.#larges.add(memory);
    return memory;
  }

  #copy(bytes: Buffer, start: number, end: number): Piece {
    const arena = this.#arena;
    const length = end - start;
    this.copiedBytes += length;
    if (this.#scrap === NO_SLOT || this.#scrapAt + length > SLOT_BYTES) {
      if (this.#scrap !== NO_SLOT) arena.release(this.#scrap);
      this.#scrap = arena.scarce ? NO_SLOT : arena.take();
      this.#scrapAt = 0;
      if (this.#scrap === NO_SLOT) return this.#inPlace(copyOf(bytes, start, end), 0, length);
    }
    const view = arena.view(this.#scrap);
    bytes.copy(view, this.#scrapAt, start, end);
    const address = arena.addressOf(arena.offsetOf(view) + this.#scrapAt);
    this.#scrapAt += length;
    arena.retain(this.#scrap);
    return this.#piece(address, length, this.#scrap, null);
  }

  #inPlace(memory: Buffer, start: number, length: number): Piece {
    const address = Number(koffi().address(memory)) + start;
    return this.#piece(address, length, NO_SLOT, memory);
  }

  #piece(address: number, length: number, slot: number, memory: Buffer | null): Piece {
    let piece = this.#free;
    if (piece === null) piece = new Piece();
    else this.#free = piece.next;
    piece.address = address;
    piece.length = length;
    piece.slot = slot;
    piece.memory = memory;
    piece.next = null;
    return piece;
  }
}

/** Off the JavaScript heap whatever its size, so that it has an address. */
function copyOf(bytes: Buffer, start: number, end: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(end - start);
  bytes.copy(copy, 0, start, end);
  return copy;
}
