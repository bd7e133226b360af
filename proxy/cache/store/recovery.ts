/**
 * What the main thread does when a worker has died: takes from it what it held. If it died with the
 * lock, in the midst of a change, everything but the slots is made anew from them.
 */
import type { Entries } from './entries.ts';
import type { Flights } from './flights.ts';
import { Queue } from './queues.ts';
import type { SharedLock } from './shared-lock.ts';
import { Header, Slot, State } from './store-memory.ts';

/** Of the main thread. */
export interface RecoveryParts {
  readonly entries: Entries;
  readonly flights: Flights;
  readonly lock: SharedLock;
}

/** Gives back what a dead thread held, before its successor starts. True: everything was made anew. */
export function releaseThread(parts: RecoveryParts, thread: number): boolean {
  const { entries, flights, lock } = parts;
  entries.pins.clear(thread);
  const broken = lock.inherit(thread + 1);
  const locked = broken || lock.take();
  const unfinished = fillingOf(entries, thread);
  for (const slot of unfinished) entries.setState(slot, State.gone);
  if (broken) rebuild(entries);
  // Another thread may have died with the lock, and only who is here can open it: nothing waits here.
  else if (locked) for (const slot of unfinished) entries.retire(slot);
  else entries.orphans.push(...unfinished);
  flights.release(thread);
  if (locked) lock.give();
  for (const slot of unfinished) entries.progress(slot);
  return broken;
}

function fillingOf(entries: Entries, thread: number): readonly number[] {
  const found: number[] = [];
  const used = entries.memory.header[Header.freshSlot]!;
  for (let slot = 1; slot <= used; slot++) {
    const filling = entries.get(slot, Slot.state) === State.filling;
    if (filling && entries.get(slot, Slot.owner) === thread + 1) found.push(slot);
  }
  return found;
}

/** Slots that are an entry of somebody's, and have a head. */
const ALIVE = (1 << State.filling) | (1 << State.complete) | (1 << State.gone);

/**
 * Only slots are trusted: what changes them does so in an order that leaves the chains of every entry
 * whole, counted in chunks, until its state says that it is none any more. Complete entries go back into
 * the index and the queues, in another order; what others fill stays theirs; what is gone waits for its
 * readers; all other chunks and slots are free. Who looks something up meanwhile misses.
 */
function rebuild(entries: Entries): void {
  const { header, buckets, plan } = entries.memory;
  const used = Math.min(plan.slots, header[Header.freshSlot]!);
  buckets.fill(0);
  header.fill(0, Header.queues, Header.queues + 9);
  header[Header.entries] = 0;
  const owned = new Uint8Array(plan.chunks + 1);
  const users = new Int32Array(used + 1);
  const alive: number[] = [];
  for (let slot = 1; slot <= used; slot++) {
    if (((1 << entries.state(slot)) & ALIVE) === 0 || !claimHead(entries, slot, owned)) continue;
    const body = entries.get(slot, Slot.body);
    if (users[body]! === 0) claimBody(entries, body, owned);
    users[body]!++;
    alive.push(slot);
  }
  const living = new Set(alive);
  header[Header.freeSlot] = 0;
  header[Header.usedSlots] = used;
  for (let slot = 1; slot <= used; slot++) {
    entries.set(slot, Slot.bodyUsers, users[slot]!);
    if (living.has(slot)) continue;
    if (users[slot]! > 0) entries.setState(slot, State.content);
    else entries.freeSlot(slot);
  }
  freeChunks(entries, owned);
  for (const slot of alive) relist(entries, slot);
}

function claimHead(entries: Entries, slot: number, owned: Uint8Array): boolean {
  const chunks = entries.get(slot, Slot.headChunks);
  const last = claim(entries, entries.get(slot, Slot.headFirst), chunks, owned);
  entries.set(slot, Slot.headLast, last);
  return last > 0;
}

function claimBody(entries: Entries, body: number, owned: Uint8Array): void {
  const chunks = entries.get(body, Slot.bodyChunks);
  if (chunks === 0) return;
  const last = claim(entries, entries.get(body, Slot.bodyFirst), chunks, owned);
  entries.set(body, Slot.bodyLast, last);
}

/** Marks a chain of so many chunks; returns the last of them. */
function claim(entries: Entries, first: number, count: number, owned: Uint8Array): number {
  let last = 0;
  let chunk = first;
  for (let left = count; left > 0 && chunk > 0; left--) {
    owned[chunk] = 1;
    last = chunk;
    chunk = entries.chunks.next(chunk);
  }
  return last;
}

function freeChunks(entries: Entries, owned: Uint8Array): void {
  const { header } = entries.memory;
  const fresh = header[Header.freshChunk]!;
  header[Header.freeChunk] = 0;
  header[Header.usedChunks] = fresh;
  for (let chunk = fresh; chunk > 0; chunk--) {
    if (owned[chunk] === 0) entries.chunks.give(chunk, chunk, 1);
  }
}

function relist(entries: Entries, slot: number): void {
  const queue = entries.get(slot, Slot.queue);
  entries.set(slot, Slot.queue, Queue.none);
  const state = entries.state(slot);
  if (state === State.gone) entries.retire(slot);
  else if (state === State.complete) entries.list(slot, queue === Queue.main ? queue : Queue.small);
}
