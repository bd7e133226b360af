import { Deadline, type DeadlineQueue } from '../io/deadline-queue.ts';
import type { Endpoint } from './endpoint.ts';
import { LATE_RESET_MS, LATE_RESETS_MAX } from './limits.ts';
import { ErrorCode } from './protocol.ts';

/**
 * The resets of streams that have their answer while the client still sends its request (RFC 9113 8.1).
 * Each follows its answer after a moment: curl 7.88, Debian 12's, loses an answer that it reads together
 * with the reset, and tells its user of an error in the framing in place of a 413.
 */
export class LateResets {
  readonly #deadline: Deadline;
  readonly #endpoint: Pick<Endpoint, 'reset'>;
  #streams: number[] = [];

  constructor(queue: DeadlineQueue, endpoint: Pick<Endpoint, 'reset'>) {
    this.#deadline = new Deadline(queue, () => this.flush());
    this.#endpoint = endpoint;
  }

  /** This stream's answer has just been composed. */
  add(stream: number): void {
    this.#streams.push(stream);
    if (this.#streams.length >= LATE_RESETS_MAX) this.flush();
    else if (this.#streams.length === 1) this.#deadline.set(LATE_RESET_MS);
  }

  /** Composes all that are due, and those that are not yet. */
  flush(): void {
    const streams = this.#streams;
    if (streams.length === 0) return;
    this.drop();
    for (const stream of streams) this.#endpoint.reset(stream, ErrorCode.noError);
  }

  /** Nobody is to be told any more. */
  drop(): void {
    this.#streams = [];
    this.#deadline.clear();
  }
}
