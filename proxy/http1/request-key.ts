import type { HashKey } from '../../src/config/balancing-config.ts';
import { finishHash, HASH_START, hashByte, hashBytes, hashText } from '../selection/key-hash.ts';
import { NO_KEY } from '../selection/policy.ts';
import { COLON, DOT, TOKEN_LOWER } from './characters.ts';
import type { ClientIdentity } from './client-identity.ts';
import { ByteRange, findCookie } from './cookie.ts';
import { FIELD_STRIDE, type RequestHead } from './head.ts';
import { findParameter } from './query-parameter.ts';
import { forwardedPath } from './routing.ts';

/** Reads the key of a request: an unsigned 32-bit number, or NO_KEY. */
export type KeyReader = (head: RequestHead, client: ClientIdentity) => number;

const CLOSE_BRACKET = 0x5d;

/**
 * The reader for a key. Hashes bytes where they stand; only a path that has to be normalised becomes
 * a string first.
 */
export function keyReader(key: HashKey): KeyReader {
  switch (key.kind) {
    case 'source':
      return (_head, client) => finishHash(hashText(HASH_START, client.address));
    case 'path':
      return (head) => finishHash(hashPath(head));
    case 'query':
      return (head) =>
        head.pathEnd < head.targetEnd ? finishHash(hashQuery(head, HASH_START)) : NO_KEY;
    case 'uri':
      return (head) => finishHash(hashQuery(head, hashPath(head)));
    case 'host':
      return hostKey;
    case 'header':
      return headerReader(key.name);
    case 'cookie':
      return rangeReader(key.name, findCookie);
    case 'parameter':
      return rangeReader(key.name, findParameter);
  }
}

/** The normalised path: spellings of one path are one key, whatever is forwarded. */
function hashPath(head: RequestHead): number {
  if (head.asterisk || head.pathNotable) return hashText(HASH_START, forwardedPath(head) ?? '');
  return hashBytes(HASH_START, head.bytes, head.targetStart, head.pathEnd);
}

/** The question mark belongs to it, so that `/a` and `/a?` differ as they do to a cache. */
function hashQuery(head: RequestHead, state: number): number {
  return hashBytes(state, head.bytes, head.pathEnd, head.targetEnd);
}

/** In lower case, without the port. */
function hostKey(head: RequestHead): number {
  const { bytes, hostStart } = head;
  let end = head.hostEnd;
  if (end === hostStart) return NO_KEY;
  for (let at = end - 1; at >= hostStart && bytes[at] !== CLOSE_BRACKET; at--) {
    if (bytes[at] === COLON) end = at;
  }
  if (end - hostStart > 1 && bytes[end - 1] === DOT) end--;
  let hash = HASH_START;
  for (let at = hostStart; at < end; at++) {
    const byte = bytes[at]!;
    hash = hashByte(hash, TOKEN_LOWER[byte] || byte);
  }
  return finishHash(hash);
}

function rangeReader(
  name: string,
  find: (head: RequestHead, name: Buffer, range: ByteRange) => boolean,
): KeyReader {
  const wanted = Buffer.from(name);
  const range = new ByteRange();
  return (head) =>
    find(head, wanted, range)
      ? finishHash(hashBytes(HASH_START, head.bytes, range.start, range.end))
      : NO_KEY;
}

/** All lines of a field, in order: one list (RFC 9110 5.3). */
function headerReader(name: string): KeyReader {
  const lower = Buffer.from(name);
  return ({ bytes, table, fieldCount }) => {
    let hash = HASH_START;
    let found = false;
    for (let index = 0; index < fieldCount; index++) {
      const base = index * FIELD_STRIDE;
      if (!isNamed(bytes, table[base]!, table[base + 1]!, lower)) continue;
      if (found) hash = hashText(hash, ',');
      found = true;
      hash = hashBytes(hash, bytes, table[base + 2]!, table[base + 3]!);
    }
    return found ? finishHash(hash) : NO_KEY;
  };
}

function isNamed(bytes: Buffer, start: number, end: number, lower: Buffer): boolean {
  if (end - start !== lower.length) return false;
  for (let index = 0; index < lower.length; index++) {
    if (TOKEN_LOWER[bytes[start + index]!] !== lower[index]) return false;
  }
  return true;
}
