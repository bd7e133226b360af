import type { Server } from '../upstream/server.ts';
import { TRIES_LOGGED_MAX } from './limits.ts';
import type { LineWriter } from './line-writer.ts';

const COMMA = Buffer.from(', ');
const ABSENT = Buffer.from('-');

/** One column of what is known about the tries; NaN: nothing. */
export type TryColumn = 'connectMs' | 'headerMs' | 'responseMs' | 'status';

/** The tries of one request or session at servers, each with its times. Used again and again. */
export class Tries {
  /** All of them; those beyond `TRIES_LOGGED_MAX` only count. */
  count = 0;
  readonly #servers: Server[] = [];
  readonly #startedAt = new Float64Array(TRIES_LOGGED_MAX);
  readonly #columns: Readonly<Record<TryColumn, Float64Array>> = {
    connectMs: new Float64Array(TRIES_LOGGED_MAX),
    headerMs: new Float64Array(TRIES_LOGGED_MAX),
    responseMs: new Float64Array(TRIES_LOGGED_MAX),
    status: new Float64Array(TRIES_LOGGED_MAX),
  };
  /** The same, to go through: a list made for every try would be garbage on the hot path. */
  readonly #all: readonly Float64Array[] = Object.values(this.#columns);

  /** Forgets everything. */
  clear(): void {
    this.count = 0;
    this.#servers.length = 0;
  }

  /** A try begins. The one before it is over if it was answered; else it may go on beside this one. */
  begin(server: Server, now: number): void {
    const last = this.#servers.length - 1;
    const passedOver = last >= 0 && !Number.isNaN(this.#columns.status[last]!);
    if (passedOver || this.#servers[last] === server) this.#note('responseMs', last, now);
    const index = this.count++;
    if (index >= TRIES_LOGGED_MAX) return;
    this.#servers.push(server);
    this.#startedAt[index] = now;
    for (const column of this.#all) column[index] = Number.NaN;
  }

  /** The latest try at this server has reached this point, for the first time. */
  reached(column: 'connectMs' | 'headerMs' | 'responseMs', server: Server, now: number): void {
    this.#note(column, this.#servers.lastIndexOf(server), now);
  }

  /** The status of the latest try at this server. */
  answered(server: Server, status: number): void {
    const index = this.#servers.lastIndexOf(server);
    if (index >= 0) this.#columns.status[index] = status;
  }

  /** All tries are over. */
  end(now: number): void {
    for (let index = 0; index < this.#servers.length; index++) this.#note('responseMs', index, now);
  }

  /** Addresses of all tries as one value. */
  addresses(out: LineWriter): void {
    if (this.count === 0) {
      out.none();
      return;
    }
    out.open();
    this.#servers.forEach((server, index) => {
      if (index > 0) out.piece(COMMA, 0, COMMA.length);
      out.pieceOf(server.address);
    });
    out.close();
  }

  /** A time or the status of all tries as one value. */
  write(out: LineWriter, column: TryColumn): void {
    if (this.count === 0) {
      out.none();
      return;
    }
    out.open();
    for (let index = 0; index <= this.#last; index++) {
      const value = this.#columns[column][index]!;
      if (index > 0) out.piece(COMMA, 0, COMMA.length);
      if (Number.isNaN(value)) out.raw(ABSENT, 0, 1);
      else if (column === 'status') out.integer(value);
      else out.seconds(value);
    }
    out.close();
  }

  get #last(): number {
    return Math.min(this.count, TRIES_LOGGED_MAX) - 1;
  }

  #note(column: TryColumn, index: number, now: number): void {
    const values = this.#columns[column];
    if (index >= 0 && Number.isNaN(values[index]!)) values[index] = now - this.#startedAt[index]!;
  }
}
