import { http } from '../../src/os/node-http.ts';
import { PROXY_ERRORS, type ProxyErrorCode } from '../errors.ts';
import { BytesSource, headWith, type LocalResponse } from '../features/local-response.ts';
import { LENGTH_KEPT, type ResponseChanges } from '../features/response-edit.ts';
import { NO_LINES } from './extra-lines.ts';
import { NO_NAMES, type ResponseHead } from './head.ts';

const RETRY_AFTER = Buffer.from('Retry-After: ');

/** Errors that leave no doubt about where the next request of the connection begins. */
const BETWEEN_REQUESTS: ReadonlySet<ProxyErrorCode> = new Set([
  'no_route',
  'last_hop',
  'method_refused',
  'misdirected',
  'auth_flood',
  'auth_busy',
  'auth_unavailable',
  'auth_no_answer',
  'no_server',
  'rate_limited',
  'rate_limited_503',
  'concurrency_limited',
  'concurrency_limited_503',
]);

/** How what could not be read as a request is answered. */
export const REFUSAL: ResponseChanges = {
  without: NO_NAMES,
  hidden: 0,
  lines: NO_LINES,
  length: LENGTH_KEPT,
  bodiless: false,
  own: true,
  closes: true,
};

const CONTENT_TYPE = 'text/plain; charset=utf-8';

/** The whole of an error. */
export interface ErrorPage {
  readonly head: ResponseHead;
  readonly text: Buffer;
  readonly contentType: string;
}

/**
 * The response to a request that failed. It says enough for an operator to find the cause, and nothing
 * about servers or versions. `lines` are whole header lines that go with it.
 */
export function errorPage(code: ProxyErrorCode, lines: Buffer = NO_LINES): ErrorPage {
  const { status, text } = PROXY_ERRORS[code];
  const fields: [string, string][] = [
    ['Content-Type', CONTENT_TYPE],
    ['Cache-Control', 'no-store'],
  ];
  if (status === 503 && !lines.includes(RETRY_AFTER)) fields.push(['Retry-After', '1']);
  const body = Buffer.from(`${status} ${http.STATUS_CODES[status] ?? 'Error'}: ${text}\n`);
  return {
    head: headWith(status, fields, body.length, lines),
    text: body,
    contentType: CONTENT_TYPE,
  };
}

/** The same, as an answer that passes the features of a route. */
export function errorAnswer(code: ProxyErrorCode, lines: Buffer): LocalResponse {
  const { head, text } = errorPage(code, lines);
  const closes = !BETWEEN_REQUESTS.has(code);
  return { head, body: new BytesSource(text), closes, error: true };
}
