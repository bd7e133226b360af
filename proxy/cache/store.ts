/**
 * What a cache needs of the memory behind it, which all workers share. The store knows keys, heads,
 * bodies and places; it knows nothing of HTTP. What may be stored, what may be used and for how long
 * is decided in front of it.
 *
 *     absent --lock--> being fetched --begin--> filling --commit--> complete --invalidate, purge, room--> gone
 *                            \--unlock--> absent  \--abort--> absent (an older complete one stays)
 *
 * A key is all of what tells one response from others, variant included: the store compares bytes.
 * One thread's hold on a store is one object; every call returns at once and none throws.
 */
import type { ProxyErrorCode } from '../errors.ts';

/** A key: bytes [start, end), and their keyed hash, as two signed 32-bit halves. Valid in a call. */
export interface CacheKey {
  readonly high: number;
  readonly low: number;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Doubles that the store keeps with an entry without reading them; `proxy/cache` names them. */
export const META_DOUBLES = 16;

/**
 * What takes the content of a stored response. Bytes stay as they are: they can be sent from where they
 * are, however long that takes.
 */
export interface ContentTaker {
  content(bytes: Buffer, start: number, end: number): void;
  /** What came so far may be written: the next comes later. */
  flush(): void;
  end(trailers: Buffer): void;
  failed(code: ProxyErrorCode): void;
}

/** The content of a stored response, or a range of it, on its way to somebody. */
export interface StoredContent {
  /** Once. From memory everything may come, and end, within this call. */
  start(to: ContentTaker): void;
  /** May be called within `content`: nothing comes after it until `resume`. */
  pause(): void;
  resume(): void;
  /** It is not wanted any more. Not needed after `end` or `failed`. */
  drop(): void;
}

/** A stored response, pinned: neither moved nor given away until `release`. */
export interface StoredResponse {
  /** The stored head in bytes [headStart, headEnd) of `bytes`; ready to be parsed or written. */
  readonly bytes: Buffer;
  readonly headStart: number;
  readonly headEnd: number;
  /** META_DOUBLES numbers, from `metaAt` on, as they were given to `begin` or `update`. */
  readonly meta: Float64Array;
  readonly metaAt: number;
  /** Tells this head and content from every other one that this store ever had. */
  readonly version: number;
  /** Bytes of content; null while it is filling and its length was not announced. */
  readonly length: number | null;
  /** False: still filling; what is there can be read, and the rest when it comes. */
  readonly complete: boolean;
  readonly tier: 'memory' | 'disk';
  /**
   * Content [from, to), to: null for the end. It keeps its own hold on the entry, so that `release`
   * may come first. Of a filling entry it follows the writer, also of another worker, and fails with
   * `server_closed` when the writer aborts.
   */
  content(from: number, to: number | null): StoredContent;
  /** Once. */
  release(): void;
}

/** What becomes an entry. */
export interface NewEntry {
  readonly key: CacheKey;
  /** What `stamp` said of the stamp key before the response was asked for. */
  readonly stamp: number;
  /** The key whose invalidation voids this one: the key without its variant. */
  readonly stampKey: CacheKey;
  /** The head as it is to be stored: copied within the call. */
  readonly head: Buffer;
  /** META_DOUBLES numbers: copied within the call. */
  readonly meta: Float64Array;
  /** Of content; null when it is not known. */
  readonly length: number | null;
  /** Epoch milliseconds after which nobody can use it; it is the first to go. */
  readonly uselessAfter: number;
  /** Words by which it can be purged, separated by spaces, in latin1; nearly always empty. */
  readonly tags: Buffer;
  /** Others may read it from `filling` while it is written. */
  readonly shared: boolean;
}

/** Fills one entry. Ends with `commit` or `abort`, once; calls after it do nothing. */
export interface CacheWriter {
  /** Takes a copy. False: there is no room or it is too large; the writer has aborted itself. */
  append(bytes: Buffer, start: number, end: number): boolean;
  /**
   * From here on `lookup` finds it, in place of what it found before. False: it was invalidated or
   * purged since its stamp, or is shorter or longer than announced; the writer has aborted itself.
   */
  commit(): boolean;
  abort(): void;
}

/** One waiting for something about a key. */
export interface CacheWait {
  /** No call any more. */
  cancel(): void;
}

/** What purging is told of each entry; bytes are valid during the call. */
export type PurgeTest = (
  key: { readonly bytes: Buffer; readonly start: number; readonly end: number },
  tags: Buffer,
) => boolean;

/** What a store says of itself, all workers together. */
export interface CacheStats {
  readonly entries: number;
  readonly memoryBytes: number;
  readonly memoryCapacity: number;
  readonly diskEntries: number;
  readonly diskBytes: number;
  readonly diskCapacity: number;
  /** Since the start. */
  readonly stored: number;
  /** Given up for room. */
  readonly evicted: number;
  /** Not stored for want of room, or too large. */
  readonly refused: number;
  readonly purged: number;
}

/** One thread's hold on a cache. */
export interface CacheStore {
  readonly name: string;
  /** Content larger than that is never stored: `begin` and `append` refuse it. */
  readonly objectMax: number;
  /** The complete entry of that key, pinned; null without one. Counts as a use of it. */
  lookup(key: CacheKey): StoredResponse | null;
  /** The entry of that key that is being filled, pinned, if it may be shared; null without one. */
  filling(key: CacheKey): StoredResponse | null;
  /**
   * The entry of that key, which `lookup` did not find, is on disk and being brought: `await` the key
   * (two seconds at most) and look again. False: it is not there, or the disk is too slow.
   */
  loading(key: CacheKey): boolean;
  /** A number that changes when the key is invalidated, or anything is purged. */
  stamp(key: CacheKey): number;
  /** Null: no room, or too large. */
  begin(entry: NewEntry): CacheWriter | null;
  /**
   * Another head and meta for what `lookup` gave, whose content stays; readers of the old head keep
   * it. False: the entry is another one meanwhile, was invalidated since `stamp`, or has no room.
   */
  update(
    stored: StoredResponse,
    key: CacheKey,
    stampKey: CacheKey,
    stamp: number,
    head: Buffer,
    meta: Float64Array,
    uselessAfter: number,
  ): boolean;
  /** Drops the entry of that key and voids every writer whose stamp key it is. */
  invalidate(key: CacheKey): void;
  /**
   * Drops every entry for which the test says so (null: all) and voids every writer there is;
   * resolves with how many. Works in slices, so that requests are served meanwhile.
   */
  purge(test: PurgeTest | null): Promise<number>;
  /**
   * Makes this thread the only one that fetches that key, for at most so long. False: somebody else
   * is. What a dead worker has locked is free when its time is over, or at once by `releaseWorker`.
   */
  lock(key: CacheKey, forMs: number): boolean;
  unlock(key: CacheKey): void;
  /**
   * Calls back once, not within this call: when the key is unlocked, when an entry that may be
   * shared begins to be filled, or after so long. Who is called looks again.
   */
  await(key: CacheKey, forMs: number, then: () => void): CacheWait;
  /** Counts a use of a key that need not be stored; returns how many there were lately. */
  countUse(key: CacheKey): number;
  stats(): CacheStats;
}
