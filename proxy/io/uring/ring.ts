import { OsError } from '../../../src/os/errors.ts';
import { enterRing, registerWithRing, setUpRing } from '../../../src/os/io-uring.ts';
import { libc } from '../../../src/os/libc.ts';
import { type MappedMemory, mapDescriptor } from '../../../src/os/mapped-memory.ts';
import {
  CANCEL_ALL,
  CANCEL_ANY,
  CQ_EVENTFD_DISABLED,
  ENTER_GET_EVENTS,
  Errno,
  FEATURE_NO_DROP,
  FEATURE_SINGLE_MMAP,
  FEATURE_SUBMIT_STABLE,
  OFFSET_ENTRIES,
  OFFSET_RINGS,
  REGISTER_SYNC_CANCEL,
  SETUP_CQ_SIZE,
  SETUP_DEFER_TASKRUN,
  SETUP_SINGLE_ISSUER,
  SETUP_SUBMIT_ALL,
  SETUP_TASKRUN_FLAG,
  SQ_CQ_OVERFLOW,
  SQ_TASKRUN,
} from './abi.ts';
import { REFUSALS_MAX } from './limits.ts';

const PARAMETERS_BYTES = 120;
const SETUP_FLAGS =
  SETUP_CQ_SIZE | SETUP_SUBMIT_ALL | SETUP_SINGLE_ISSUER | SETUP_DEFER_TASKRUN | SETUP_TASKRUN_FLAG;
const FEATURES = FEATURE_SINGLE_MMAP | FEATURE_NO_DROP | FEATURE_SUBMIT_STABLE;

/** Words of the parameters. */
const Word = { cqEntries: 1, flags: 2, features: 5, sqOffsets: 10, cqOffsets: 20 } as const;
/** Words within the offsets. */
const Offset = { head: 0, tail: 1, sqFlags: 4, sqArray: 6, cqes: 5, cqFlags: 6 } as const;

const ENTRY_WORDS = 16;
const COMPLETION_WORDS = 4;
/** Of one completion: the two words of its entry's user data, the result, flags. */
export const COMPLETION_BYTES = 16;
const ENTRY_BYTES = 64;
/** Values of the lower half of an address. */
const WORD = 2 ** 32;

/** Why the kernel takes no entries just now: it lacks memory, or was interrupted. */
const PASSING: ReadonlySet<number> = new Set([Errno.again, Errno.interrupted, Errno.busy]);

/** Takes completions, in order. `low` and `high` are the two halves of the entry's user data. */
export interface CompletionTaker {
  /** One is next. Its descriptor, should it bring one, is to be noted before anything can go wrong. */
  arriving(low: number, result: number): void;
  completed(low: number, high: number, result: number, flags: number): void;
}

/** Places in the memory of the queues, in bytes. */
export interface CompletionLayout {
  readonly head: number;
  readonly tail: number;
  readonly entries: number;
  /** One less than there are. */
  readonly mask: number;
}

/** The kernel has no ring that does what we need. */
export class RingUnusableError extends Error {
  override readonly name = 'RingUnusableError';
}

/**
 * The two queues shared with the kernel. Entries are written as integers, and go out with the next
 * `enter`, which also has the kernel complete what is ready. All on the thread that made the ring.
 */
export class Ring {
  readonly fd: number;
  readonly #entries: Int32Array;
  readonly #queues: MappedMemory;
  readonly #entriesMemory: MappedMemory;
  readonly #words: Int32Array;
  readonly #completions: Int32Array;
  readonly #sqTail: number;
  readonly #sqFlags: number;
  readonly #sqMask: number;
  readonly #sqSize: number;
  readonly #cqHead: number;
  readonly #cqTail: number;
  readonly #cqFlags: number;
  readonly #cqMask: number;
  #tail = 0;
  #waiting = 0;
  #head = 0;
  #closed = false;
  readonly #beforeEntering: () => void;

  /**
   * `beforeEntering` is called right before the kernel is given what was written. Throws OsError when the
   * kernel refuses, RingUnusableError when it lacks something.
   */
  constructor(submissionsMax: number, completionsMax: number, beforeEntering = () => {}) {
    this.#beforeEntering = beforeEntering;
    const parameters = new Int32Array(PARAMETERS_BYTES / 4);
    parameters[Word.cqEntries] = completionsMax;
    parameters[Word.flags] = SETUP_FLAGS;
    this.fd = setUpRing(submissionsMax, new Uint8Array(parameters.buffer));
    if ((parameters[Word.features]! & FEATURES) !== FEATURES) {
      libc().close(this.fd);
      throw new RingUnusableError('the rings of this kernel are too old');
    }
    const sq = (offset: number) => parameters[Word.sqOffsets + offset]!;
    const cq = (offset: number) => parameters[Word.cqOffsets + offset]!;
    this.#sqSize = parameters[0]!;
    const cqSize = parameters[Word.cqEntries]!;
    const length = Math.max(
      sq(Offset.sqArray) + 4 * this.#sqSize,
      cq(Offset.cqes) + COMPLETION_BYTES * cqSize,
    );
    [this.#queues, this.#entriesMemory] = mapQueues(this.fd, length, ENTRY_BYTES * this.#sqSize);
    const buffer = this.#queues.view();
    this.#words = new Int32Array(buffer, 0, length >> 2);
    this.#completions = new Int32Array(buffer, cq(Offset.cqes), COMPLETION_WORDS * cqSize);
    this.#entries = new Int32Array(this.#entriesMemory.view());
    this.#sqTail = sq(Offset.tail) >> 2;
    this.#sqFlags = sq(Offset.sqFlags) >> 2;
    this.#sqMask = this.#sqSize - 1;
    this.#cqHead = cq(Offset.head) >> 2;
    this.#cqTail = cq(Offset.tail) >> 2;
    this.#cqFlags = cq(Offset.cqFlags) >> 2;
    this.#cqMask = cqSize - 1;
    // Entries are used in turn, so each place of the queue always means the entry of the same number.
    const array = sq(Offset.sqArray) >> 2;
    for (let index = 0; index < this.#sqSize; index++) this.#words[array + index] = index;
  }

  /** What the kernel shares with us. */
  get mappings(): readonly MappedMemory[] {
    return [this.#queues, this.#entriesMemory];
  }

  /** Where the completions are, for who looks at the queues when this thread is gone. */
  get layout(): CompletionLayout {
    const { byteOffset } = this.#completions;
    return {
      head: 4 * this.#cqHead,
      tail: 4 * this.#cqTail,
      entries: byteOffset,
      mask: this.#cqMask,
    };
  }

  /** Entries that can be written before some must be submitted. */
  get size(): number {
    return this.#sqSize;
  }

  /** Entries written and not submitted yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Writes an entry. `operation` has flags and ioprio in its upper bytes; `low` and `high` come back with
   * each of its completions.
   */
  push(
    operation: number,
    fd: number,
    offset: number,
    address: number,
    length: number,
    flags: number,
    low: number,
    high: number,
    group: number,
  ): void {
    this.makeRoom();
    const entries = this.#entries;
    const at = (this.#tail & this.#sqMask) * ENTRY_WORDS;
    entries[at] = operation;
    entries[at + 1] = fd;
    entries[at + 2] = offset;
    entries[at + 4] = address | 0;
    entries[at + 5] = (address / WORD) | 0;
    entries[at + 6] = length;
    entries[at + 7] = flags;
    entries[at + 8] = low;
    entries[at + 9] = high;
    entries[at + 10] = group;
    this.#tail = (this.#tail + 1) | 0;
    this.#waiting++;
  }

  /**
   * Has room for one more entry, or throws: to write over one that the kernel has not read would send
   * one connection's bytes to another.
   */
  makeRoom(): void {
    for (let refusals = 0; this.#waiting === this.#sqSize; refusals++) {
      if (refusals === REFUSALS_MAX) throw new OsError('io_uring_enter', -Errno.again, 'full');
      this.enter();
    }
  }

  /**
   * Submits what was written and has the kernel complete what is ready. It does not wait. Entries that the
   * kernel had no room for stay, for the next time. Throws OsError when the ring is of no use any more.
   */
  enter(): void {
    Atomics.store(this.#words, this.#sqTail, this.#tail);
    this.#beforeEntering();
    const taken = enterRing(this.fd, this.#waiting, 0, ENTER_GET_EVENTS);
    if (taken >= 0) this.#waiting -= taken;
    else if (!PASSING.has(taken)) throw new OsError('io_uring_enter', -taken, 'ring');
  }

  /** Hands over all completions there are; returns how many. */
  reap(taker: CompletionTaker): number {
    const completions = this.#completions;
    const words = this.#words;
    const tail = Atomics.load(words, this.#cqTail);
    let head = this.#head;
    const count = (tail - head) | 0;
    while (head !== tail) {
      const at = (head & this.#cqMask) * COMPLETION_WORDS;
      const low = completions[at]!;
      const high = completions[at + 1]!;
      const result = completions[at + 2]!;
      const flags = completions[at + 3]!;
      taker.arriving(low, result);
      head = (head + 1) | 0;
      // Before it is handled: should the handler throw, the rest can still be taken, and should the thread
      // be ended there, others see which are left. The kernel writes none but in `enter`.
      this.#head = head;
      words[this.#cqHead] = head;
      taker.completed(low, high, result, flags);
    }
    return count;
  }

  /** Is there anything to reap, or for the kernel to complete? */
  get ready(): boolean {
    const words = this.#words;
    if (Atomics.load(words, this.#cqTail) !== this.#head) return true;
    return (Atomics.load(words, this.#sqFlags) & (SQ_TASKRUN | SQ_CQ_OVERFLOW)) !== 0;
  }

  /** Whether the registered eventfd is told of completions. */
  signal(on: boolean): void {
    Atomics.store(this.#words, this.#cqFlags, on ? 0 : CQ_EVENTFD_DISABLED);
  }

  /** Takes back what was written and not submitted; `visit` learns what it was. */
  withdraw(visit: (operation: number, fd: number, low: number) => void): void {
    const entries = this.#entries;
    for (; this.#waiting > 0; this.#waiting--) {
      this.#tail = (this.#tail - 1) | 0;
      const at = (this.#tail & this.#sqMask) * ENTRY_WORDS;
      visit(entries[at]! & 0xff, entries[at + 1]!, entries[at + 8]!);
    }
    Atomics.store(this.#words, this.#sqTail, this.#tail);
  }

  /** Ends every operation there is; their completions follow. */
  cancelAll(): void {
    const request = new Uint8Array(64);
    const view = new DataView(request.buffer);
    view.setInt32(8, -1, true);
    view.setUint32(12, CANCEL_ALL | CANCEL_ANY, true);
    // No time limit.
    view.setBigInt64(16, -1n, true);
    view.setBigInt64(24, -1n, true);
    try {
      registerWithRing(this.fd, REGISTER_SYNC_CANCEL, request, 1);
    } catch {
      // ENOENT: there is none.
    }
  }

  /** Ends it. Its memory is given back only if nothing is outstanding. */
  close(release: boolean): void {
    if (this.#closed) return;
    this.#closed = true;
    libc().close(this.fd);
    if (!release) return;
    this.#queues.release();
    this.#entriesMemory.release();
  }
}

/** The queues and the entries; the descriptor is closed if they cannot be had. */
function mapQueues(fd: number, queues: number, entries: number): [MappedMemory, MappedMemory] {
  let first: MappedMemory | undefined;
  try {
    first = mapDescriptor(fd, queues, OFFSET_RINGS);
    return [first, mapDescriptor(fd, entries, OFFSET_ENTRIES)];
  } catch (error) {
    first?.release();
    libc().close(fd);
    throw error;
  }
}
