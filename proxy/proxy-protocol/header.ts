/**
 * A PROXY protocol header, whatever its version: who is at the far end of a connection that another
 * balancer made to us, or we to a server. Specification: haproxy.org, "The PROXY protocol, versions
 * 1 & 2".
 *
 *   version 1    PROXY TCP4 198.51.100.7 198.51.100.100 51234 443\r\n
 *                PROXY UNKNOWN ...\r\n
 *
 *   version 2     0                   1                   2                   3
 *                 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *                +---------------------------------------------------------------+
 *                |     signature: 0D 0A 0D 0A 00 0D 0A 51 55 49 54 0A (12)       |
 *                +-------+-------+-------+-------+-------------------------------+
 *                | ver=2 |command|family |transp.|  length of what follows       |
 *                +-------+-------+-------+-------+-------------------------------+
 *                |  source address (4 or 16), destination address (4 or 16)      |
 *                +-------------------------------+-------------------------------+
 *                |          source port          |       destination port        |
 *                +---------------+---------------+---------------+---------------+
 *                |  TLV type     |         TLV length            |  TLV value    |
 *                +---------------+-------------------------------+---------------+
 */

/** The two ends of the client's connection. Addresses are canonical text without brackets. */
export interface ProxyAddresses {
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
}

/** What bytes turned out to be. `length`: bytes of the header; what follows is the client's. */
export type DecodedHeader =
  | { readonly kind: 'header'; readonly length: number; readonly addresses: ProxyAddresses }
  /**
   * The sender speaks for itself (LOCAL, as in its health checks), or of a client that has no
   * address we know (UNKNOWN, a unix socket): the connection's own addresses hold.
   */
  | { readonly kind: 'own'; readonly length: number }
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'malformed'; readonly reason: string };

export const INCOMPLETE: DecodedHeader = { kind: 'incomplete' };

/** The bytes are no header; the reason goes into the log. */
export function malformed(reason: string): DecodedHeader {
  return { kind: 'malformed', reason };
}
