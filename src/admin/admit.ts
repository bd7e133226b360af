/** Who may ask the admin listener for what. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { BlockList, isIPv6 } from 'node:net';
import type { VirtualAddress } from '../config/agent-config.ts';
import { type Reply, text } from '../control/server.ts';

/** Names a request to a loopback listener may use; a page of another site cannot (DNS rebinding). */
const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]']);

/** What browsers call pages of other origins. */
const FOREIGN_SITES = new Set(['cross-site', 'same-site']);

/** What the token of a request is good for: `none`, it carries none; `wrong`, it is nobody's. */
export type TokenRight = 'order' | 'read' | 'wrong' | 'none';

/** What clients speak to the listener. */
export type Scheme = 'http' | 'https';

/** The tokens there are; a null one is not configured, an empty one could not be read. */
export interface Tokens {
  readonly token: Uint8Array | null;
  readonly operatorToken: Uint8Array | null;
}

/** Knows tokens without keeping them. */
export class TokenDesk {
  /** Some token is needed even to read. */
  readonly guardsReading: boolean;
  /** Somebody may order: there is a token for it. */
  readonly takesOrders: boolean;
  readonly #known: readonly (readonly [TokenRight, Buffer])[];

  constructor({ token, operatorToken }: Tokens) {
    this.guardsReading = token !== null;
    this.takesOrders = operatorToken !== null && operatorToken.length > 0;
    this.#known = (
      [
        ['order', operatorToken],
        ['read', token],
      ] as const
    ).flatMap(([right, secret]) =>
      // One that could not be read is nobody's.
      secret === null || secret.length === 0 ? [] : [[right, digest(secret)] as const],
    );
  }

  /** Of `Authorization: Bearer TOKEN` (RFC 6750). */
  rightOf({ headers }: Pick<IncomingMessage, 'headers'>): TokenRight {
    if (headers.authorization === undefined) return 'none';
    const given = /^Bearer +(\S.*)$/i.exec(headers.authorization)?.[1];
    if (given === undefined) return 'none';
    const asked = digest(Buffer.from(given));
    // Of equal length whatever was given, so that the time tells nothing of the tokens.
    const right = this.#known.find(([, wanted]) => timingSafeEqual(asked, wanted))?.[0];
    return right ?? 'wrong';
  }
}

/** What becomes of requests without a token. */
export interface Gate {
  readonly tokens: () => TokenDesk;
  /** By path, for who has no token; null: this request needs one all the same. */
  readonly open: Readonly<
    Record<string, (request: IncomingMessage) => Reply | Promise<Reply> | null>
  >;
  onRefused(request: IncomingMessage): void;
  readonly scheme: Scheme;
}

/**
 * Lets requests through (null), or answers them. With a token to read, those without it get what `open`
 * has for their path, or 401, of which `onRefused` hears; any Host will do, as a page of another site
 * cannot know the token. Without one, whoever can connect may read, and browsers are kept from being
 * tricked into it.
 */
export function admission(gate: Gate): (request: IncomingMessage) => Reply | Promise<Reply> | null {
  return (request) => {
    const { scheme } = gate;
    const tokens = gate.tokens();
    const right = tokens.rightOf(request);
    if (!tokens.guardsReading) {
      const refusal = namesLoopback(request) ?? sameOrigin(request, scheme);
      if (refusal !== null || right !== 'wrong' || !tokens.takesOrders) return refusal;
    }
    if (right === 'read' || right === 'order') return sameOrigin(request, scheme);
    const [path = '/'] = (request.url ?? '/').split('?');
    if (right === 'none' && Object.hasOwn(gate.open, path)) {
      const answer = gate.open[path]!(request);
      if (answer !== null) return answer;
    }
    gate.onRefused(request);
    return tokenNeeded(right);
  };
}

/** 401, with what was wrong. */
export function tokenNeeded(right: TokenRight): Reply {
  const why = right === 'wrong' ? 'the token is wrong' : 'needed: Authorization: Bearer TOKEN';
  return { ...text(`${why}\n`, 401), headers: { 'www-authenticate': 'Bearer realm="tandem"' } };
}

/** Null when the request names a host that is loopback. */
function namesLoopback({ headers }: IncomingMessage): Reply | null {
  const host = headers.host ?? '';
  const name = host.replace(/:\d+$/, '').toLowerCase();
  if (LOOPBACK_NAMES.has(name)) return null;
  return text(`the admin listener answers to localhost, not to Host: ${host.slice(0, 100)}\n`, 421);
}

/**
 * Null unless a page of another origin asks. Most of what pages load has no Origin, and browsers say
 * where it is from all the same: a page of another site could hold connections open. Links may lead here.
 */
function sameOrigin({ headers }: IncomingMessage, scheme: Scheme): Reply | null {
  const isOwn = headers.origin === undefined || headers.origin === `${scheme}://${headers.host}`;
  const isLink =
    headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  if (isOwn && (isLink || !FOREIGN_SITES.has(headers['sec-fetch-site'] as string))) return null;
  return text('requests from other origins are refused\n', 403);
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
