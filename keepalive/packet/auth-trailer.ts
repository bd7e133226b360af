/**
 * The authentication trailer of an advertisement (draft-cassen-vrrp-auth-hmac, as keepalived has it
 * since 2.4.1; docs/adr/0010). It follows the VRRP message, in both versions and families. Pure.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |   Type = 1    |    Key ID     |         Reserved = 0          |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                    Sequence: seconds                          |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |    1/65536 of a second        |           Counter             |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |         HMAC-SHA256, its first 128 bits (16 bytes)            |
 *
 * The HMAC is over 20 bytes of pseudo-header (family 4 or 6, version, VRID, a zero, the source address
 * padded with zeros to 16 bytes), the message with a zero checksum, and the trailer with a zero HMAC.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Length of the trailer. */
export const TRAILER_BYTES = 28;
const TYPE_HMAC_SHA256 = 1;
const HMAC_AT = 12;
const PSEUDO_HEADER_BYTES = 20;
const CHECKSUM_AT = 6;

/** What the HMAC binds the message to. */
export interface TrailerContext {
  readonly source: Uint8Array;
  readonly key: Uint8Array;
}

/** The fields that are read before the HMAC can be checked. */
export interface TrailerFields {
  readonly keyId: number;
  /** 64 bits. */
  readonly sequence: bigint;
}

/** The trailer for a message. Its checksum may be filled in later: the HMAC takes it for zero. */
export function makeTrailer(
  message: Uint8Array,
  { keyId, sequence }: TrailerFields,
  context: TrailerContext,
): Uint8Array {
  const trailer = new Uint8Array(TRAILER_BYTES);
  trailer[0] = TYPE_HMAC_SHA256;
  trailer[1] = keyId;
  new DataView(trailer.buffer).setBigUint64(4, BigInt.asUintN(64, sequence));
  trailer.set(hmacOf(message, trailer, context), HMAC_AT);
  return trailer;
}

/** Reads the fields; null when these bytes are no trailer that we know. Never throws. */
export function readTrailer(trailer: Uint8Array): TrailerFields | null {
  if (trailer.length !== TRAILER_BYTES || trailer[0] !== TYPE_HMAC_SHA256) return null;
  if (trailer[2] !== 0 || trailer[3] !== 0) return null;
  const view = new DataView(trailer.buffer, trailer.byteOffset, trailer.length);
  return { keyId: trailer[1]!, sequence: view.getBigUint64(4) };
}

/** Whether the holder of the key made this trailer for this message. In constant time. */
export function trailerFits(
  message: Uint8Array,
  trailer: Uint8Array,
  context: TrailerContext,
): boolean {
  return timingSafeEqual(trailer.subarray(HMAC_AT), hmacOf(message, trailer, context));
}

function hmacOf(
  message: Uint8Array,
  trailer: Uint8Array,
  { source, key }: TrailerContext,
): Uint8Array {
  const pseudo = new Uint8Array(PSEUDO_HEADER_BYTES);
  pseudo[0] = source.length === 4 ? 4 : 6;
  pseudo[1] = message[0]! >> 4;
  pseudo[2] = message[1]!;
  pseudo.set(source, 4);
  const hash = createHmac('sha256', key);
  hash.update(pseudo);
  hash.update(message.subarray(0, CHECKSUM_AT)).update(new Uint8Array(2));
  hash.update(message.subarray(CHECKSUM_AT + 2));
  hash.update(trailer.subarray(0, HMAC_AT)).update(new Uint8Array(TRAILER_BYTES - HMAC_AT));
  return hash.digest().subarray(0, TRAILER_BYTES - HMAC_AT);
}
