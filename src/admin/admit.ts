/** Who may ask the admin listener for what. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { BlockList, isIPv6 } from 'node:net';
import type { VirtualAddress } from '../config/agent-config.ts';
import { type Reply, type Routes, text } from '../control/server.ts';

/** Names a request to a loopback listener may use; a page of another site cannot (DNS rebinding). */
const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Refuses what a browser could be tricked into sending: a Host that is not loopback, or an Origin
 * that is not this listener itself. Null lets the request through.
 */
export function admitLoopback(request: IncomingMessage): Reply | null {
  const host = request.headers.host ?? '';
  const name = host.replace(/:\d+$/, '').toLowerCase();
  if (!LOOPBACK_NAMES.has(name)) {
    return text(
      `the admin listener answers to localhost, not to Host: ${host.slice(0, 100)}\n`,
      421,
    );
  }
  return sameOrigin(request, 'http');
}

function sameOrigin({ headers }: IncomingMessage, scheme: TokenGate['scheme']): Reply | null {
  if (headers.origin === undefined || headers.origin === `${scheme}://${headers.host}`) return null;
  return text('requests from other origins are refused\n', 403);
}

/** What becomes of requests without a token. */
export interface TokenGate {
  readonly open: Routes;
  onRefused(request: IncomingMessage): void;
  /** What clients speak to the listener. */
  readonly scheme: 'http' | 'https';
}

/**
 * Lets requests with the token pass (RFC 6750). Those without get what `open` has for their path, or
 * 401, of which `onRefused` hears. A page of another site cannot know the token, so any Host will do.
 */
export function admitToken(
  token: Uint8Array,
  { open, onRefused, scheme }: TokenGate,
): (request: IncomingMessage) => Reply | Promise<Reply> | null {
  const wanted = digest(token);
  return (request) => {
    const given = /^Bearer +(\S.*)$/i.exec(request.headers.authorization ?? '')?.[1];
    // Of equal length whatever was given, so that the time tells nothing of the token. One that could
    // not be read is empty, and nobody's.
    const right = given !== undefined && timingSafeEqual(digest(Buffer.from(given)), wanted);
    if (right && token.length > 0) return sameOrigin(request, scheme);
    const [path = '/'] = (request.url ?? '/').split('?');
    if (given === undefined && Object.hasOwn(open, path)) return open[path]!();
    onRefused(request);
    const challenge = { 'www-authenticate': 'Bearer realm="tandem"' };
    const why = given === undefined ? 'needed: Authorization: Bearer TOKEN' : 'the token is wrong';
    return { ...text(`${why}\n`, 401), headers: challenge };
  };
}

function digest(secret: Uint8Array): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** Whether a connection from that address may be made; loopback always may. */
export function networkGate(
  allow: readonly VirtualAddress[] | null,
): (address: string | undefined) => boolean {
  if (allow === null) return () => true;
  const list = new BlockList();
  for (const { address, prefixLength } of allow) {
    list.addSubnet(address, prefixLength, isIPv6(address) ? 'ipv6' : 'ipv4');
  }
  list.addSubnet('127.0.0.0', 8, 'ipv4');
  list.addAddress('::1', 'ipv6');
  return (address = '') => {
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
    return list.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
  };
}
