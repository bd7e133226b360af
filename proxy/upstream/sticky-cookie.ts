import { createHmac } from 'node:crypto';
import type { StickyConfig } from '../../src/config/balancing-config.ts';
import { ByteRange, findCookie } from '../http1/cookie.ts';
import type { RequestHead } from '../http1/head.ts';
import type { Server } from './server.ts';
import type { StickyCookie } from './stickiness.ts';

/** Bytes of the HMAC that the cookie has: 128 bits, which nobody guesses. */
const ID_BYTES = 16;

/**
 * Cookies that name a server by a keyed identifier: the HMAC-SHA256 of its identity, cut to 16 bytes.
 * Without the secret nobody can tell from it what server it is, nor make one up; both hosts of the
 * pair, which have the same secret, make the same. A cookie is looked up, not computed: requests cost
 * no HMAC.
 */
export class SignedStickyCookie implements StickyCookie {
  readonly #name: Buffer;
  readonly #key: Buffer;
  readonly #attributes: string;
  readonly #servers: () => readonly Server[];
  readonly #range = new ByteRange();
  /** The list that the two maps are of. */
  #known: readonly Server[] = [];
  #byId = new Map<string, Server>();
  #lines = new Map<Server, Buffer>();

  /** `servers` gives those of the upstream now. Throws RangeError without a secret. */
  constructor(config: StickyConfig, servers: () => readonly Server[]) {
    if (config.secret.length === 0) throw new RangeError('no secret for sticky cookies');
    this.#name = Buffer.from(config.cookie);
    // The pair's secret serves other purposes too: each has a key of its own.
    this.#key = createHmac('sha256', config.secret).update('tandem sticky cookie 1').digest();
    this.#attributes = attributesOf(config);
    this.#servers = servers;
  }

  serverOf(head: RequestHead): Server | null {
    const range = this.#range;
    if (!findCookie(head, this.#name, range)) return null;
    this.#refresh();
    return this.#byId.get(head.bytes.toString('latin1', range.start, range.end)) ?? null;
  }

  lineFor(server: Server): Buffer {
    this.#refresh();
    // One that is retired meanwhile still answers, but nobody should be sent there again.
    return this.#lines.get(server) ?? NO_LINE;
  }

  #refresh(): void {
    const servers = this.#servers();
    if (servers === this.#known) return;
    this.#known = servers;
    const named = servers.map((server) => [this.#idOf(server), server] as const);
    this.#byId = new Map(named);
    this.#lines = new Map(
      named.map(([id, server]) => {
        const line = `Set-Cookie: ${this.#name}=${id}${this.#attributes}\r\n`;
        return [server, Buffer.from(line, 'latin1')];
      }),
    );
  }

  #idOf({ identity }: Server): string {
    const hmac = createHmac('sha256', this.#key).update(identity).digest();
    return hmac.subarray(0, ID_BYTES).toString('base64url');
  }
}

const NO_LINE = Buffer.alloc(0);

const SAME_SITE = { lax: 'Lax', strict: 'Strict', none: 'None' } as const;

/** RFC 6265 4.1.2, and SameSite of its successor. Scripts have no business with it. */
function attributesOf({ path, domain, ttlMs, secure, sameSite }: StickyConfig): string {
  const attributes = [`Path=${path}`];
  if (domain !== null) attributes.push(`Domain=${domain}`);
  if (ttlMs !== null) attributes.push(`Max-Age=${Math.ceil(ttlMs / 1000)}`);
  if (secure) attributes.push('Secure');
  attributes.push('HttpOnly', `SameSite=${SAME_SITE[sameSite]}`);
  return attributes.map((attribute) => `; ${attribute}`).join('');
}
