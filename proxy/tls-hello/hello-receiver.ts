import { type Arrival, ownAddressOf } from '../draining/client.ts';
import type { Drainable } from '../frontend/connection-set.ts';
import { Deadline } from '../io/deadline-queue.ts';
import type { Connection, ConnectionHandler, IoEngine } from '../io/engine.ts';
import { IGNORING } from '../io/ignoring.ts';
import type { HelloReading } from './client-hello.ts';
import { HelloBuffer } from './hello-buffer.ts';

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
export class HelloReceiver implements ConnectionHandler, Drainable, Arrival {
  readonly #connection: Connection;
  readonly #owner: HelloOwner;
  readonly #deadline: Deadline;
  readonly #hello = new HelloBuffer();

  constructor(engine: IoEngine, connection: Connection, timeoutMs: number, owner: HelloOwner) {
    this.#connection = connection;
    this.#owner = owner;
    this.#deadline = new Deadline(engine.deadlines, () => {
      this.#decide({ kind: this.#hello.length === 0 ? 'silent' : 'late' });
    });
    this.#deadline.set(timeoutMs);
    connection.handler = this;
  }

  get ownAddress(): string {
    return ownAddressOf(this.#connection);
  }

  onConnect(): void {}

  onDrain(): void {}

  onData(bytes: Buffer, start: number, end: number): void {
    const hello = this.#hello;
    const reading = hello.take(bytes, start, end);
    if (reading.kind === 'incomplete') return;
    this.#decide(reading);
    if (hello.bytes === null) this.#connection.handler.onData(bytes, start, end);
    else this.#connection.handler.onData(hello.bytes, 0, hello.length);
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

  #decide(opening: Opening): void {
    this.#deadline.clear();
    this.#connection.handler = IGNORING;
    this.#owner.opened(this, this.#connection, opening);
  }
}
