/**
 * The entries of a cache: found by key without a lock, changed under it.
 *
 *     bucket -> slot -> slot ...     a slot: 128 bytes, see store-memory.ts
 *                |- head: a chain of chunks: numbers | key | tags | head
 *                `- content: a chain of chunks, its own or that of the entry whose head it replaced
 *
 * An entry that is given up is unlinked at once and given back when nobody reads it any more.
 */
import type { CacheKey } from '../store.ts';
import { Chunks } from './chunks.ts';
import {
  CHAIN_MAX,
  CHUNK_BYTES,
  EVICTIONS_MAX,
  FAIR_LOOKS_MAX,
  PROMOTE_USES,
  REAPED_MAX,
  USES_MAX,
} from './limits.ts';
import { Pins } from './pins.ts';
import { Queue, Queues } from './queues.ts';
import {
  Counter,
  Flag,
  Header,
  HeaderDouble,
  META_BYTES,
  SLOT_DOUBLES,
  SLOT_WORDS,
  Slot,
  SlotDouble,
  State,
  type StoreMemory,
} from './store-memory.ts';

const COMPLETE = 1 << State.complete;
const FOLLOWED = COMPLETE | (1 << State.filling);

/** One thread's hold on the entries. Slots are counted from 1; 0 is none. */
export class Entries {
  readonly memory: StoreMemory;
  readonly chunks: Chunks;
  readonly pins: Pins;
  readonly queues: Queues;
  readonly thread: number;
  /** Slots of this thread to be given up as soon as it gets the lock again. */
  readonly orphans: number[] = [];
  readonly #slots: Int32Array;
  readonly #mask: number;

  constructor(memory: StoreMemory, thread: number) {
    this.memory = memory;
    this.thread = thread;
    this.chunks = new Chunks(memory);
    this.pins = new Pins(memory, thread);
    this.queues = new Queues(memory);
    this.#slots = memory.slots;
    this.#mask = memory.plan.buckets - 1;
  }

  get(slot: number, field: number): number {
    return this.#slots[(slot - 1) * SLOT_WORDS + field]!;
  }

  set(slot: number, field: number, value: number): void {
    this.#slots[(slot - 1) * SLOT_WORDS + field] = value;
  }

  getDouble(slot: number, field: number): number {
    return this.memory.slotDoubles[(slot - 1) * SLOT_DOUBLES + field]!;
  }

  setDouble(slot: number, field: number, value: number): void {
    this.memory.slotDoubles[(slot - 1) * SLOT_DOUBLES + field] = value;
  }

  state(slot: number): number {
    return Atomics.load(this.#slots, (slot - 1) * SLOT_WORDS + Slot.state);
  }

  setState(slot: number, state: number): void {
    Atomics.store(this.#slots, (slot - 1) * SLOT_WORDS + Slot.state, state);
  }

  /** Tells who follows that entry that it has changed. */
  progress(slot: number): void {
    const word = (slot - 1) * SLOT_WORDS + Slot.progress;
    Atomics.add(this.#slots, word, 1);
    Atomics.notify(this.#slots, word);
  }

  /** The complete entry of that key, pinned; 0 without one. Needs no lock: may miss one that just comes. */
  pin(key: CacheKey): number {
    let slot = Atomics.load(this.memory.buckets, key.low & this.#mask);
    for (let links = 0; slot > 0 && links < CHAIN_MAX; links++) {
      const base = (slot - 1) * SLOT_WORDS;
      const alike =
        this.#slots[base + Slot.low] === key.low && this.#slots[base + Slot.high] === key.high;
      if (alike && this.pins.take(slot, COMPLETE)) {
        if (this.hasKey(slot, key)) {
          const uses = this.#slots[base + Slot.uses]!;
          if (uses < USES_MAX) this.#slots[base + Slot.uses] = uses + 1;
          return slot;
        }
        this.unpin(slot);
      }
      slot = this.#slots[base + Slot.chain]!;
    }
    return 0;
  }

  /** Pins that very entry, if it is being filled for all, or complete, and has that key. */
  pinFollowed(slot: number, key: CacheKey): boolean {
    if (!this.pins.take(slot, FOLLOWED)) return false;
    const shared = (this.get(slot, Slot.flags) & Flag.shared) !== 0;
    if (shared && this.hasKey(slot, key)) return true;
    this.unpin(slot);
    return false;
  }

  /** Nothing is given back here: who allocates next does that. */
  unpin(slot: number): void {
    this.pins.give(slot);
  }

  /** Is that its key? For who has it pinned, or has the lock. */
  hasKey(slot: number, key: CacheKey): boolean {
    const length = this.get(slot, Slot.keyLength);
    if (key.end - key.start !== length) return false;
    const { bytes, start } = key;
    let chunk = this.get(slot, Slot.headFirst);
    let within = META_BYTES;
    let at = 0;
    while (at < length && chunk > 0) {
      const window = this.chunks.window(chunk);
      const position = this.chunks.position(chunk) + within;
      const here = Math.min(length - at, CHUNK_BYTES - within);
      for (let i = 0; i < here; i++)
        if (window[position + i] !== bytes[start + at + i]) return false;
      at += here;
      within = 0;
      chunk = this.chunks.next(chunk);
    }
    return at >= length;
  }

  /** The indexed entry of that key; 0 without one. Under the lock. */
  find(key: CacheKey): number {
    let slot = this.memory.buckets[key.low & this.#mask]!;
    for (; slot > 0; slot = this.get(slot, Slot.chain)) {
      if (this.get(slot, Slot.low) !== key.low || this.get(slot, Slot.high) !== key.high) continue;
      if (this.hasKey(slot, key)) return slot;
    }
    return 0;
  }

  /** A slot with a head chain, being filled by this thread; `find` does not see it. 0: no room. Under the lock. */
  allocate(headChunks: number, now: number): number {
    for (const orphan of this.orphans.splice(0)) {
      this.setState(orphan, State.gone);
      this.retire(orphan);
      this.progress(orphan);
    }
    if (!this.makeRoom(headChunks, 1, now)) return 0;
    const { header } = this.memory;
    let slot = header[Header.freeSlot]!;
    if (slot > 0) header[Header.freeSlot] = this.get(slot, Slot.chain);
    else slot = ++header[Header.freshSlot]!;
    header[Header.usedSlots]!++;
    const base = (slot - 1) * SLOT_WORDS;
    const progress = this.#slots[base + Slot.progress]!;
    this.#slots.fill(0, base, base + SLOT_WORDS);
    this.#slots[base + Slot.progress] = progress;
    const serial = ++this.memory.headerDoubles[HeaderDouble.serial]!;
    this.setDouble(slot, SlotDouble.serial, serial);
    this.set(slot, Slot.owner, this.thread + 1);
    this.set(slot, Slot.body, slot);
    this.set(slot, Slot.bodyUsers, 1);
    this.set(slot, Slot.headFirst, this.chunks.take(headChunks));
    this.set(slot, Slot.headLast, this.chunks.last);
    this.set(slot, Slot.headChunks, headChunks);
    this.setState(slot, State.filling);
    return slot;
  }

  /** Has `count` chunks more for its content. False: no room. Under the lock. */
  extend(slot: number, count: number, now: number): boolean {
    if (!this.makeRoom(count, 0, now)) return false;
    const first = this.chunks.take(count);
    const last = this.get(slot, Slot.bodyLast);
    if (last > 0) this.chunks.link(last, first);
    else this.set(slot, Slot.bodyFirst, first);
    this.set(slot, Slot.bodyLast, this.chunks.last);
    this.set(slot, Slot.bodyChunks, this.get(slot, Slot.bodyChunks) + count);
    return true;
  }

  /** Makes a filled entry the one that is found; what had its key before is gone. Under the lock. */
  publish(slot: number, key: CacheKey): void {
    const before = this.find(key);
    const known = before > 0 && this.get(before, Slot.queue) === Queue.main;
    if (before > 0) this.drop(before);
    const main = known || this.queues.recall(key.high, key.low);
    this.list(slot, main ? Queue.main : Queue.small);
  }

  /** Puts it into the index and a queue. Under the lock. */
  list(slot: number, queue: number): void {
    const bucket = this.get(slot, Slot.low) & this.#mask;
    this.set(slot, Slot.chain, this.memory.buckets[bucket]!);
    this.setState(slot, State.complete);
    Atomics.store(this.memory.buckets, bucket, slot);
    const content = this.get(this.get(slot, Slot.body), Slot.bodyChunks);
    this.queues.push(queue, slot, this.get(slot, Slot.headChunks) + content);
    this.memory.header[Header.entries]!++;
  }

  /** Takes a complete entry out of everything; gives it back as soon as nobody reads it. Under the lock. */
  drop(slot: number): void {
    this.setState(slot, State.gone);
    const bucket = this.get(slot, Slot.low) & this.#mask;
    const next = this.get(slot, Slot.chain);
    let at = this.memory.buckets[bucket]!;
    if (at === slot) Atomics.store(this.memory.buckets, bucket, next);
    while (at > 0 && at !== slot) {
      const after = this.get(at, Slot.chain);
      if (after === slot) this.set(at, Slot.chain, next);
      at = after;
    }
    this.queues.remove(slot);
    this.memory.header[Header.entries]!--;
    this.retire(slot);
  }

  /** What is gone and in no list is given back, or waits among the doomed. Under the lock. */
  retire(slot: number): void {
    if (this.pins.held(slot)) this.queues.push(Queue.doomed, slot, this.get(slot, Slot.headChunks));
    else this.#free(slot);
  }

  /** Gives back what is gone and not read any more, of some that wait. Under the lock. */
  reap(): void {
    for (let looks = 0; looks < REAPED_MAX; looks++) {
      const slot = this.queues.oldest(Queue.doomed);
      if (slot === 0) return;
      if (this.pins.held(slot)) {
        this.queues.move(slot, Queue.doomed, 0);
      } else {
        this.queues.remove(slot);
        this.#free(slot);
      }
    }
  }

  /** Gives up entries until there are so many chunks and slots. Under the lock. */
  makeRoom(chunks: number, slots: number, now: number): boolean {
    const { header, plan } = this.memory;
    const enough = () =>
      this.chunks.free >= chunks && plan.slots - header[Header.usedSlots]! >= slots;
    if (enough()) return true;
    if (chunks > plan.chunks) return false;
    this.reap();
    for (let looks = 0; looks < EVICTIONS_MAX && !enough(); looks++) {
      const small = this.queues.oldest(Queue.small);
      const main = this.queues.oldest(Queue.main);
      const slot = small > 0 && (main === 0 || this.queues.smallIsFull) ? small : main;
      if (slot === 0) return false;
      // When all were used it takes too long to find the one that was used least.
      if (looks >= FAIR_LOOKS_MAX && !this.pins.held(slot)) this.evict(slot);
      else if (slot === small) this.#judgeSmall(slot, now);
      else this.#judgeMain(slot, now);
    }
    return enough();
  }

  /** The oldest of the small queue: asked for, so moved on; or not, and given up. */
  #judgeSmall(slot: number, now: number): void {
    const useless = this.getDouble(slot, SlotDouble.uselessAfter) < now;
    if (!useless && this.get(slot, Slot.uses) >= PROMOTE_USES) {
      this.queues.move(slot, Queue.main, 0);
    } else if (!useless && this.pins.held(slot)) {
      this.queues.move(slot, Queue.small, 0);
    } else {
      if (!useless) this.queues.remember(slot);
      this.evict(slot);
    }
  }

  #judgeMain(slot: number, now: number): void {
    const useless = this.getDouble(slot, SlotDouble.uselessAfter) < now;
    const uses = this.get(slot, Slot.uses);
    if (!useless && (uses > 0 || this.pins.held(slot))) {
      this.queues.move(slot, Queue.main, Math.max(0, uses - 1));
    } else {
      this.evict(slot);
    }
  }

  /** Under the lock. */
  evict(slot: number): void {
    this.drop(slot);
    this.memory.count(this.thread, Counter.evicted);
  }

  /** Its head, and its content when nobody else has that; then the slot. */
  #free(slot: number): void {
    const body = this.get(slot, Slot.body);
    this.setState(slot, State.content);
    this.chunks.give(
      this.get(slot, Slot.headFirst),
      this.get(slot, Slot.headLast),
      this.get(slot, Slot.headChunks),
    );
    this.set(slot, Slot.headFirst, 0);
    this.set(slot, Slot.headChunks, 0);
    const users = this.get(body, Slot.bodyUsers) - 1;
    this.set(body, Slot.bodyUsers, users);
    if (users === 0) {
      this.chunks.give(
        this.get(body, Slot.bodyFirst),
        this.get(body, Slot.bodyLast),
        this.get(body, Slot.bodyChunks),
      );
      this.set(body, Slot.bodyFirst, 0);
      this.set(body, Slot.bodyLast, 0);
      this.set(body, Slot.bodyChunks, 0);
      this.freeSlot(body);
    }
    if (body !== slot) this.freeSlot(slot);
  }

  /** Gives a slot back that has neither head nor content. Under the lock. */
  freeSlot(slot: number): void {
    const { header } = this.memory;
    this.setState(slot, State.free);
    this.set(slot, Slot.chain, header[Header.freeSlot]!);
    header[Header.freeSlot] = slot;
    header[Header.usedSlots]!--;
  }
}
