import type { Logger } from '../ports.ts';
import { LIMIT_LOG_INTERVAL_MS } from './limits.ts';

/**
 * Tells the operator that a limit bites, once in a while: the first time at once, later how often it
 * did since. One for each limit and worker.
 */
export class LimitLog {
  readonly #log: Logger;
  readonly #fields: object;
  readonly #message: string;
  #times = 0;
  #nextAt = Number.NEGATIVE_INFINITY;

  /** `fields` say which limit it is. */
  constructor(log: Logger, fields: object, message: string) {
    this.#log = log;
    this.#fields = fields;
    this.#message = message;
  }

  /** It bit; `details` are only asked for when a line is written. `nowMs` never goes back. */
  note(nowMs: number, details: () => object): void {
    this.#times++;
    if (nowMs < this.#nextAt) return;
    this.#log.warn({ ...this.#fields, ...details(), times: this.#times }, this.#message);
    this.#times = 0;
    this.#nextAt = nowMs + LIMIT_LOG_INTERVAL_MS;
  }
}
