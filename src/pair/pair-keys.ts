/**
 * The keys of a pair, out of its one secret (HKDF, RFC 5869). Each direction of dialling has a key of
 * its own, named after both nodes: a connection that somebody sends back to the host it came from is
 * not understood there, and a secret that two pairs share does not connect one with the other's nodes.
 */
import { hkdfSync } from 'node:crypto';

const KEY_BYTES = 32;
const SALT = 'tandem pair 1';

/** Name and key that a host gives when it dials the other. */
export interface DialKey {
  /** TLS's PSK identity: the name of the node that dials. */
  readonly identity: string;
  readonly key: Buffer;
}

/** The key with which `from` dials `to`; both are node names. */
export function dialKey(secret: Uint8Array, from: string, to: string): DialKey {
  const info = JSON.stringify({ from, to });
  return { identity: from, key: Buffer.from(hkdfSync('sha256', secret, SALT, info, KEY_BYTES)) };
}
