import { http } from '../../src/os/node-http.ts';
import { PROXY_ERRORS } from '../errors.ts';

/** Beginnings of requests in plain text, those of HTTP/2 among them. */
const REQUEST_LINE = /^[A-Z]{3,20} [/*h]/;
const LOOKED_AT = 32;

/**
 * What a client is answered that speaks HTTP plainly where TLS is expected; null: it speaks something
 * else, and would not understand. `dateLine` is the whole `Date` line.
 */
export function plainAnswer(
  bytes: Buffer,
  start: number,
  end: number,
  dateLine: Buffer,
): Buffer | null {
  const begun = bytes.toString('latin1', start, Math.min(end, start + LOOKED_AT));
  if (!REQUEST_LINE.test(begun)) return null;
  const { status, text } = PROXY_ERRORS.plain_http;
  const reason = http.STATUS_CODES[status];
  const body = `${status} ${reason}: ${text}\n`;
  const head =
    `HTTP/1.1 ${status} ${reason}\r\n${dateLine.toString('latin1')}` +
    'Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n' +
    `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n`;
  return Buffer.from(head + body, 'latin1');
}
