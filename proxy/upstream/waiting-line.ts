import { QUEUE_POLL_MS } from '../limits.ts';
import type { UpstreamCells } from '../shared/upstream-cells.ts';
import type { Server } from './server.ts';
import type { QueueWaiter, ServerQueue } from './server-queue.ts';

/** What a line asks of its upstream. */
export interface LineOwner {
  /** A server with room, which is the caller's to begin at once; null: all are full, or gone. */
  choose(key: number): Server | null;
  /** Is there any server that could have room one day? */
  readonly alive: boolean;
}

/**
 * The requests of one worker that wait for an upstream whose servers are full: first come, first
 * served. A place that becomes free through this worker goes to the first in the same turn; one that
 * another worker frees is noticed by looking every `QUEUE_POLL_MS`, as long as anybody waits. When
 * the last server is gone nobody is kept waiting for it.
 */
export class WaitingLine implements ServerQueue {
  readonly #owner: LineOwner;
  readonly #max: number;
  readonly #timeoutMs: number;
  readonly #cells: UpstreamCells;
  /** Until when each may wait, by performance.now(); in the order in which they came. */
  readonly #waiters = new Map<QueueWaiter, number>();
  #advancing = false;
  #timer: NodeJS.Timeout | undefined;

  /** At most `max` wait in all workers together, each at most `timeoutMs`. */
  constructor(owner: LineOwner, max: number, timeoutMs: number, cells: UpstreamCells) {
    this.#owner = owner;
    this.#max = max;
    this.#timeoutMs = timeoutMs;
    this.#cells = cells;
  }

  /** Who waits in this worker. */
  get length(): number {
    return this.#waiters.size;
  }

  join(waiter: QueueWaiter): boolean {
    if (!this.#owner.alive) return false;
    if (this.#cells.waiting() >= this.#max) {
      this.#cells.refused();
      return false;
    }
    this.#waiters.set(waiter, performance.now() + this.#timeoutMs);
    this.#cells.joined();
    this.#look();
    return true;
  }

  leave(waiter: QueueWaiter): void {
    if (this.#waiters.delete(waiter)) this.#cells.left();
  }

  /** Gives free places to those who wait, in order, until there is none. */
  advance(): void {
    // Serving one may free a place, or bring the next request of a client: it is seen to in this loop.
    if (this.#advancing) return;
    this.#advancing = true;
    for (let first = this.#first(); first !== null; first = this.#first()) {
      const server = this.#owner.choose(first.key);
      if (server === null) break;
      this.leave(first);
      first.serve(server);
    }
    this.#advancing = false;
  }

  #first(): QueueWaiter | null {
    return this.#waiters.keys().next().value ?? null;
  }

  #look(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.advance();
      this.#expire();
      if (this.length > 0) this.#look();
    }, QUEUE_POLL_MS);
  }

  /** Who came first has waited longest, so the first who may still wait ends the search. */
  #expire(): void {
    const now = performance.now();
    const { alive } = this.#owner;
    for (let first = this.#first(); first !== null; first = this.#first()) {
      if (alive && this.#waiters.get(first)! > now) return;
      this.leave(first);
      this.#cells.expired();
      first.queueExpired();
    }
  }
}
