/**
 * Timeouts for things that nearly always finish in time. A deadline is a number in an object that is
 * filed in a slot of a wheel. Moving it later, which every request does several times, only stores
 * the number; the wheel notices when it comes past and files it anew. One interval per thread, and
 * none while nothing is filed.
 */
import { DEADLINE_SLOTS, DEADLINE_TICK_MS } from './limits.ts';

const NOT_FILED = -1;

/** Something that must happen before a certain time. Made once, set and cleared many times. */
export class Deadline {
  /** Milliseconds of the queue's clock; Infinity when not set. Only the queue writes the rest. */
  expiresAt = Number.POSITIVE_INFINITY;
  /** The tick it is filed under. */
  filedTick = NOT_FILED;
  previous: Deadline | null = null;
  next: Deadline | null = null;
  readonly #queue: DeadlineQueue;
  readonly #onExpire: () => void;

  constructor(queue: DeadlineQueue, onExpire: () => void) {
    this.#queue = queue;
    this.#onExpire = onExpire;
  }

  /** Expires after `delayMs`, at most two ticks late, instead of when it would have. */
  set(delayMs: number): void {
    this.expiresAt = this.#queue.now() + delayMs + DEADLINE_TICK_MS;
    this.#queue.file(this);
  }

  /**
   * Never expires, until set again. The wheel lets go of it at once: it would otherwise keep a closed
   * connection in memory for the rest of its timeout.
   */
  clear(): void {
    this.expiresAt = Number.POSITIVE_INFINITY;
    this.#queue.forget(this);
  }

  /** Called by the queue. */
  expire(): void {
    this.expiresAt = Number.POSITIVE_INFINITY;
    this.#onExpire();
  }
}

/** The wheel. `clock` gives milliseconds that never go back. */
export class DeadlineQueue {
  readonly #clock: () => number;
  readonly #slots: (Deadline | null)[] = new Array<Deadline | null>(DEADLINE_SLOTS).fill(null);
  #interval: NodeJS.Timeout | null = null;
  #now = 0;
  /** The next tick to be looked at. */
  #tick = 0;
  #filed = 0;
  readonly #due: Deadline[] = [];

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** The clock as of the last tick: behind by up to one tick while anything is filed. */
  now(): number {
    return this.#interval === null ? this.#clock() : this.#now;
  }

  /** Deadlines the wheel holds. */
  get filed(): number {
    return this.#filed;
  }

  /** Called by Deadline. */
  file(deadline: Deadline): void {
    if (deadline.filedTick !== NOT_FILED) {
      if (deadline.filedTick * DEADLINE_TICK_MS <= deadline.expiresAt) return;
      this.#remove(deadline);
    }
    if (this.#interval === null) this.#start();
    this.#insert(deadline);
  }

  /** Called by Deadline. */
  forget(deadline: Deadline): void {
    if (deadline.filedTick !== NOT_FILED) this.#remove(deadline);
  }

  /** Expires what is due. The interval calls it; tests may. */
  advance(): void {
    this.#now = this.#clock();
    const last = Math.floor(this.#now / DEADLINE_TICK_MS);
    // After a stall longer than a turn, one turn has seen every slot.
    if (last - this.#tick >= DEADLINE_SLOTS) this.#tick = last - DEADLINE_SLOTS + 1;
    while (this.#tick <= last) {
      this.#visit(this.#tick);
      this.#tick++;
    }
    // Only now, with the lists in order: whoever expires may set and clear any other.
    for (const deadline of this.#due.splice(0)) {
      if (deadline.filedTick === NOT_FILED && deadline.expiresAt <= this.#now) deadline.expire();
    }
    if (this.#filed === 0) this.stop();
  }

  /** Stops the interval; what is filed stays, and nothing expires until something is set. */
  stop(): void {
    if (this.#interval !== null) clearInterval(this.#interval);
    this.#interval = null;
  }

  #start(): void {
    this.#now = this.#clock();
    this.#tick = Math.floor(this.#now / DEADLINE_TICK_MS);
    this.#interval = setInterval(() => this.advance(), DEADLINE_TICK_MS);
    this.#interval.unref();
  }

  /** Takes what is filed under this tick or an earlier one; what is not due yet is filed anew. */
  #visit(tick: number): void {
    let deadline = this.#slots[tick % DEADLINE_SLOTS] ?? null;
    while (deadline !== null) {
      const { next } = deadline;
      if (deadline.filedTick <= tick) {
        this.#remove(deadline);
        if (deadline.expiresAt <= this.#now) this.#due.push(deadline);
        else this.#insert(deadline);
      }
      deadline = next;
    }
  }

  #insert(deadline: Deadline): void {
    const tick = Math.max(Math.floor(deadline.expiresAt / DEADLINE_TICK_MS), this.#tick + 1);
    const slot = tick % DEADLINE_SLOTS;
    const head = this.#slots[slot] ?? null;
    deadline.filedTick = tick;
    deadline.previous = null;
    deadline.next = head;
    if (head !== null) head.previous = deadline;
    this.#slots[slot] = deadline;
    this.#filed++;
  }

  #remove(deadline: Deadline): void {
    if (deadline.previous === null) {
      this.#slots[deadline.filedTick % DEADLINE_SLOTS] = deadline.next;
    } else {
      deadline.previous.next = deadline.next;
    }
    if (deadline.next !== null) deadline.next.previous = deadline.previous;
    deadline.filedTick = NOT_FILED;
    deadline.previous = null;
    deadline.next = null;
    this.#filed--;
  }
}
