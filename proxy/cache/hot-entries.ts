import { headOf } from '../features/local-response.ts';
import { BodyKind, type ResponseHead } from '../http1/head.ts';
import { HOT_CONTENT_BYTES_MAX, HOT_ENTRIES_MAX } from './limits.ts';
import { Meta, MetaFlag } from './rules/entry-meta.ts';
import { ageSeconds } from './rules/freshness.ts';
import { ageAt } from './rules/reuse.ts';
import {
  type ContentTaker,
  META_DOUBLES,
  type StoredContent,
  type StoredResponse,
} from './store.ts';
import { storableLines } from './stored-head.ts';

const CRLF = Buffer.from('\r\n');

/** How a head differs from what is stored, by the route that it is sent for. */
export interface HeadDress {
  /** Clients do not see which software the server is. */
  readonly hideServer: boolean;
  /** The value of Cache-Status; '' for none. */
  readonly status: string;
}

/** What a route says about the heads of its hits. */
export interface HitDress {
  readonly rules: { readonly passServer: boolean };
  hitStatus(ttl: number): string;
}

/**
 * A stored response as one worker has it at hand: parsed, its numbers copied, its content too if it is
 * small. What is stored under one version never changes, so neither does this.
 */
export class HotEntry {
  readonly head: ResponseHead;
  readonly meta: Float64Array;
  /** Null: nobody knows yet. */
  readonly length: number | null;
  /** All of the content; null where it has to be read from the store. */
  readonly content: Buffer | null;
  #names: readonly string[] | null = null;
  /** The last head that was made of a hit, for which route and with which age. */
  #hit: ResponseHead | null = null;
  #hitRoute: HitDress | null = null;
  #hitAge = -1;

  constructor(head: Buffer, meta: Float64Array, length: number | null, content: Buffer | null) {
    this.head = headOf(head);
    this.meta = meta;
    this.length = length;
    this.content = content;
  }

  has(flag: number): boolean {
    return (this.meta[Meta.flags]! & flag) !== 0;
  }

  /** Of a list of variants: the names of the fields, lower case, sorted. */
  get names(): readonly string[] {
    this.#names ??= this.text('names')!
      .split(',')
      .filter((name) => name !== '');
    return this.#names;
  }

  /** The value of a field that is there at most once in what is stored; null without it. */
  text(name: string): string | null {
    const at = this.head.findNamed(name);
    return at < 0 ? null : this.head.value(at);
  }

  ageAt(now: number): number {
    return ageSeconds(ageAt(this.meta, 0, now));
  }

  /** Whole seconds for which it is fresh yet; negative when it is stale. */
  ttlAt(now: number): number {
    return Math.floor((this.meta[Meta.lifetimeMs]! - ageAt(this.meta, 0, now)) / 1000);
  }

  /** The head of a fresh one, for a route. Made anew when the second changes. */
  hit(route: HitDress, now: number): ResponseHead {
    const age = this.ageAt(now);
    if (this.#hit === null || this.#hitAge !== age || this.#hitRoute !== route) {
      const ttl = Math.floor(this.meta[Meta.lifetimeMs]! / 1000) - age;
      const status = route.hitStatus(ttl);
      this.#hit = this.dressed({ hideServer: !route.rules.passServer, status }, age);
      this.#hitAge = age;
      this.#hitRoute = route;
    }
    return this.#hit;
  }

  /** The head to be sent of all of it, with its age in seconds. */
  dressed({ hideServer, status }: HeadDress, age: number): ResponseHead {
    const { bytes, lineStart, fieldsStart, end } = this.head;
    const parts = [bytes.subarray(lineStart, fieldsStart)];
    if (hideServer && this.head.findNamed('server') >= 0) {
      const kept = storableLines(this.head).filter(({ name }) => name !== 'server');
      parts.push(Buffer.from(kept.map(({ line }) => `${line}\r\n`).join(''), 'latin1'));
    } else {
      parts.push(bytes.subarray(fieldsStart, end - CRLF.length));
    }
    let added = `Age: ${age}\r\n`;
    const { bodyKind } = this.head;
    if (this.length !== null && (bodyKind !== BodyKind.none || this.length > 0)) {
      added = `Content-Length: ${this.length}\r\n${added}`;
    }
    if (status !== '') added += `Cache-Status: ${status}\r\n`;
    return headOf(Buffer.concat([...parts, Buffer.from(`${added}\r\n`, 'latin1')]));
  }
}

/** What one worker has at hand, the entry used least lately last. */
export class HotEntries {
  readonly #entries = new Map<number, HotEntry>();

  /** What is stored there, pinned by the caller. */
  of(stored: StoredResponse): HotEntry {
    const known = this.#entries.get(stored.version);
    if (known !== undefined) return known;
    const entry = hotEntry(stored);
    if (!stored.complete) return entry;
    if (this.#entries.size >= HOT_ENTRIES_MAX) {
      this.#entries.delete(this.#entries.keys().next().value!);
    }
    this.#entries.set(stored.version, entry);
    return entry;
  }
}

function hotEntry(stored: StoredResponse): HotEntry {
  const { bytes, headStart, headEnd, meta, metaAt, length, complete } = stored;
  const head = Buffer.from(bytes.subarray(headStart, headEnd));
  const numbers = meta.slice(metaAt, metaAt + META_DOUBLES);
  const small = complete && length !== null && length <= HOT_CONTENT_BYTES_MAX;
  const plain = (numbers[Meta.flags]! & (MetaFlag.variants | MetaFlag.pass)) === 0;
  const content = small && plain ? contentAtOnce(stored.content(0, null), length) : null;
  return new HotEntry(head, numbers, length, content);
}

/** All of it, if it is there without waiting. */
function contentAtOnce(content: StoredContent, length: number): Buffer | null {
  const bytes = Buffer.allocUnsafeSlow(length);
  let at = 0;
  let ended = false;
  const taker: ContentTaker = {
    content(from, start, end) {
      at += from.copy(bytes, at, start, end);
    },
    flush() {},
    end() {
      ended = true;
    },
    failed() {},
  };
  content.start(taker);
  if (ended && at === length) return bytes;
  content.drop();
  return null;
}
