import type { Connection } from '../io/engine.ts';

/** Reasons why a client connection is not read, as bits of `Hold`; it is read while there is none. */
export class ReadHolds {
  readonly #connection: Connection;
  #reasons = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  has(reason: number): boolean {
    return (this.#reasons & reason) !== 0;
  }

  add(reason: number): void {
    if (this.#reasons === 0) this.#connection.pause();
    this.#reasons |= reason;
  }

  remove(reasons: number): void {
    if (this.#reasons === 0) return;
    this.#reasons &= ~reasons;
    if (this.#reasons === 0) this.#connection.resume();
  }
}
