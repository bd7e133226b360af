import { STATUS_CODES } from 'node:http';
import { PROXY_ERRORS, type ProxyErrorCode } from '../errors.ts';
import type { ResponseForm } from './compose-head.ts';

const RETRY_AFTER = Buffer.from('Retry-After: ');
const HEAD_END = Buffer.from('\r\n\r\n');

/** Errors that leave no doubt about where the next request of the connection begins. */
const BETWEEN_REQUESTS: ReadonlySet<ProxyErrorCode> = new Set([
  'no_route',
  'last_hop',
  'method_refused',
  'no_server',
  'rate_limited',
  'rate_limited_503',
  'concurrency_limited',
  'concurrency_limited_503',
]);

/** May the connection go on after this error, if the request was read in full? */
export function survives(code: ProxyErrorCode): boolean {
  return BETWEEN_REQUESTS.has(code);
}

/** How much of a whole response is its head. */
export function headLength(response: Buffer): number {
  return response.indexOf(HEAD_END) + HEAD_END.length;
}

/**
 * The whole response to a request that failed. It says enough for an operator to find the cause, and
 * nothing about servers or versions. `headRequest` leaves the body out, but not its length.
 * `dateLine` is the whole `Date` line, `extra` other whole lines.
 */
export function errorResponse(
  code: ProxyErrorCode,
  headRequest: boolean,
  dateLine: Buffer,
  extra: Buffer,
  connection: ResponseForm['connection'],
): Buffer {
  const { status, text } = PROXY_ERRORS[code];
  const reason = STATUS_CODES[status] ?? 'Error';
  const body = `${status} ${reason}: ${text}\n`;
  const lines = [
    `HTTP/1.1 ${status} ${reason}`,
    dateLine.toString('latin1').trimEnd(),
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
  ];
  if (connection !== 'unsaid') lines.push(`Connection: ${connection}`);
  if (status === 503 && !extra.includes(RETRY_AFTER)) lines.push('Retry-After: 1');
  if (extra.length > 0) lines.push(extra.toString('latin1', 0, extra.length - 2));
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${headRequest ? '' : body}`);
}
