/** What of a request's head matters to a cache, found in one pass over its fields. */
import { FIELD_STRIDE, type FieldSection, type RequestHead } from '../http1/head.ts';
import { type CacheControl, parseCacheControl } from './rules/cache-control.ts';
import type { FieldReader } from './rules/response-facts.ts';

/** Fields that are there, as a set. */
export const RequestFact = {
  range: 1,
  /** If-None-Match or If-Modified-Since. */
  conditional: 2,
  /** If-Match or If-Unmodified-Since: only the server can judge them. */
  serversCondition: 4,
  /** Cache-Control or Pragma. */
  directives: 8,
} as const;

/** By length of the name, which most of the others differ in already. */
const BY_LENGTH: readonly (readonly (readonly [name: string, fact: number])[])[] = tabled([
  ['range', RequestFact.range],
  ['if-none-match', RequestFact.conditional],
  ['if-modified-since', RequestFact.conditional],
  ['if-match', RequestFact.serversCondition],
  ['if-unmodified-since', RequestFact.serversCondition],
  ['cache-control', RequestFact.directives],
  ['pragma', RequestFact.directives],
]);

function tabled(names: readonly (readonly [string, number])[]) {
  const longest = Math.max(...names.map(([name]) => name.length));
  return Array.from({ length: longest + 1 }, (_, length) =>
    names.filter(([name]) => name.length === length),
  );
}

/** Which of them the request has. */
export function requestFacts(head: RequestHead): number {
  const { table, fieldCount } = head;
  let facts = 0;
  for (let index = 0; index < fieldCount; index++) {
    const length = table[index * FIELD_STRIDE + 1]! - table[index * FIELD_STRIDE]!;
    if (length >= BY_LENGTH.length) continue;
    for (const [name, fact] of BY_LENGTH[length]!) {
      if (head.isNamed(index, name)) facts |= fact;
    }
  }
  return facts;
}

/** The values of a head's fields by name. Valid for as long as the head is. */
export function fieldsOf(head: FieldSection): FieldReader {
  return (name) => {
    let value: string | null = null;
    for (let at = head.findNamed(name); at >= 0; at = head.findNamed(name, at + 1)) {
      value = value === null ? head.value(at) : `${value}, ${head.value(at)}`;
    }
    return value;
  };
}

/** What the client says in Cache-Control, or in Pragma alone (RFC 9111 5.4). */
export function requestControl(head: RequestHead): CacheControl {
  const field = fieldsOf(head);
  const control = field('cache-control');
  if (control !== null) return parseCacheControl(control);
  const pragma = parseCacheControl(field('pragma') ?? '');
  return parseCacheControl(pragma.noCache ? 'no-cache' : '');
}
