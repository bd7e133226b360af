/**
 * The content of an entry on its way to somebody, copied into pieces that stay as they are. Of an entry
 * that is still filled it sleeps until there is more.
 */
import type { ContentTaker, StoredContent } from '../store.ts';
import type { Entries } from './entries.ts';
import { CHUNK_BYTES, CONTENT_PIECE_BYTES, CONTENT_TURN_BYTES } from './limits.ts';
import { Flag, SLOT_WORDS, Slot, State } from './store-memory.ts';

const NO_TRAILERS = Buffer.alloc(0);

/** A range of the content of one entry, which it holds itself. */
export class SharedContent implements StoredContent {
  readonly #entries: Entries;
  readonly #slot: number;
  readonly #body: number;
  readonly #to: number;
  #taker: ContentTaker | null = null;
  #at: number;
  /** The chunk of the byte before `at`, or of `at` itself; 0: not looked for yet. */
  #chunk = 0;
  #paused = false;
  /** In a turn, or waiting for one. */
  #busy = false;
  #over = false;

  /** `slot` must be pinned for it. `to`: null for the end. */
  constructor(entries: Entries, slot: number, from: number, to: number | null) {
    this.#entries = entries;
    this.#slot = slot;
    this.#body = entries.get(slot, Slot.body);
    this.#at = from;
    this.#to = to ?? Number.POSITIVE_INFINITY;
  }

  start(to: ContentTaker): void {
    this.#taker = to;
    this.#run();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.#taker !== null) this.#run();
  }

  drop(): void {
    if (this.#over) return;
    this.#over = true;
    this.#entries.unpin(this.#slot);
  }

  #run(): void {
    if (this.#busy || this.#over) return;
    this.#busy = true;
    const taker = this.#taker!;
    const then = this.#turn(taker);
    if (then === 'paused') {
      this.#busy = false;
      taker.flush();
    } else if (then === 'end') {
      this.drop();
      taker.end(NO_TRAILERS);
    } else if (then === 'failed') {
      this.drop();
      taker.flush();
      taker.failed('server_closed');
    } else if (then !== 'dropped') {
      this.#later(taker, then);
    }
  }

  /** Hands on what there is; returns why it stopped, or what to wait for: null is the next turn. */
  #turn(taker: ContentTaker): 'paused' | 'end' | 'failed' | 'dropped' | Promise<unknown> | null {
    const turnEnd = this.#at + CONTENT_TURN_BYTES;
    for (;;) {
      const seen = Atomics.load(this.#entries.memory.slots, this.#progressAt);
      const { there, more, failed } = this.#state();
      const end = Math.min(there, this.#to);
      while (this.#at < Math.min(end, turnEnd) && !this.#paused && !this.#over) {
        this.#piece(taker, Math.min(end, turnEnd));
      }
      if (this.#over) return 'dropped';
      if (this.#at >= this.#to || (this.#at >= end && !more && !failed)) return 'end';
      if (this.#paused) return 'paused';
      if (this.#at < end) return null;
      if (failed) return 'failed';
      const sleep = Atomics.waitAsync(this.#entries.memory.slots, this.#progressAt, seen);
      if (sleep.async) return sleep.value;
    }
  }

  /** Goes on when others had their turn, or when there is more. */
  #later(taker: ContentTaker, when: Promise<unknown> | null): void {
    taker.flush();
    const goOn = () => {
      this.#busy = false;
      if (!this.#paused) this.#run();
    };
    if (when === null) setImmediate(goOn);
    else void when.then(goOn);
  }

  get #progressAt(): number {
    return (this.#slot - 1) * SLOT_WORDS + Slot.progress;
  }

  /** How much there is, whether more will come, and whether it was given up. */
  #state(): { readonly there: number; readonly more: boolean; readonly failed: boolean } {
    const { memory } = this.#entries;
    const state = this.#entries.state(this.#slot);
    const flags = Atomics.load(memory.slots, (this.#slot - 1) * SLOT_WORDS + Slot.flags);
    const there = Atomics.load(memory.slots, (this.#body - 1) * SLOT_WORDS + Slot.length);
    const ended = (flags & Flag.ended) !== 0;
    return {
      there,
      more: !ended && state === State.filling,
      failed: !ended && state !== State.filling,
    };
  }

  /** Hands on one piece that ends at `end` or before. */
  #piece(taker: ContentTaker, end: number): void {
    const { chunks } = this.#entries;
    if (this.#chunk === 0) {
      const first = this.#entries.get(this.#body, Slot.bodyFirst);
      this.#chunk = chunks.skip(first, Math.floor(this.#at / CHUNK_BYTES));
    } else if (this.#at % CHUNK_BYTES === 0) {
      this.#chunk = chunks.next(this.#chunk);
    }
    // Whoever sends it may not be through with it for long, so it can be neither the store's memory, which
    // is somebody else's after `end`, nor memory of ours that is used again.
    const within = this.#at % CHUNK_BYTES;
    const length = Math.min(CONTENT_PIECE_BYTES - within, end - this.#at);
    const bytes = Buffer.allocUnsafeSlow(length);
    this.#chunk = chunks.read(this.#chunk, within, length, bytes, 0);
    this.#at += length;
    taker.content(bytes, 0, length);
  }
}
