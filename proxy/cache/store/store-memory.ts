/**
 * The memory of one cache, shared by all workers: one SharedArrayBuffer, laid out once.
 *
 *     header | ghosts | flights | stamps | uses | rings | counters | pins | buckets | slots | links | chunks
 *
 * - A slot is a place for one entry: where its bytes are, whose it is, its places in queues and chains.
 * - A chunk is CHUNK_BYTES of content or head. `links` has one number per chunk: the next of its chain.
 * - `pins` has one number per thread and slot, which only that thread writes: how often it holds it.
 *   So a hit writes in no place that another thread writes, and what a dead thread held is one row.
 * - References are counted from 1: 0 is none, as in memory that is new.
 *
 * The whole never takes more than it was made for.
 */
import { randomBytes } from 'node:crypto';
import type { HashSeed } from '../../limiting/key-hash.ts';
import { StartError } from '../../start-error.ts';
import { META_DOUBLES } from '../store.ts';
import { presenceBytes } from './disk/presence.ts';
import * as limits from './limits.ts';

/** What threads are given of a cache. Plain data. */
export interface CacheMemory {
  /** Which memory it is: a thread cannot tell that from the buffer it is sent. */
  readonly id: number;
  readonly name: string;
  readonly memory: SharedArrayBuffer;
  /** Of the hash of keys; secret, so that nobody can choose keys that meet. */
  readonly seed: HashSeed;
  /** Threads that have a hold on it: the workers, then the main thread. */
  readonly threads: number;
  readonly objectMax: number;
  /** Which keys may be on disk; null without a disk. */
  readonly presence: SharedArrayBuffer | null;
}

/** Int32 of the header. */
export const Header = {
  lock: 0,
  /** First of those given back; chunks that were never used are not among them. */
  freeChunk: 1,
  usedChunks: 2,
  freeSlot: 3,
  usedSlots: 4,
  /** Three queues, each: first slot, last slot, chunks in it. */
  queues: 5,
  entries: 14,
  ghostClock: 15,
  /** Purges so far. */
  purges: 16,
  /** Counted uses since they were halved last. */
  usesCounted: 17,
  /** Grows when a ring has something new; the main thread waits on it. */
  signal: 18,
  /** Three rings, each: next to read, next to write. */
  rings: 19,
  /** So many, the first ones, were ever used. */
  freshChunk: 25,
  freshSlot: 26,
  /** One of `Disk`. */
  disk: 27,
} as const;

/**
 * The disk behind a cache. `indexing`: what is on it is not known in full; `lost`: neither is what should
 * be on it no more, because a ring was full.
 */
export const Disk = { none: 0, on: 1, indexing: 2, lost: 3 } as const;

/** Doubles of the header. */
export const HeaderDouble = {
  serial: 16,
  diskEntries: 17,
  diskBytes: 18,
  diskCapacity: 19,
} as const;

/** Int32 of a slot. */
export const Slot = {
  state: 0,
  /** Thread + 1 of who fills it. */
  owner: 1,
  high: 2,
  low: 3,
  chain: 4,
  previous: 5,
  next: 6,
  queue: 7,
  uses: 8,
  headFirst: 9,
  headLast: 10,
  headChunks: 11,
  keyLength: 12,
  tagsLength: 13,
  headLength: 14,
  bodyFirst: 15,
  bodyLast: 16,
  bodyChunks: 17,
  /** The slot that has the content, itself but for an entry whose head was changed. */
  body: 18,
  /** Slots that use this one's content, itself included. */
  bodyUsers: 19,
  /** Grows with the content and with the state; followers wait on it. */
  progress: 20,
  /** Announced content, -1 when unknown. */
  announced: 21,
  /** Content that is there. */
  length: 22,
  flags: 23,
  stampCell: 24,
  /** Chunks it counts for in its queue. */
  charged: 25,
} as const;
/** Doubles of a slot: its version, when it is of no use any more, its stamp. */
export const SlotDouble = { serial: 13, uselessAfter: 14, stamp: 15 } as const;
export const SLOT_WORDS = 32;
export const SLOT_DOUBLES = 16;

/** What a slot is. `gone`: nobody can find it, but somebody may read it. `content`: only its content is in use. */
export const State = { free: 0, filling: 1, complete: 2, gone: 3, content: 4 } as const;

/** Of an entry. `ended`: all of its content is there. */
export const Flag = { shared: 1, fromDisk: 2, ended: 4 } as const;

/** Doubles before key, tags and head in the first chunk of an entry. */
export const META_BYTES = META_DOUBLES * 8;

/** Int32 per flight; see flights.ts. */
export const FLIGHT_WORDS = 8;

/** Int32 per place of a ring; see rings.ts. */
export const RING_WORDS = 4;

/** What each thread counts, doubles; a row is a cache line. */
export const Counter = {
  stored: 0,
  evicted: 1,
  refused: 2,
  purged: 3,
  hits: 4,
  misses: 5,
} as const;
const COUNTER_STRIDE = 8;

const HEADER_BYTES = 256;

interface Plan {
  readonly slots: number;
  readonly chunks: number;
  readonly buckets: number;
  readonly ghosts: number;
  readonly cells: number;
  readonly flightSets: number;
}

/** At least that, a power of two. */
function powerAbove(least: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, least)));
}

function fixedBytes(cells: number, flightSets: number, threads: number): number {
  const flights = flightSets * limits.FLIGHT_WAYS * (FLIGHT_WORDS * 4);
  const rings = 3 * limits.RING_SIZE * RING_WORDS * 4;
  return HEADER_BYTES + flights + cells * 8 + rings + threads * COUNTER_STRIDE * 8;
}

/** How much of everything fits; the tables are counted at the most they can take. */
function planOf(bytes: number, threads: number): Plan {
  const perKib = powerAbove(bytes / 2048);
  const cells = Math.min(limits.HASHED_CELLS_MAX, Math.max(limits.HASHED_CELLS_MIN, perKib));
  const flightSets = Math.min(limits.FLIGHT_SETS_MAX, cells / 16);
  const left = bytes - fixedBytes(cells, flightSets, threads) - limits.CHUNK_BYTES;
  const tables = 8 + 16 + threads * 4;
  const perSlot = SLOT_WORDS * 4 + tables + limits.CHUNKS_PER_SLOT * (limits.CHUNK_BYTES + 4);
  const slots = Math.floor(left / perSlot);
  const buckets = powerAbove(slots);
  return {
    slots,
    chunks: slots * limits.CHUNKS_PER_SLOT,
    buckets,
    ghosts: buckets,
    cells,
    flightSets,
  };
}

let nextId = 1;

/** Makes the memory of a cache, `bytes` at most; the kernel gives pages only where something is written. */
export function createCacheMemory(options: {
  readonly name: string;
  readonly bytes: number;
  readonly objectMax: number;
  readonly workers: number;
  /** Of the disk tier; null without one. */
  readonly diskBytes: number | null;
  /** Drawn at random unless given. */
  readonly seed?: HashSeed;
}): CacheMemory {
  const bytes = Math.floor(options.bytes / 8) * 8;
  if (bytes < limits.STORE_BYTES_MIN) throw new RangeError(`a cache of ${bytes} bytes`);
  const random = randomBytes(8);
  return {
    id: nextId++,
    name: options.name,
    memory: allocate(options.name, bytes),
    seed: options.seed ?? [random.readUInt32LE(0), random.readUInt32LE(4)],
    threads: options.workers + 1,
    objectMax: Math.floor(Math.min(options.objectMax, bytes * limits.OBJECT_SHARE_MAX)),
    presence:
      options.diskBytes === null ? null : new SharedArrayBuffer(presenceBytes(options.diskBytes)),
  };
}

/** Throws StartError when the system does not give so much. */
function allocate(name: string, bytes: number): SharedArrayBuffer {
  try {
    return new SharedArrayBuffer(bytes);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const mib = Math.round(bytes / 1024 ** 2);
    throw new StartError(`the system has no ${mib} MiB of memory for cache ${name}`);
  }
}

/** One thread's view of the memory. */
export class StoreMemory {
  readonly plan: Plan;
  readonly threads: number;
  readonly header: Int32Array;
  readonly headerDoubles: Float64Array;
  /** [tag, time] pairs. */
  readonly ghosts: Int32Array;
  readonly flights: Int32Array;
  readonly flightDoubles: Float64Array;
  readonly stamps: Int32Array;
  readonly uses: Int32Array;
  readonly rings: Int32Array;
  readonly counters: Float64Array;
  readonly pins: Int32Array;
  readonly buckets: Int32Array;
  readonly slots: Int32Array;
  readonly slotDoubles: Float64Array;
  readonly links: Int32Array;
  /** The chunks, WINDOW_CHUNKS in each. */
  readonly windows: readonly Buffer[];
  readonly windowDoubles: readonly Float64Array[];
  #at = 0;

  constructor({ memory, threads }: CacheMemory) {
    this.plan = planOf(memory.byteLength, threads);
    this.threads = threads;
    const { slots, chunks, buckets, ghosts, cells, flightSets } = this.plan;
    this.header = new Int32Array(memory, 0, HEADER_BYTES / 4);
    this.headerDoubles = new Float64Array(memory, 0, HEADER_BYTES / 8);
    this.#at = HEADER_BYTES;
    this.counters = this.#doubles(memory, threads * COUNTER_STRIDE);
    const flightDoubles = flightSets * limits.FLIGHT_WAYS * (FLIGHT_WORDS / 2);
    this.flightDoubles = new Float64Array(memory, this.#at, flightDoubles);
    this.flights = this.#words(memory, flightSets * limits.FLIGHT_WAYS * FLIGHT_WORDS);
    this.ghosts = this.#words(memory, ghosts * 2);
    this.stamps = this.#words(memory, cells);
    this.uses = this.#words(memory, cells);
    this.rings = this.#words(memory, 3 * limits.RING_SIZE * RING_WORDS);
    this.slotDoubles = new Float64Array(memory, this.#at, slots * SLOT_DOUBLES);
    this.slots = this.#words(memory, slots * SLOT_WORDS);
    this.pins = this.#words(memory, threads * slots);
    this.buckets = this.#words(memory, buckets);
    this.links = this.#words(memory, chunks);
    const base = Math.ceil(this.#at / 8) * 8;
    const windows: Buffer[] = [];
    const doubles: Float64Array[] = [];
    for (let first = 0; first < chunks; first += limits.WINDOW_CHUNKS) {
      const length = Math.min(limits.WINDOW_CHUNKS, chunks - first) * limits.CHUNK_BYTES;
      windows.push(Buffer.from(memory, base + first * limits.CHUNK_BYTES, length));
      doubles.push(new Float64Array(memory, base + first * limits.CHUNK_BYTES, length / 8));
    }
    this.windows = windows;
    this.windowDoubles = doubles;
  }

  /** What that thread has counted since the start, row by row. */
  count(thread: number, counter: number, more = 1): void {
    this.counters[thread * COUNTER_STRIDE + counter]! += more;
  }

  /** What all threads have counted. */
  total(counter: number): number {
    let sum = 0;
    for (let row = 0; row < this.threads; row++)
      sum += this.counters[row * COUNTER_STRIDE + counter]!;
    return sum;
  }

  #words(memory: SharedArrayBuffer, length: number): Int32Array {
    const words = new Int32Array(memory, this.#at, length);
    this.#at += words.byteLength;
    return words;
  }

  #doubles(memory: SharedArrayBuffer, length: number): Float64Array {
    const doubles = new Float64Array(memory, this.#at, length);
    this.#at += doubles.byteLength;
    return doubles;
  }
}
