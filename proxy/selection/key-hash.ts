/**
 * The hash of keys and of servers' names: 32-bit FNV-1a over the bytes, then the finalizer of
 * MurmurHash3, without which similar keys would meet in neighbouring places. It has no seed on
 * purpose: the same key has to lead to the same server on both hosts of the pair, in every worker and
 * after a restart, so whoever knows the servers can choose keys that meet. `load_factor` bounds what
 * that does to one server.
 */
const FNV_START = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** The state of a hash that has seen nothing. */
export const HASH_START = FNV_START | 0;

/** Goes on with one byte. */
export function hashByte(state: number, byte: number): number {
  return Math.imul(state ^ byte, FNV_PRIME);
}

/** Goes on with bytes [start, end). */
export function hashBytes(state: number, bytes: Uint8Array, start: number, end: number): number {
  let hash = state;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, FNV_PRIME);
  return hash;
}

/** Goes on with a text of one-byte characters; equal to hashing its bytes. */
export function hashText(state: number, text: string): number {
  let hash = state;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ (text.charCodeAt(at) & 0xff), FNV_PRIME);
  }
  return hash;
}

/** The key: an unsigned 32-bit number, every bit of which depends on every byte. */
export function finishHash(state: number): number {
  let hash = state ^ (state >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Another key from a key, for a second place in the same table. */
export function rehash(key: number): number {
  return finishHash(Math.imul(key | 0, FNV_PRIME) ^ FNV_START);
}

/** The key of a text. */
export function keyOfText(text: string): number {
  return finishHash(hashText(HASH_START, text));
}
