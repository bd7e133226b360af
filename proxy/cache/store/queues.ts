/**
 * The order in which entries are given up: S3-FIFO (Yang and others, SOSP 2023). New entries go into a
 * small queue of a tenth of the memory; what is not asked for again while it is there leaves, and only
 * its hash is remembered (the ghosts). What is asked for again, then or soon after, goes into the main
 * queue, whose last entry gets another turn for each use. So a crawler that asks for everything once
 * goes through the small queue and moves nothing in the main one; and a hit writes one number, no lists.
 *
 * Everything here is for who has the lock.
 */
import { GHOST_WAYS, SMALL_SHARE } from './limits.ts';
import { Header, SLOT_WORDS, Slot, type StoreMemory } from './store-memory.ts';

/** Queues an entry may be in. `doomed`: gone, but still read by somebody. */
export const Queue = { none: 0, small: 1, main: 2, doomed: 3 } as const;

/** Three numbers per queue in the header. */
const HEAD = 0;
const TAIL = 1;
const CHUNKS = 2;

/** One thread's hold on the queues. Slots are counted from 1. */
export class Queues {
  readonly #memory: StoreMemory;
  readonly #slots: Int32Array;
  readonly #header: Int32Array;

  constructor(memory: StoreMemory) {
    this.#memory = memory;
    this.#slots = memory.slots;
    this.#header = memory.header;
  }

  /** The entry that is longest in that queue; 0 without one. */
  oldest(queue: number): number {
    return this.#header[at(queue) + TAIL]!;
  }

  /** The one that came after it. */
  newer(slot: number): number {
    return this.#slots[(slot - 1) * SLOT_WORDS + Slot.previous]!;
  }

  chunks(queue: number): number {
    return this.#header[at(queue) + CHUNKS]!;
  }

  /** Does the small queue have more than its share? */
  get smallIsFull(): boolean {
    return this.chunks(Queue.small) >= this.#memory.plan.chunks * SMALL_SHARE;
  }

  push(queue: number, slot: number, chunks: number): void {
    const base = (slot - 1) * SLOT_WORDS;
    const head = at(queue);
    const first = this.#header[head]!;
    this.#slots[base + Slot.queue] = queue;
    this.#slots[base + Slot.charged] = chunks;
    this.#slots[base + Slot.previous] = 0;
    this.#slots[base + Slot.next] = first;
    if (first > 0) this.#slots[(first - 1) * SLOT_WORDS + Slot.previous] = slot;
    else this.#header[head + TAIL] = slot;
    this.#header[head + HEAD] = slot;
    this.#header[head + CHUNKS]! += chunks;
  }

  /** Takes it out of the queue it is in, if it is in any. */
  remove(slot: number): void {
    const base = (slot - 1) * SLOT_WORDS;
    const queue = this.#slots[base + Slot.queue]!;
    if (queue === Queue.none) return;
    const head = at(queue);
    const previous = this.#slots[base + Slot.previous]!;
    const next = this.#slots[base + Slot.next]!;
    if (previous > 0) this.#slots[(previous - 1) * SLOT_WORDS + Slot.next] = next;
    else this.#header[head + HEAD] = next;
    if (next > 0) this.#slots[(next - 1) * SLOT_WORDS + Slot.previous] = previous;
    else this.#header[head + TAIL] = previous;
    this.#header[head + CHUNKS]! -= this.#slots[base + Slot.charged]!;
    this.#slots[base + Slot.queue] = Queue.none;
  }

  /** To the newest place of a queue, with that many uses left. */
  move(slot: number, queue: number, uses: number): void {
    const base = (slot - 1) * SLOT_WORDS;
    const chunks = this.#slots[base + Slot.charged]!;
    this.remove(slot);
    this.push(queue, slot, chunks);
    this.#slots[base + Slot.uses] = uses;
  }

  /** Remembers the hash of an entry that leaves the small queue. */
  remember(slot: number): void {
    const { ghosts } = this.#memory;
    const base = (slot - 1) * SLOT_WORDS;
    const set = this.#ghostSet(this.#slots[base + Slot.low]!);
    const clock = (this.#header[Header.ghostClock]! + 1) | 0;
    this.#header[Header.ghostClock] = clock;
    let oldest = set;
    for (let way = set; way < set + GHOST_WAYS * 2; way += 2) {
      const age = (clock - ghosts[way + 1]!) >>> 0;
      if (age > (clock - ghosts[oldest + 1]!) >>> 0) oldest = way;
    }
    ghosts[oldest] = this.#slots[base + Slot.high]!;
    ghosts[oldest + 1] = clock;
  }

  /** Left an entry of that hash the small queue lately? Lately: as many left since as there are entries. */
  recall(high: number, low: number): boolean {
    const { ghosts, header } = this.#memory;
    const set = this.#ghostSet(low);
    for (let way = set; way < set + GHOST_WAYS * 2; way += 2) {
      if (ghosts[way] !== high || ghosts[way + 1] === 0) continue;
      const age = (header[Header.ghostClock]! - ghosts[way + 1]!) >>> 0;
      return age <= Math.max(GHOST_WAYS, header[Header.entries]!);
    }
    return false;
  }

  #ghostSet(low: number): number {
    const sets = this.#memory.plan.ghosts / GHOST_WAYS;
    return ((low >>> 4) & (sets - 1)) * GHOST_WAYS * 2;
  }
}

function at(queue: number): number {
  return Header.queues + (queue - 1) * 3;
}
