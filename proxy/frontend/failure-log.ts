import { FAILURE_KINDS_MAX, FAILURE_LOG_INTERVAL_MS } from '../limits.ts';
import type { Logger } from '../ports.ts';

interface Tally {
  count: number;
  nextAt: number;
}

/**
 * Tells the operator about failing servers without repeating itself: the first failure of a kind at
 * once, later ones as a number. `now` is a clock in milliseconds.
 */
export class FailureLog {
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #tallies = new Map<string, Tally>();

  constructor(log: Logger, now: () => number) {
    this.#log = log;
    this.#now = now;
  }

  /**
   * Something failed: `what` is an error code, `where` a server or an upstream, `errno` the system's
   * word for it, if it had one. `message` says in a sentence what comes of it.
   */
  note(what: string, where: string, errno: string | null = null, message = 'requests fail'): void {
    const key = `${what} ${where} ${errno}`;
    const now = this.#now();
    let tally = this.#tallies.get(key);
    if (tally === undefined) {
      if (this.#tallies.size >= FAILURE_KINDS_MAX) this.#tallies.clear();
      tally = { count: 0, nextAt: now };
      this.#tallies.set(key, tally);
    }
    tally.count++;
    if (now < tally.nextAt) return;
    const cause = errno === null ? {} : { errno };
    this.#log.warn({ code: what, at: where, ...cause, times: tally.count }, message);
    tally.count = 0;
    tally.nextAt = now + FAILURE_LOG_INTERVAL_MS;
  }
}
