/**
 * Who reads which entry. A thread that wants to read says so first and looks whether the entry is still
 * what it was then; who gives an entry up says that first and looks at the pins then. Both with Atomics,
 * which all threads see in one order: so either the reader sees that the entry is gone, or the other one
 * sees the pin.
 */
import { SLOT_WORDS, Slot, State, type StoreMemory } from './store-memory.ts';

/** One thread's hold on the pins. Slots are counted from 1. */
export class Pins {
  readonly #pins: Int32Array;
  readonly #slots: Int32Array;
  readonly #count: number;
  readonly #threads: number;
  readonly #row: number;

  constructor(memory: StoreMemory, thread: number) {
    this.#pins = memory.pins;
    this.#slots = memory.slots;
    this.#count = memory.plan.slots;
    this.#threads = memory.threads;
    this.#row = thread * this.#count - 1;
  }

  /** False: it is in none of these states (bits) any more, and is not held. */
  take(slot: number, states: number): boolean {
    const own = this.#row + slot;
    const held = this.#pins[own]!;
    Atomics.store(this.#pins, own, held + 1);
    const state = Atomics.load(this.#slots, (slot - 1) * SLOT_WORDS + Slot.state);
    if (((1 << state) & states) !== 0) return true;
    this.give(slot);
    return false;
  }

  /** Once more, by who has it already. */
  again(slot: number): void {
    this.#pins[this.#row + slot]!++;
  }

  /** True: that was the last one of this thread, and the entry is gone: it may be given back now. */
  give(slot: number): boolean {
    const own = this.#row + slot;
    const held = this.#pins[own]! - 1;
    if (held > 0) {
      this.#pins[own] = held;
      return false;
    }
    Atomics.store(this.#pins, own, 0);
    return Atomics.load(this.#slots, (slot - 1) * SLOT_WORDS + Slot.state) === State.gone;
  }

  /** Does any thread hold it? Asked by who has said that it is gone. */
  held(slot: number): boolean {
    for (let thread = 0; thread < this.#threads; thread++) {
      if (Atomics.load(this.#pins, thread * this.#count + slot - 1) !== 0) return true;
    }
    return false;
  }

  /** A thread is dead: it holds nothing. */
  clear(thread: number): void {
    const row = thread * this.#count;
    for (let slot = 0; slot < this.#count; slot++) {
      if (this.#pins[row + slot] !== 0) Atomics.store(this.#pins, row + slot, 0);
    }
  }
}
