/** An entry as whoever looked it up has it: its head and numbers, in shared memory, pinned. */
import type { StoredContent, StoredResponse } from '../store.ts';
import type { Entries } from './entries.ts';
import { CHUNK_BYTES } from './limits.ts';
import { Flag, META_BYTES, Slot, SlotDouble } from './store-memory.ts';
import { SharedContent } from './stored-content.ts';

/** One thread's hold on one entry. */
export class StoredEntry implements StoredResponse {
  readonly bytes: Buffer;
  readonly headStart: number;
  readonly headEnd: number;
  readonly meta: Float64Array;
  readonly metaAt: number;
  readonly version: number;
  readonly tier: 'memory' | 'disk';
  readonly slot: number;
  readonly #entries: Entries;
  #held = true;

  /** `slot` must be pinned for it. */
  constructor(entries: Entries, slot: number, tier: 'memory' | 'disk') {
    this.#entries = entries;
    this.slot = slot;
    this.tier = tier;
    const { chunks } = entries;
    const first = entries.get(slot, Slot.headFirst);
    const length = entries.get(slot, Slot.headLength);
    const before =
      META_BYTES + entries.get(slot, Slot.keyLength) + entries.get(slot, Slot.tagsLength);
    const position = chunks.position(first);
    this.meta = chunks.doubles(first);
    this.metaAt = position / 8;
    this.version = entries.getDouble(slot, SlotDouble.serial);
    if (before + length <= CHUNK_BYTES) {
      this.bytes = chunks.window(first);
      this.headStart = position + before;
    } else {
      this.bytes = Buffer.allocUnsafe(length);
      this.headStart = 0;
      chunks.read(first, before, length, this.bytes, 0);
    }
    this.headEnd = this.headStart + length;
  }

  get complete(): boolean {
    return (this.#entries.get(this.slot, Slot.flags) & Flag.ended) !== 0;
  }

  get length(): number | null {
    const body = this.#entries.get(this.slot, Slot.body);
    if (this.complete) return this.#entries.get(body, Slot.length);
    const announced = this.#entries.get(this.slot, Slot.announced);
    return announced < 0 ? null : announced;
  }

  content(from: number, to: number | null): StoredContent {
    this.#entries.pins.again(this.slot);
    return new SharedContent(this.#entries, this.slot, from, to);
  }

  release(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#entries.unpin(this.slot);
  }
}
