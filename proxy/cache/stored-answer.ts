/** Answers made of what is stored: all of it, a range of it, or that the client has it already. */
import type { BodySource } from '../features/content.ts';
import { BytesSource, headOf, type LocalResponse } from '../features/local-response.ts';
import type { ResponseHead } from '../http1/head.ts';
import type { HeadDress, HotEntry } from './hot-entries.ts';
import { parseRange } from './rules/byte-range.ts';
import { Meta } from './rules/entry-meta.ts';
import { isNotModified, isRangeStillGood, type StoredValidators } from './rules/precondition.ts';
import type { FieldReader } from './rules/response-facts.ts';
import type { StoredContent } from './store.ts';
import { type FieldLine, headBytes, storableLines } from './stored-head.ts';

/** What a request asks of the response beside the URL. */
export interface AskedFor {
  readonly field: FieldReader;
  /** It has Range, or a condition. */
  readonly range: boolean;
  readonly conditional: boolean;
}

/** Where the content can be read; the entry's own if it is at hand. */
export interface ContentStore {
  content(from: number, to: number | null): StoredContent;
}

/** What a 304 has of the stored head (RFC 9110 15.4.5). */
const IN_304: ReadonlySet<string> = new Set([
  'cache-control',
  'cdn-cache-control',
  'content-location',
  'date',
  'etag',
  'expires',
  'vary',
]);

/** The answer to a request for this entry. */
export function storedAnswer(
  entry: HotEntry,
  store: ContentStore,
  dress: HeadDress,
  asked: AskedFor | null,
  now: number,
): LocalResponse {
  const age = entry.ageAt(now);
  if (asked !== null) {
    const validators = validatorsOf(entry);
    if (asked.conditional && isNotModified(asked.field, validators, now)) {
      return { head: notModified(entry, dress, age), body: null, relayed: true };
    }
    if (asked.range && validators.status === 200 && entry.length !== null) {
      const part = rangeAnswer(entry, entry.length, store, dress, asked, validators, age, now);
      if (part !== null) return part;
    }
  }
  const body = entry.length === 0 ? null : contentOf(entry, store);
  return { head: entry.dressed(dress, age), body, relayed: true };
}

/** What conditions are compared with. */
export function validatorsOf(entry: HotEntry): StoredValidators {
  const lastModified = entry.meta[Meta.lastModified]!;
  return {
    status: entry.head.status,
    etag: entry.text('etag'),
    lastModified: Number.isNaN(lastModified) ? null : lastModified,
    date: entry.meta[Meta.dateAt]!,
  };
}

function contentOf(entry: HotEntry, store: ContentStore): BodySource {
  return entry.content === null ? store.content(0, null) : new BytesSource(entry.content);
}

function notModified(entry: HotEntry, dress: HeadDress, age: number): ResponseHead {
  const etag = entry.text('etag') !== null;
  // Last-Modified is of use only to who has no tag.
  const kept = ({ name }: FieldLine) => IN_304.has(name) || (!etag && name === 'last-modified');
  return made(304, storableLines(entry.head).filter(kept), dress, age);
}

function rangeAnswer(
  entry: HotEntry,
  length: number,
  store: ContentStore,
  dress: HeadDress,
  asked: AskedFor,
  validators: StoredValidators,
  age: number,
  now: number,
): LocalResponse | null {
  const wanted = asked.field('range');
  if (wanted === null || !isRangeStillGood(asked.field, validators, now)) return null;
  const range = parseRange(wanted, length);
  if (range === 'none') return null;
  if (range === 'unsatisfiable') {
    const lines = [{ name: 'content-range', line: `Content-Range: bytes */${length}` }];
    const head = made(416, [...lines, contentLength(0)], dress, age);
    return { head, body: null, relayed: true };
  }
  const { from, to } = range;
  const lines = storableLines(entry.head);
  const place = `Content-Range: bytes ${from}-${to - 1}/${length}`;
  lines.push({ name: 'content-range', line: place }, contentLength(to - from));
  const { content } = entry;
  const body =
    content === null ? store.content(from, to) : new BytesSource(content.subarray(from, to));
  return { head: made(206, lines, dress, age), body, relayed: true };
}

function contentLength(length: number): FieldLine {
  return { name: 'content-length', line: `Content-Length: ${length}` };
}

function made(
  status: number,
  lines: readonly FieldLine[],
  dress: HeadDress,
  age: number,
): ResponseHead {
  const all = lines.filter(({ name }) => name !== 'server' || !dress.hideServer);
  all.push({ name: 'age', line: `Age: ${age}` });
  if (dress.status !== '')
    all.push({ name: 'cache-status', line: `Cache-Status: ${dress.status}` });
  return headOf(headBytes(status, all));
}
