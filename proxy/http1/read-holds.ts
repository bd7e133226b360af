import type { Connection } from '../io/engine.ts';

/** Reasons why a client connection is not read, as bits of `Hold`; it is read while there is none. */
export class ReadHolds {
  #connection: Connection;
  #reasons = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Those of another connection from here on; only while there is none. */
  serve(connection: Connection): void {
    this.#connection = connection;
  }

  get any(): boolean {
    return this.#reasons !== 0;
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
