import type { Arrival } from '../draining/client.ts';
import type { Drainable } from '../frontend/connection-set.ts';
import { Deadline } from '../io/deadline-queue.ts';
import type { Connection, ConnectionHandler, IoEngine } from '../io/engine.ts';
import { IGNORING } from '../io/ignoring.ts';
import { decodeProxyHeader } from './decode.ts';
import type { DecodedHeader } from './header.ts';
import { RelayedConnection } from './relayed-connection.ts';

/** Who waits for a header. */
export interface HeaderOwner {
  /** The connection, as its header says: give it a handler before returning. */
  headerReceived(receiver: HeaderReceiver, connection: Connection): void;
  /** There is none; the connection has been reset. `reason` is for the log; null: not worth a word. */
  headerMissing(receiver: HeaderReceiver, reason: string | null): void;
}

/**
 * Takes the PROXY header off the beginning of a connection. What came with it or after it goes to
 * the connection's next handler, in order and complete.
 */
export class HeaderReceiver implements ConnectionHandler, Drainable, Arrival {
  readonly #connection: Connection;
  readonly #owner: HeaderOwner;
  readonly #deadline: Deadline;
  /** The beginning of a header that came in parts. */
  #kept: Buffer | null = null;

  constructor(engine: IoEngine, connection: Connection, timeoutMs: number, owner: HeaderOwner) {
    this.#connection = connection;
    this.#owner = owner;
    this.#deadline = new Deadline(engine.deadlines, () => this.#refuse('the header is late'));
    this.#deadline.set(timeoutMs);
    connection.handler = this;
  }

  /** Who the connection comes from: the balancer in front of us. */
  get peer(): string {
    return this.#connection.remoteAddress;
  }

  get ownAddress(): string {
    return this.#connection.localAddress;
  }

  onConnect(): void {}

  onDrain(): void {}

  onData(bytes: Buffer, start: number, end: number): void {
    if (this.#kept === null) {
      this.#read(bytes, start, end);
      return;
    }
    const kept = Buffer.concat([this.#kept, bytes.subarray(start, end)]);
    this.#kept = kept;
    this.#read(kept, 0, kept.length);
  }

  /** Who only looks whether the port answers has nothing to say. */
  onEnd(): void {
    this.#refuse(this.#kept === null ? null : 'the header ends in the middle');
  }

  onClose(): void {
    this.#deadline.clear();
    this.#owner.headerMissing(this, null);
  }

  /** A header that is still to come may bring a request. */
  drain(): void {}

  cut(): void {
    this.#refuse(null);
  }

  #read(bytes: Buffer, start: number, end: number): void {
    const header = decodeProxyHeader(bytes, start, end);
    if (header.kind === 'malformed') {
      this.#refuse(header.reason);
    } else if (header.kind === 'incomplete') {
      this.#kept ??= Buffer.from(bytes.subarray(start, end));
    } else {
      this.#deadline.clear();
      const connection = connectionOf(this.#connection, header);
      this.#owner.headerReceived(this, connection);
      const rest = start + header.length;
      if (rest < end) connection.handler.onData(bytes, rest, end);
    }
  }

  #refuse(reason: string | null): void {
    this.#deadline.clear();
    this.#connection.handler = IGNORING;
    this.#connection.reset();
    this.#owner.headerMissing(this, reason);
  }
}

function connectionOf(connection: Connection, header: DecodedHeader): Connection {
  return header.kind === 'header'
    ? new RelayedConnection(connection, header.addresses)
    : connection;
}
