/** Heads as they are stored: what may be, in canonical form (RFC 9111 3.1, 3.2). */
import { http } from '../../src/os/node-http.ts';
import { Field, fieldSet, HOP_BY_HOP } from '../http1/fields.ts';
import {
  DROPPED,
  FIELD_MASK,
  FIELD_STRIDE,
  type MessageHead,
  type ResponseHead,
} from '../http1/head.ts';

/** One field line, and what it is called. */
export interface FieldLine {
  /** Lower case. */
  readonly name: string;
  /** Without its line end. */
  readonly line: string;
}

/** Of one hop, or about the length, which is known otherwise. */
const NOT_STORED = HOP_BY_HOP | fieldSet(Field.contentLength);

/** Of proxies that answer for themselves, and what is ours to say anew. */
const NAMES_NOT_STORED: ReadonlySet<string> = new Set([
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'age',
  'set-cookie',
]);

/** What a 304 says about itself and not about the content that is stored. */
const NOT_UPDATED: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-type',
  'content-range',
]);

/** The lines of a head that may be stored, in order. */
export function storableLines(head: MessageHead): FieldLine[] {
  const { table, bytes } = head;
  const lines: FieldLine[] = [];
  for (let index = 0; index < head.fieldCount; index++) {
    const base = index * FIELD_STRIDE;
    const kind = table[base + 4]!;
    if ((NOT_STORED & (1 << (kind & FIELD_MASK))) !== 0 || (kind & DROPPED) !== 0) continue;
    const written = bytes.toString('latin1', table[base]!, table[base + 1]!);
    const name = written.toLowerCase();
    if (NAMES_NOT_STORED.has(name) || head.connectionNames.includes(name)) continue;
    lines.push({ name, line: `${written}: ${head.value(index)}` });
  }
  return lines;
}

/** The head to be stored of a response; `date` for one that has none (RFC 9110 6.6.1). */
export function storedHead(head: ResponseHead, date: string): Buffer {
  return headBytes(head.status, dated(storableLines(head), date));
}

/**
 * A stored head with what a 304, or the answer to a HEAD, says anew: its fields replace their like.
 * `date` as above.
 */
export function updatedHead(stored: ResponseHead, news: MessageHead, date: string): Buffer {
  const told = storableLines(news).filter(({ name }) => !NOT_UPDATED.has(name));
  const fresh = dated(told, date);
  const names = new Set(fresh.map(({ name }) => name));
  const kept = storableLines(stored).filter(({ name }) => !names.has(name));
  return headBytes(stored.status, [...kept, ...fresh]);
}

function dated(lines: readonly FieldLine[], date: string): readonly FieldLine[] {
  if (lines.some(({ name }) => name === 'date')) return lines;
  return [...lines, { name: 'date', line: `Date: ${date}` }];
}

/** A head of these lines. */
export function headBytes(status: number, lines: readonly FieldLine[]): Buffer {
  const start = `HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? 'Unknown'}\r\n`;
  return Buffer.from(`${start}${lines.map(({ line }) => `${line}\r\n`).join('')}\r\n`, 'latin1');
}
