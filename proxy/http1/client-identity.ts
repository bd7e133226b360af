import type { Connection } from '../io/engine.ts';
import type { RequestAdditions } from './compose-head.ts';
import { NO_LINES } from './extra-lines.ts';
import type { RequestHead } from './head.ts';

/**
 * What forwarded requests of one client connection say about the client. Fields of the same names
 * that the client sent are replaced, not continued: anybody can write them.
 */
export class ClientIdentity {
  /** The client's address, without brackets, and port. */
  readonly address: string;
  readonly port: number;
  readonly #connection: Connection;
  readonly #additions: {
    path: Buffer | null;
    defaultHost: Buffer;
    about: Buffer;
    lines: Buffer;
  };
  #defaultHost: Buffer | null = null;

  /** `scheme` is what the client spoke: http or https. */
  constructor(connection: Connection, scheme: string) {
    this.#connection = connection;
    const address = connection.remoteAddress;
    this.address = address;
    this.port = connection.remotePort;
    const about =
      `X-Forwarded-For: ${address}\r\nX-Real-IP: ${address}\r\n` +
      `X-Forwarded-Proto: ${scheme}\r\n`;
    this.#additions = {
      path: null,
      defaultHost: NO_LINES,
      about: Buffer.from(about, 'latin1'),
      lines: NO_LINES,
    };
  }

  /** For one request; valid until the next call. `path` as in `RequestAdditions`. */
  additions(head: RequestHead, path: string | null): RequestAdditions {
    const additions = this.#additions;
    additions.lines = NO_LINES;
    additions.path = path === null ? null : Buffer.from(path, 'latin1');
    // HTTP/1.0 may leave the host out; then it is where the client connected to (RFC 9112 3.3).
    additions.defaultHost = head.hostEnd > head.hostStart ? NO_LINES : this.#localHost();
    return additions;
  }

  #localHost(): Buffer {
    if (this.#defaultHost === null) {
      const { localAddress, localPort } = this.#connection;
      const host = localAddress.includes(':') ? `[${localAddress}]` : localAddress;
      this.#defaultHost = Buffer.from(`${host}:${localPort}`, 'latin1');
    }
    return this.#defaultHost;
  }
}
