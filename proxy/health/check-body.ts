import type { BodyMatch } from '../../src/config/health-config.ts';
import { linearRegExp } from '../../src/os/linear-regexp.ts';
import { CHECK_BODY_BYTES_MAX } from './limits.ts';

/** What of a body is there: its beginning, up to CHECK_BODY_BYTES_MAX, once nothing more is needed. */
export type BodyReading =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'body'; readonly text: string }
  | { readonly kind: 'malformed'; readonly error: string };

/** Encoded bytes looked at: a body in tiny chunks is several times as long as what it says. */
const ENCODED_BYTES_MAX = 4 * CHECK_BODY_BYTES_MAX;

/**
 * Reads the body of a response, in latin1 text: `head` is the final head with its empty line, `rest`
 * what came after it so far, `ended` whether the connection has. Chunk extensions and trailers are
 * passed over; no other transfer coding is known, for none was offered.
 */
export function readBody(head: string, rest: string, ended: boolean): BodyReading {
  const status = Number(head.slice(9, 12));
  if (status === 204 || status === 304) return { kind: 'body', text: '' };
  if (/^transfer-encoding:[ \t]*chunked[ \t]*$/im.test(head)) return readChunks(rest, ended);
  const announced = /^content-length:[ \t]*([0-9]{1,15})[ \t]*$/im.exec(head)?.[1];
  const length = announced === undefined ? Number.POSITIVE_INFINITY : Number(announced);
  const wanted = Math.min(length, CHECK_BODY_BYTES_MAX);
  if (rest.length >= wanted) return { kind: 'body', text: rest.slice(0, wanted) };
  if (!ended) return { kind: 'incomplete' };
  // Without a length the body ends with the connection (RFC 9112 section 6.3).
  return announced === undefined
    ? { kind: 'body', text: rest }
    : { kind: 'malformed', error: 'closed in the middle of the body' };
}

function readChunks(rest: string, ended: boolean): BodyReading {
  let text = '';
  let position = 0;
  while (text.length < CHECK_BODY_BYTES_MAX && position < ENCODED_BYTES_MAX) {
    const lineEnd = rest.indexOf('\r\n', position);
    if (lineEnd < 0) return unfinished(ended);
    const size = /^([0-9a-f]{1,8})[ \t]*(?:;.*)?$/i.exec(rest.slice(position, lineEnd))?.[1];
    if (size === undefined) return { kind: 'malformed', error: 'malformed chunk' };
    const length = Number.parseInt(size, 16);
    if (length === 0) return { kind: 'body', text };
    const start = lineEnd + 2;
    text += rest.slice(start, start + length);
    position = start + length + 2;
    const enough = text.length >= CHECK_BODY_BYTES_MAX;
    if (rest.length < position && !enough) return unfinished(ended);
  }
  return { kind: 'body', text: text.slice(0, CHECK_BODY_BYTES_MAX) };
}

function unfinished(ended: boolean): BodyReading {
  if (!ended) return { kind: 'incomplete' };
  return { kind: 'malformed', error: 'closed in the middle of the body' };
}

/** Does the body, in latin1 text, hold what it has to? */
export function bodyMatches(match: BodyMatch, body: string): boolean {
  if (match.kind === 'contains') return body.includes(latin1(match.text));
  return linearRegExp(match.pattern).test(Buffer.from(body, 'latin1').toString('utf8'));
}

function latin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
