import type { Drainable } from '../frontend/connection-set.ts';
import { Deadline } from '../io/deadline-queue.ts';
import type { Connection, ConnectionHandler, IoEngine } from '../io/engine.ts';
import { IGNORING } from '../io/ignoring.ts';
import type { HelloReading } from './client-hello.ts';
import { HelloReader } from './client-hello.ts';
import { HELLO_BYTES_MAX } from './limits.ts';

/** How the beginning of a connection was decided. */
export type Opening =
  | Exclude<HelloReading, { readonly kind: 'incomplete' }>
  /** The time is up; `not_tls` and `hello` are decided before. */
  | { readonly kind: 'silent' | 'late' }
  /** The client is gone. */
  | { readonly kind: 'gone' };

/** Who waits to know what a client asks for. */
export interface HelloOwner {
  /**
   * It is decided: give the connection another handler before returning. What the client has sent
   * so far then goes to that handler, the hello included.
   */
  opened(receiver: HelloReceiver, connection: Connection, opening: Opening): void;
}

/** Reads what a TLS client asks for, and hands the connection on as if nobody had looked. */
export class HelloReceiver implements ConnectionHandler, Drainable {
  readonly #connection: Connection;
  readonly #owner: HelloOwner;
  readonly #deadline: Deadline;
  readonly #reader = new HelloReader();
  /** The beginning of a hello that came in parts, with room for more. */
  #kept: Buffer | null = null;
  #keptBytes = 0;

  constructor(engine: IoEngine, connection: Connection, timeoutMs: number, owner: HelloOwner) {
    this.#connection = connection;
    this.#owner = owner;
    this.#deadline = new Deadline(engine.deadlines, () => {
      this.#decide({ kind: this.#kept === null ? 'silent' : 'late' });
    });
    this.#deadline.set(timeoutMs);
    connection.handler = this;
  }

  onConnect(): void {}

  onDrain(): void {}

  onData(bytes: Buffer, start: number, end: number): void {
    if (this.#kept === null) {
      this.#read(bytes, start, end);
      return;
    }
    this.#keep(bytes, start, end);
    this.#read(this.#kept, 0, this.#keptBytes);
  }

  /** A client that only half-closes without having said what it wants is not worth waiting for. */
  onEnd(): void {
    this.#decide({ kind: 'gone' });
  }

  onClose(): void {
    this.#decide({ kind: 'gone' });
  }

  /** Its hello is still to come, and it will be served. */
  drain(): void {}

  cut(): void {
    this.#decide({ kind: 'gone' });
  }

  #read(bytes: Buffer, start: number, end: number): void {
    const reading = this.#reader.read(bytes, start, end);
    if (reading.kind === 'incomplete') {
      if (this.#kept === null) this.#keep(bytes, start, end);
      return;
    }
    this.#decide(reading);
    this.#connection.handler.onData(bytes, start, end);
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    const length = this.#keptBytes + end - start;
    if (this.#kept === null || this.#kept.length < length) {
      const grown = Buffer.allocUnsafe(this.#kept === null ? 2 * length : length + HELLO_BYTES_MAX);
      this.#kept?.copy(grown, 0, 0, this.#keptBytes);
      this.#kept = grown;
    }
    bytes.copy(this.#kept, this.#keptBytes, start, end);
    this.#keptBytes = length;
  }

  #decide(opening: Opening): void {
    this.#deadline.clear();
    this.#connection.handler = IGNORING;
    this.#owner.opened(this, this.#connection, opening);
  }
}
