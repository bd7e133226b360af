import { http } from '../../src/os/node-http.ts';
import { NO_LINES } from '../http1/extra-lines.ts';
import { ResponseHead } from '../http1/head.ts';
import { parseResponse } from '../http1/parse-response.ts';
import { RESPONSE_HEAD_BYTES_MAX, RESPONSE_HEADER_COUNT_MAX } from '../limits.ts';
import type { BodySource, BodyTaker } from './content.ts';

/** A response of our own: a page, a redirect, what was stored. */
export interface LocalResponse {
  /** Its content is framed by `Content-Length`, or not at all where there is none. */
  readonly head: ResponseHead;
  /** Null: no content. */
  readonly body: BodySource | null;
  /** Nobody can tell where the next request would begin: the connection ends with it. */
  readonly closes?: boolean;
  /** A server made it once: it is passed on, as `Via` says, and no answer of our own. */
  readonly relayed?: boolean;
  /** Whole lines that are added to the head. */
  readonly lines?: Buffer;
  /** It tells of an error, so a page of the operator's may come instead. */
  readonly error?: boolean;
}

/** What a server's head may have, and then what we add to it: a page may have all fields of the answer. */
const RULES = {
  headBytesMax: 2 * RESPONSE_HEAD_BYTES_MAX,
  headerCountMax: RESPONSE_HEADER_COUNT_MAX + 16,
};

const CRLF = Buffer.from('\r\n');

/**
 * A response with these fields; `Date` and framing are added. Throws RangeError when a field cannot
 * stand in a head: who makes one out of what a client sent has to check it first.
 */
export function localResponse(
  status: number,
  fields: readonly (readonly [name: string, value: string])[],
  body: Buffer | string,
): LocalResponse {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const head = headWith(status, fields, bytes.length, NO_LINES);
  return { head, body: bytes.length === 0 ? null : new BytesSource(bytes) };
}

/** A head with these fields and whole lines, for so many bytes of content. Throws as above. */
export function headWith(
  status: number,
  fields: readonly (readonly [name: string, value: string])[],
  length: number,
  lines: Buffer,
): ResponseHead {
  let text = `HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? 'Unknown'}\r\n`;
  for (const [name, value] of fields) text += `${name}: ${value}\r\n`;
  if (status !== 204 && status !== 304) text += `Content-Length: ${length}\r\n`;
  return headOf(Buffer.concat([Buffer.from(text, 'latin1'), lines, CRLF]));
}

/** The head in these bytes, which stay its own. Throws RangeError when they are none. */
export function headOf(bytes: Buffer): ResponseHead {
  const head = new ResponseHead(Math.min(lineCount(bytes), RULES.headerCountMax));
  const end = parseResponse(head, bytes, 0, bytes.length, RULES, false);
  if (end !== bytes.length) throw new RangeError('not the head of a response');
  return head;
}

function lineCount(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf('\n'); at >= 0; at = bytes.indexOf('\n', at + 1)) count++;
  return count;
}

/** Content that is there already; the bytes must stay as they are. */
export class BytesSource implements BodySource {
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  start(to: BodyTaker): void {
    to.content(this.#bytes, 0, this.#bytes.length);
    to.end(NO_LINES);
  }

  pause(): void {}

  resume(): void {}

  drop(): void {}
}
