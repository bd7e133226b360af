/**
 * Reads the first message of a TLS client without answering it (RFC 8446 4.1.2, RFC 5246 7.4.1.2):
 * whom it wants to talk to (RFC 6066 3) and in which protocols (RFC 7301). It may come in any number
 * of records and of TCP segments:
 *
 *     +------+---------+----------+-----------------------------------------+
 *     | 0x16 | 3 minor | length 2 | handshake bytes: 1..2^14                |  one record
 *     +------+---------+----------+-----------------------------------------+
 *        handshake bytes of all records, one after the other:
 *     +------+----------+---------+-----------+------------+----------------+
 *     | 0x01 | length 3 | version | random 32 | session id | cipher suites  |
 *     +------+----------+---------+-----------+------------+----------------+
 *     | compression methods | extensions: (type 2, length 2, data) ...      |
 *     +---------------------+-----------------------------------------------+
 */
import { HELLO_BYTES_MAX, OFFERED_PROTOCOLS_MAX } from './limits.ts';
import { WireReader } from './wire-reader.ts';

/** What a client's first bytes turned out to be. */
export type HelloReading =
  | ClientHello
  /** A ClientHello so far; more bytes are needed. */
  | { readonly kind: 'incomplete' }
  /** Some other protocol. */
  | { readonly kind: 'not_tls' }
  /** TLS, but broken; the reason goes into the log. */
  | { readonly kind: 'malformed'; readonly reason: string };

/** What a client asks for. */
export interface ClientHello {
  readonly kind: 'hello';
  /** In lower case; null: it names nobody. With Encrypted Client Hello it is the public name. */
  readonly serverName: string | null;
  /** As offered, in the client's order. */
  readonly protocols: readonly string[];
}

const HANDSHAKE_RECORD = 22;
const RECORD_HEAD_BYTES = 5;
const RECORD_BYTES_MAX = 16_384;
const CLIENT_HELLO = 1;
const MESSAGE_HEAD_BYTES = 4;
const RANDOM_BYTES = 32;
const SESSION_ID_BYTES_MAX = 32;
const Extension = { serverName: 0, protocols: 16 } as const;
const HOST_NAME = 0;

const INCOMPLETE: HelloReading = { kind: 'incomplete' };

/** Reads bytes [start, end), all that the client has sent so far. Pure, never throws. */
export function readClientHello(bytes: Buffer, start: number, end: number): HelloReading {
  const collected = collectMessage(bytes, start, end);
  return Buffer.isBuffer(collected) ? readMessage(new WireReader(collected)) : collected;
}

/** The message without its records, or why it is not there. */
function collectMessage(bytes: Buffer, start: number, end: number): Buffer | HelloReading {
  const parts: Buffer[] = [];
  let collected = 0;
  let at = start;
  while (at < end) {
    // The first bytes decide, so that nothing waits for more of what is no TLS.
    if (bytes[at] !== HANDSHAKE_RECORD) {
      return at === start ? { kind: 'not_tls' } : malformed('another record within the message');
    }
    if (at + 1 < end && bytes[at + 1] !== 3) return { kind: 'not_tls' };
    if (at + RECORD_HEAD_BYTES > end) break;
    const length = bytes.readUInt16BE(at + 3);
    if (length === 0 || length > RECORD_BYTES_MAX) return malformed('the length of a record');
    const from = at + RECORD_HEAD_BYTES;
    const part = bytes.subarray(from, Math.min(end, from + length));
    parts.push(part);
    collected += part.length;
    at = from + length;
    const wanted = messageLength(parts);
    if (wanted === -1) return malformed('no ClientHello');
    if (wanted > HELLO_BYTES_MAX) return malformed('longer than allowed');
    if (wanted > 0 && collected >= wanted) {
      const message = parts.length === 1 ? part : Buffer.concat(parts);
      return message.subarray(MESSAGE_HEAD_BYTES, wanted);
    }
  }
  return end - start >= HELLO_BYTES_MAX ? malformed('longer than allowed') : INCOMPLETE;
}

/** Bytes of the message with its head; 0: not known yet; -1: it is no ClientHello. */
function messageLength(parts: readonly Buffer[]): number {
  let head = parts[0]!;
  if (head.length === 0) return 0;
  if (head[0] !== CLIENT_HELLO) return -1;
  if (head.length < MESSAGE_HEAD_BYTES) head = Buffer.concat(parts.slice(0, MESSAGE_HEAD_BYTES));
  if (head.length < MESSAGE_HEAD_BYTES) return 0;
  return MESSAGE_HEAD_BYTES + head.readUIntBE(1, 3);
}

function readMessage(message: WireReader): HelloReading {
  message.skip(2 + RANDOM_BYTES);
  const sessionId = message.vector(1);
  const ciphers = message.vector(2);
  const compressions = message.vector(1);
  if (message.failed) return malformed('cut off');
  const sound =
    sessionId.left <= SESSION_ID_BYTES_MAX &&
    ciphers.left >= 2 &&
    ciphers.left % 2 === 0 &&
    compressions.left > 0;
  if (!sound) return malformed('the length of a field');
  // Before TLS 1.2 there may be none at all.
  if (message.left === 0) return { kind: 'hello', serverName: null, protocols: [] };
  const extensions = message.vector(2);
  if (message.failed || message.left > 0) return malformed('the length of the extensions');
  return readExtensions(extensions);
}

function readExtensions(extensions: WireReader): HelloReading {
  let serverName: string | null = null;
  let protocols: readonly string[] | null = [];
  const seen = new Set<number>();
  while (extensions.left > 0) {
    const type = extensions.integer(2);
    const data = extensions.vector(2);
    if (extensions.failed) return malformed('an extension is cut off');
    if (seen.has(type)) return malformed('an extension comes twice');
    seen.add(type);
    if (type === Extension.serverName) {
      serverName = readServerName(data);
      if (serverName === null) return malformed('the server name');
    } else if (type === Extension.protocols) {
      protocols = readProtocols(data);
      if (protocols === null) return malformed('the list of protocols');
    }
  }
  return { kind: 'hello', serverName, protocols };
}

/** The one host name in the list, null when that is not what there is. */
function readServerName(data: WireReader): string | null {
  const list = data.vector(2);
  const type = list.integer(1);
  const name = list.vector(2);
  // RFC 6066: no other type of name was ever defined, and a type comes once.
  const alone = !list.failed && list.left === 0 && data.left === 0 && type === HOST_NAME;
  const text = name.text();
  if (!alone || !/^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,253}[A-Za-z0-9_])?$/.test(text)) return null;
  return text.toLowerCase();
}

function readProtocols(data: WireReader): string[] | null {
  const list = data.vector(2);
  if (data.failed || data.left > 0 || list.left === 0) return null;
  const protocols: string[] = [];
  while (list.left > 0) {
    const name = list.vector(1);
    if (list.failed || name.left === 0) return null;
    if (protocols.length < OFFERED_PROTOCOLS_MAX) protocols.push(name.text());
  }
  return protocols;
}

function malformed(reason: string): HelloReading {
  return { kind: 'malformed', reason };
}
