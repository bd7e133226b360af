/**
 * Timeouts for things that nearly always finish in time. A deadline is a number in an object that is
 * filed in a slot of a wheel. Moving it later, which every request does several times, only stores
 * the number; the wheel notices when it comes past and files it anew. One interval per thread, and
 * none while nothing is filed.
 *
 * When our own thread has not run for a while, others are not to blame: what they sent meanwhile is
 * read before anything expires, and a long stall counts for no deadline at all. So the queue's time
 * is that of the clock less all stalls.
 */
import {
  DEADLINE_SLOTS,
  DEADLINE_TICK_MS,
  EXPIRED_AT_ONCE_MAX,
  STALL_MIN_MS,
  TICK_LATENESS_MAX_MS,
} from './limits.ts';

const NOT_FILED = -1;

/** Whose time can run out. */
export interface Expiring {
  expired(): void;
}

/** Something that must happen before a certain time. Made once, set and cleared many times. */
export class Deadline {
  /** Milliseconds of the queue's clock; Infinity when not set. Only the queue writes the rest. */
  expiresAt = Number.POSITIVE_INFINITY;
  /** The tick it is filed under. */
  filedTick = NOT_FILED;
  previous: Deadline | null = null;
  next: Deadline | null = null;
  readonly #queue: DeadlineQueue;
  readonly #onExpire: (() => void) | Expiring;

  /** An object is told without a closure of its own, which idle connections would have one each of. */
  constructor(queue: DeadlineQueue, onExpire: (() => void) | Expiring) {
    this.#queue = queue;
    this.#onExpire = onExpire;
  }

  /** Expires after `delayMs`, at most two ticks late, instead of when it would have. */
  set(delayMs: number): void {
    this.expiresAt = this.#queue.now() + delayMs + DEADLINE_TICK_MS;
    this.#queue.file(this);
  }

  /**
   * Never expires, until set again, which is soon: it stays where it is filed, so that neither costs
   * anything. For the end there is `clear`.
   */
  suspend(): void {
    this.expiresAt = Number.POSITIVE_INFINITY;
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
    if (typeof this.#onExpire === 'function') this.#onExpire();
    else this.#onExpire.expired();
  }
}

/** The wheel. `clock` gives milliseconds that never go back. */
export class DeadlineQueue {
  readonly #clock: () => number;
  readonly #readAll: () => void;
  readonly #slots: (Deadline | null)[] = new Array<Deadline | null>(DEADLINE_SLOTS).fill(null);
  #interval: NodeJS.Timeout | null = null;
  #afterReads: NodeJS.Immediate | null = null;
  #goingOn: NodeJS.Immediate | null = null;
  /** The clock when last looked at, and how much of it was stalls. */
  #seen = 0;
  #stalledMs = 0;
  #now = 0;
  /** The next tick to be looked at. */
  #tick = 0;
  #filed = 0;
  /** Their time is over; those before `#dueFrom` know it. */
  readonly #due: Deadline[] = [];
  #dueFrom = 0;

  /** `readAll` has what waits in the sockets read, where an immediate comes too early for that. */
  constructor(clock: () => number, readAll: () => void = () => {}) {
    this.#clock = clock;
    this.#readAll = readAll;
  }

  /** The queue's time as of the last tick: behind by up to one tick while anything is filed. */
  now(): number {
    return this.#interval === null ? this.#clock() - this.#stalledMs : this.#now;
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
    const seen = this.#clock();
    const passed = seen - this.#seen;
    this.#seen = seen;
    if (passed > STALL_MIN_MS) this.#stalledMs += passed - DEADLINE_TICK_MS;
    this.#now = seen - this.#stalledMs;
    const last = Math.floor(this.#now / DEADLINE_TICK_MS);
    while (this.#tick <= last) {
      this.#visit(this.#tick);
      this.#tick++;
    }
    // Only now, with the lists in order: whoever expires may set and clear any other.
    this.#expireSome();
  }

  /** Stops the interval; what is filed stays, and nothing expires until something is set. */
  stop(): void {
    if (this.#interval !== null) clearInterval(this.#interval);
    this.#interval = null;
    if (this.#afterReads !== null) clearImmediate(this.#afterReads);
    this.#afterReads = null;
    if (this.#goingOn !== null) clearImmediate(this.#goingOn);
    this.#goingOn = null;
  }

  #start(): void {
    this.#seen = this.#clock();
    this.#now = this.#seen - this.#stalledMs;
    this.#tick = Math.floor(this.#now / DEADLINE_TICK_MS);
    this.#interval = setInterval(() => this.#onTick(), DEADLINE_TICK_MS);
    this.#interval.unref();
  }

  #onTick(): void {
    if (this.#clock() - this.#seen <= TICK_LATENESS_MAX_MS) {
      this.advance();
      return;
    }
    // Timers run before the sockets are polled, immediates after.
    this.#afterReads ??= setImmediate(() => {
      this.#afterReads = null;
      this.#readAll();
      this.advance();
    });
  }

  /**
   * A thousand clients that came together run out of time together. Whoever is being served has a turn
   * in between.
   */
  #expireSome(): void {
    const due = this.#due;
    const end = Math.min(due.length, this.#dueFrom + EXPIRED_AT_ONCE_MAX);
    while (this.#dueFrom < end) {
      const deadline = due[this.#dueFrom++]!;
      // It may have been set anew, or cleared, since.
      if (deadline.filedTick === NOT_FILED && deadline.expiresAt <= this.#now) deadline.expire();
    }
    if (this.#dueFrom < due.length) {
      this.#goingOn ??= setImmediate(() => {
        this.#goingOn = null;
        this.#expireSome();
      });
      return;
    }
    due.length = 0;
    this.#dueFrom = 0;
    if (this.#filed === 0) this.stop();
  }

  /** Takes what is filed under this tick or an earlier one; what is not due yet is filed anew. */
  #visit(tick: number): void {
    let deadline = this.#slots[tick % DEADLINE_SLOTS] ?? null;
    while (deadline !== null) {
      const { next } = deadline;
      if (deadline.filedTick <= tick) {
        this.#remove(deadline);
        if (deadline.expiresAt <= this.#now) this.#due.push(deadline);
        else if (deadline.expiresAt !== Number.POSITIVE_INFINITY) this.#insert(deadline);
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
