/** Host and authority: `host[:port]` (RFC 9110 7.2, RFC 3986 3.2). */
import { COLON, HEX_VALUE, NINE, UNRESERVED, ZERO } from './characters.ts';

const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const PORT_DIGITS_MAX = 5;

/**
 * Is [start, end) a host with or without a port? Names may have the unreserved characters only: no
 * user info, no percent-encoding, no delimiter that a log, a cache key or an origin could trip over.
 */
export function isAuthority(bytes: Buffer, start: number, end: number): boolean {
  let at = start;
  if (bytes[at] === OPEN_BRACKET && at < end) {
    at++;
    while (at < end && isAddressByte(bytes[at]!)) at++;
    if (at >= end || bytes[at] !== CLOSE_BRACKET || at - start < 3) return false;
    at++;
  } else {
    while (at < end && UNRESERVED[bytes[at]!] === 1) at++;
    if (at === start) return false;
  }
  if (at === end) return true;
  if (bytes[at] !== COLON || end - at - 1 > PORT_DIGITS_MAX) return false;
  let port = 0;
  for (let digit = at + 1; digit < end; digit++) {
    if (bytes[digit]! < ZERO || bytes[digit]! > NINE) return false;
    port = port * 10 + bytes[digit]! - ZERO;
  }
  return port <= 0xffff;
}

/** Hexadecimal digits, colons and the dots of an embedded IPv4 address. */
function isAddressByte(byte: number): boolean {
  return HEX_VALUE[byte] !== 0xff || byte === COLON || byte === 0x2e;
}

/** The host of a valid authority, for choosing a route: lower case, no port, no trailing dot. */
export function routingHost(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('latin1', start, end).toLowerCase();
  const port = text.lastIndexOf(':');
  const host = port > text.lastIndexOf(']') ? text.slice(0, port) : text;
  return host.length > 1 && host.endsWith('.') ? host.slice(0, -1) : host;
}
