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
import { HelloCollector } from './hello-collector.ts';
import { OFFERED_PROTOCOLS_MAX } from './limits.ts';
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

const RANDOM_BYTES = 32;
const SESSION_ID_BYTES_MAX = 32;
const Extension = { serverName: 0, protocols: 16 } as const;
const HOST_NAME = 0;

/** Reads one, of which more and more is there. */
export class HelloReader {
  readonly #collector = new HelloCollector();

  /**
   * Reads bytes [start, end), all that the client has sent so far: those of earlier calls included,
   * which said `incomplete`. Never throws.
   */
  read(bytes: Buffer, start: number, end: number): HelloReading {
    const collected = this.#collector.collect(bytes, start, end);
    return Buffer.isBuffer(collected) ? readMessage(new WireReader(collected)) : collected;
  }
}

/** The same where nothing came before. */
export function readClientHello(bytes: Buffer, start: number, end: number): HelloReading {
  return new HelloReader().read(bytes, start, end);
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
  // No dot belongs to the end, but some clients send that of the URL, and others have always taken it.
  const text = name.text().replace(/\.$/, '');
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
