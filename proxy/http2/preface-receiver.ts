import { type Arrival, ownAddressOf } from '../draining/client.ts';
import type { Drainable } from '../frontend/connection-set.ts';
import { Deadline } from '../io/deadline-queue.ts';
import type { Connection, ConnectionHandler, IoEngine } from '../io/engine.ts';
import { IGNORING } from '../io/ignoring.ts';
import { PREFACE } from './protocol.ts';

/** Who waits for the first bytes of a connection. */
export interface PrefaceOwner {
  /** It is known what the client speaks: give the connection a handler before returning. */
  spoke(receiver: PrefaceReceiver, connection: Connection, http2: boolean): void;
  /** The client has said nothing; the connection has been ended. */
  silent(receiver: PrefaceReceiver): void;
}

/**
 * Tells by the first bytes of a connection without TLS whether its client speaks HTTP/2: no request of
 * HTTP/1 begins with the preface, for there is no method PRI. What came goes to the next handler.
 */
export class PrefaceReceiver implements ConnectionHandler, Drainable, Arrival {
  readonly #connection: Connection;
  readonly #owner: PrefaceOwner;
  readonly #deadline: Deadline;
  /** What came of a preface that came in parts. */
  #kept: Buffer | null = null;

  constructor(engine: IoEngine, connection: Connection, timeoutMs: number, owner: PrefaceOwner) {
    this.#connection = connection;
    this.#owner = owner;
    this.#deadline = new Deadline(engine.deadlines, () => this.#end());
    this.#deadline.set(timeoutMs);
    connection.handler = this;
  }

  get ownAddress(): string {
    return ownAddressOf(this.#connection);
  }

  onConnect(): void {}

  onDrain(): void {}

  onData(bytes: Buffer, start: number, end: number): void {
    if (this.#kept === null) {
      this.#read(bytes, start, end);
      return;
    }
    const kept = Buffer.concat([this.#kept, bytes.subarray(start, end)]);
    this.#read(kept, 0, kept.length);
  }

  onEnd(): void {
    if (this.#kept !== null) this.#pass(false, this.#kept, 0, this.#kept.length);
    if (this.#connection.handler === this) this.#end();
    else this.#connection.handler.onEnd();
  }

  onClose(): void {
    this.#deadline.clear();
    this.#owner.silent(this);
  }

  /** A request may be on its way. */
  drain(): void {}

  cut(): void {
    this.#end();
  }

  #read(bytes: Buffer, start: number, end: number): void {
    const length = Math.min(end - start, PREFACE.length);
    const same = bytes.compare(PREFACE, 0, length, start, start + length) === 0;
    if (same && length < PREFACE.length) this.#kept = Buffer.from(bytes.subarray(start, end));
    else this.#pass(same, bytes, start, end);
  }

  #pass(http2: boolean, bytes: Buffer, start: number, end: number): void {
    this.#deadline.clear();
    this.#owner.spoke(this, this.#connection, http2);
    this.#connection.handler.onData(bytes, start, end);
  }

  #end(): void {
    this.#deadline.clear();
    this.#connection.handler = IGNORING;
    this.#connection.reset();
    this.#owner.silent(this);
  }
}
