/** Keys, entries and contents for the tests of the store. */

import { KeyHash } from '../../limiting/key-hash.ts';
import type { Logger } from '../../ports.ts';
import { processNow } from '../../shared/process-clock.ts';
import type { CacheKey, CacheStore, ContentTaker, NewEntry, StoredResponse } from '../store.ts';
import { META_DOUBLES } from '../store.ts';
import { type CacheOptions, StoreKeeper } from './store-keeper.ts';

const SEED = [7, 9] as const;
const hash = new KeyHash(SEED);

/** Says nothing. */
export const SILENT: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => SILENT,
};

/** A cache of two workers, as the main thread has it. */
export function makeKeeper(options: Partial<CacheOptions> = {}, now = processNow): StoreKeeper {
  const usual = {
    name: 'pages',
    bytes: 4 * 1024 ** 2,
    objectMax: 2 ** 30,
    workers: 2,
    disk: null,
    seed: SEED,
  };
  return new StoreKeeper({ ...usual, ...options }, now, SILENT);
}

/** A key of that text, at some odd place of a larger buffer. */
export function keyOf(text: string): CacheKey {
  const bytes = Buffer.from(`??${text}!`);
  hash.bytes(bytes, 2, bytes.length - 1);
  return { high: hash.high, low: hash.low, bytes, start: 2, end: bytes.length - 1 };
}

/** So many bytes that nobody else has: a word of them says whose they are, and where. */
export function contentOf(seed: number, length: number): Buffer {
  const bytes = Buffer.alloc(Math.ceil(length / 4) * 4);
  for (let at = 0; at < bytes.length; at += 4) {
    bytes.writeInt32LE(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(at + 1, 0x85ebca6b), at);
  }
  return bytes.subarray(0, length);
}

/** An entry with `seed` in its head and numbers. */
export function entryOf(
  store: CacheStore,
  text: string,
  seed: number,
  more: Partial<NewEntry> = {},
): NewEntry {
  const key = keyOf(text);
  const meta = new Float64Array(META_DOUBLES).fill(seed);
  return {
    key,
    stamp: store.stamp(key),
    stampKey: key,
    head: Buffer.from(`head ${seed} of ${text}`),
    meta,
    length: null,
    uselessAfter: Number.POSITIVE_INFINITY,
    tags: Buffer.alloc(0),
    shared: false,
    ...more,
  };
}

/** Stores content; false when the store would not have it. */
export function put(
  store: CacheStore,
  text: string,
  seed: number,
  content: Buffer,
  more: Partial<NewEntry> = {},
): boolean {
  const writer = store.begin(entryOf(store, text, seed, more));
  return writer?.append(content, 0, content.length) === true && writer.commit();
}

/** The head as text. */
export function headOf(stored: StoredResponse): string {
  return stored.bytes.toString('latin1', stored.headStart, stored.headEnd);
}

/** What comes of a content; resolves at its end, or with the error's code. */
export function read(
  stored: StoredResponse,
  from = 0,
  to: number | null = null,
): Promise<Buffer | string> {
  const { promise, resolve } = Promise.withResolvers<Buffer | string>();
  const parts: Buffer[] = [];
  const taker: ContentTaker = {
    content: (bytes, start, end) => void parts.push(Buffer.from(bytes.subarray(start, end))),
    flush() {},
    end: () => resolve(Buffer.concat(parts)),
    failed: (code) => resolve(code),
  };
  stored.content(from, to).start(taker);
  return promise;
}

/** Head and content of a complete entry; null without one. */
export async function get(
  store: CacheStore,
  text: string,
): Promise<{ readonly head: string; readonly content: Buffer | string } | null> {
  const stored = store.lookup(keyOf(text));
  if (stored === null) return null;
  const head = headOf(stored);
  const content = read(stored);
  stored.release();
  return { head, content: await content };
}
