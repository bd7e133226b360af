import { STATUS_CODES } from 'node:http';
import { PROXY_ERRORS, type ProxyErrorCode } from '../errors.ts';

/**
 * The whole response to a request that failed, connection to be closed after it. It says enough for
 * an operator to find the cause, and nothing about servers or versions. `headRequest` leaves the body
 * out, but not its length. `dateLine` is the whole `Date` line, `allow` what a 405 must list.
 */
export function errorResponse(
  code: ProxyErrorCode,
  headRequest: boolean,
  dateLine: Buffer,
  allow: string,
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
    'Connection: close',
  ];
  if (status === 503) lines.push('Retry-After: 1');
  if (status === 405) lines.push(`Allow: ${allow}`);
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${headRequest ? '' : body}`);
}
