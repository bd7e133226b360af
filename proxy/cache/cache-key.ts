/**
 * Keys of stored responses, put together as bytes where the head has them.
 *
 *     scheme://host/path?query                                          a response, or the names of fields
 *     scheme://host/path?query NUL generation NUL origin NUL values     a variant (see `Variants`)
 *
 * A key begins with the URL, so that it can be purged by URL and by prefix; a part that the route leaves
 * out of its key is left out there. `generation` is drawn anew whenever the list of names is written:
 * with the list all its variants are out of reach at once.
 */
import type { CacheKeyPart } from '../../src/config/cache-config.ts';
import { COLON } from '../http1/characters.ts';
import { ByteRange, findCookie } from '../http1/cookie.ts';
import type { RequestHead } from '../http1/head.ts';
import { findParameter } from '../http1/query-parameter.ts';
import type { KeyHash } from '../limiting/key-hash.ts';
import { KEY_BYTES_MAX } from './limits.ts';
import type { CacheKey } from './store.ts';

const AUTHORITY = Buffer.from('//');
const QUESTION = 0x3f;
const AMPERSAND = 0x26;
const EQUALS = 0x3d;
const SEPARATOR = 0;
const DEFAULT_PORTS: Readonly<Record<string, Buffer>> = {
  http: Buffer.from(':80'),
  https: Buffer.from(':443'),
};

/** Keys of requests are written here, one after the other: each is valid until the next. */
export class KeyBuilder implements CacheKey {
  high = 0;
  low = 0;
  readonly bytes = Buffer.allocUnsafeSlow(KEY_BYTES_MAX);
  readonly start = 0;
  end = 0;
  readonly #hash: KeyHash;
  readonly #scheme: boolean;
  readonly #host: boolean;
  readonly #path: boolean;
  readonly #query: boolean;
  readonly #parameters: readonly Buffer[];
  readonly #range = new ByteRange();
  /** Where the URL ends. */
  #urlEnd = 0;

  constructor(parts: readonly CacheKeyPart[], hash: KeyHash) {
    const has = (kind: CacheKeyPart['kind']) => parts.some((part) => part.kind === kind);
    this.#hash = hash;
    this.#scheme = has('scheme');
    this.#host = has('host');
    this.#path = has('path');
    this.#query = has('query');
    this.#parameters = parts.flatMap((part) =>
      part.kind === 'parameter' ? [Buffer.from(`${part.name}`)] : [],
    );
  }

  /** The key of the URL that this request is for. `path`: null for the bytes that came. False: too long. */
  url(head: RequestHead, scheme: string, path: string | null): boolean {
    const room = head.targetEnd - head.targetStart + (head.hostEnd - head.hostStart) + 64;
    if (room + (path?.length ?? 0) > KEY_BYTES_MAX) return false;
    this.#authority(head, scheme);
    if (this.#path) {
      if (path !== null) this.end += this.bytes.write(path, this.end, 'latin1');
      else this.#copy(head.bytes, head.targetStart, head.pathEnd);
    }
    if (this.#query) this.#copy(head.bytes, head.pathEnd, head.targetEnd);
    else if (this.#parameters.length > 0) this.#named(head);
    this.#urlEnd = this.end;
    this.#finish();
    return true;
  }

  /**
   * The key of another URL of the authority in `of`; `query` with its question mark, or ''. False: too
   * long.
   */
  sibling(of: CacheKey, path: string, query: string): boolean {
    const authority = authorityEnd(of);
    if (authority + path.length + query.length > KEY_BYTES_MAX) return false;
    this.end = 0;
    this.#copy(of.bytes, of.start, of.start + authority);
    if (this.#path) this.end += this.bytes.write(path, this.end, 'latin1');
    if (this.#query) this.end += this.bytes.write(query, this.end, 'latin1');
    else this.end += this.bytes.write(this.#namedIn(query), this.end, 'latin1');
    this.#urlEnd = this.end;
    this.#finish();
    return true;
  }

  /** The key of a variant of that URL; `values` tells it from others. False: too long. */
  variant(generation: number, origin: string, values: string): boolean {
    const text = `\0${generation.toString(36)}\0${origin}\0${values}`;
    if (this.#urlEnd + text.length > KEY_BYTES_MAX) return false;
    this.end = this.#urlEnd + this.bytes.write(text, this.#urlEnd, 'latin1');
    this.#finish();
    return true;
  }

  /** The present one, to be kept. */
  kept(): CacheKey {
    const bytes = Buffer.from(this.bytes.subarray(0, this.end));
    return { high: this.high, low: this.low, bytes, start: 0, end: this.end };
  }

  #authority(head: RequestHead, scheme: string): void {
    this.end = 0;
    if (this.#scheme) {
      this.end = this.bytes.write(scheme, 0, 'latin1');
      this.bytes[this.end++] = COLON;
    }
    this.#copy(AUTHORITY, 0, AUTHORITY.length);
    if (!this.#host) return;
    const { bytes, hostStart } = head;
    let hostEnd = head.hostEnd;
    const port = DEFAULT_PORTS[scheme];
    if (port !== undefined && hostEnd - hostStart > port.length) {
      const at = hostEnd - port.length;
      if (port.compare(bytes, at, hostEnd) === 0) hostEnd = at;
    }
    for (let at = hostStart; at < hostEnd; at++) {
      const byte = bytes[at]!;
      this.bytes[this.end++] = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
    }
  }

  /** The parameters that are named, in the order of the key; all of each: servers differ in which counts. */
  #named(head: RequestHead): void {
    let before = QUESTION;
    for (const name of this.#parameters) {
      let from = head.pathEnd + 1;
      while (findParameter(head, name, this.#range, from)) {
        from = this.#range.end + 1;
        this.bytes[this.end++] = before;
        before = AMPERSAND;
        this.#copy(name, 0, name.length);
        this.bytes[this.end++] = EQUALS;
        this.#copy(head.bytes, this.#range.start, this.#range.end);
      }
    }
  }

  /** As `#named`, of a query that is a text. */
  #namedIn(query: string): string {
    const pairs = query.slice(1).split('&');
    const given = this.#parameters.flatMap((name) => {
      const start = `${name.toString('latin1')}=`;
      return pairs.filter((pair) => pair.startsWith(start));
    });
    return given.length === 0 ? '' : `?${given.join('&')}`;
  }

  #copy(from: Buffer, start: number, end: number): void {
    const out = this.bytes;
    let to = this.end;
    for (let at = start; at < end; at++) out[to++] = from[at]!;
    this.end = to;
  }

  #finish(): void {
    this.#hash.bytes(this.bytes, 0, this.end);
    this.high = this.#hash.high;
    this.low = this.#hash.low;
  }
}

/** How many bytes of a key are scheme and authority. */
function authorityEnd({ bytes, start, end }: CacheKey): number {
  const key = bytes.subarray(start, end);
  const slash = key.indexOf('/', key.indexOf(AUTHORITY) + AUTHORITY.length);
  return slash < 0 ? key.length : slash;
}

/** The URL of a key, without its variant. */
export function urlOfKey(bytes: Buffer, start: number, end: number): string {
  const nul = bytes.subarray(start, end).indexOf(SEPARATOR);
  return bytes.toString('latin1', start, nul < 0 ? end : start + nul);
}

/** The values of these cookies, so that no two lists of them look alike. */
export function cookieValues(head: RequestHead, names: readonly Buffer[]): string {
  const range = new ByteRange();
  let text = '';
  for (const name of names) {
    const found = findCookie(head, name, range);
    text += `${found ? head.bytes.toString('latin1', range.start, range.end) : '\r'}\n`;
  }
  return text;
}
