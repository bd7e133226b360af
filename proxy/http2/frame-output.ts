/**
 * Frames on their way out of one connection, gathered so that all streams that have something to say
 * within one turn of the event loop share one write.
 *
 *     stream, stream, session --room, advance--> one buffer --soon--> connection
 */
import type { Connection, IoEngine } from '../io/engine.ts';
import { OutputTurn } from './output-turn.ts';

const NOTHING = Buffer.alloc(0);

/** What the output of one connection counts and tells. */
export interface OutputOwner {
  /** So many bytes were given to the connection. */
  written(bytes: number): void;
}

/** The output of one connection. */
export class FrameOutput {
  /** The connection has a backlog: content waits until it is gone. */
  blocked = false;
  /** Counts writes: what was composed before the present one cannot be changed any more. */
  turn = 0;
  /** What is being composed; valid after `room`. */
  bytes: Buffer = NOTHING;
  /** How far it has been composed. */
  at = 0;
  readonly #engine: IoEngine;
  readonly #connection: Connection;
  readonly #owner: OutputOwner;
  readonly #turns: OutputTurn;
  #over = false;
  /** The connection is not established yet: nothing is written. */
  #held: boolean;

  constructor(engine: IoEngine, connection: Connection, owner: OutputOwner, held = false) {
    this.#engine = engine;
    this.#turns = OutputTurn.of(engine);
    this.#connection = connection;
    this.#owner = owner;
    this.#held = held;
  }

  /** Makes room for `size` more bytes after `at`, and sees to it that they are sent. */
  room(size: number): Buffer {
    if (this.at + size > this.bytes.length) this.#makeRoom(size);
    return this.bytes;
  }

  /** Writes what is composed. */
  flush(): void {
    const length = this.at;
    if (length === 0 || this.#over || this.#held) return;
    const composed = this.bytes;
    const out = this.#engine.outgoing(length);
    composed.copy(out, 0, 0, length);
    this.at = 0;
    this.turn++;
    this.bytes = NOTHING;
    this.#turns.release(composed);
    this.#owner.written(length);
    if (!this.#connection.write(out, 0, length)) this.blocked = true;
  }

  /** The connection is established. */
  ready(): void {
    this.#held = false;
    this.flush();
  }

  /** Nothing is written any more. */
  end(): void {
    this.#over = true;
    this.at = 0;
    this.bytes = NOTHING;
  }

  #makeRoom(size: number): void {
    this.flush();
    this.bytes = this.#turns.buffer(this);
    this.at = 0;
    if (size <= this.bytes.length) return;
    this.#turns.release(this.bytes);
    this.bytes = Buffer.allocUnsafe(size);
  }
}
