import { PROXY_ERRORS } from '../errors.ts';
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
   * Something failed: `what` is an error code, `where` a listener, an upstream, or an upstream and a
   * server, `errno` the system's word for it, if it had one. `sentence` says what comes of it, where
   * the code has none of its own.
   */
  note(
    what: string,
    where: string,
    errno: string | null = null,
    sentence = sentenceOf(what),
  ): void {
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
    const why = errno === null ? '' : ` (${errno})`;
    const fields = { code: what, at: where, ...cause, times: tally.count };
    this.#log.warn(fields, `${where}: ${sentence}${why}`);
    tally.count = 0;
    tally.nextAt = now + FAILURE_LOG_INTERVAL_MS;
  }
}

/** What no request is told, and the operator is. */
const SENTENCES: Readonly<Record<string, string>> = {
  retry_budget_used_up:
    'requests fail that another server might have answered: retries are too many for the requests',
};

function sentenceOf(code: string): string {
  const known: Readonly<Record<string, { readonly text: string }>> = PROXY_ERRORS;
  return known[code]?.text ?? SENTENCES[code] ?? code;
}
