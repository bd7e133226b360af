import type { SharedViews } from '../shared/shared-state.ts';

/** How much of the average a new time replaces. */
const WEIGHT_OF_NEW = 1 / 8;

/** A try that failed counts as an answer that took at least so long, in ms, and twice the average. */
const FAILURE_MS = 1000;

/** And at most this: a server that fails for an hour should be tried again within the next. */
const FAILURE_MAX_MS = 60_000;

/** Statuses by which a server, or a gateway in front of it, says that it could not do its work. */
const FAILURE_STATUSES: ReadonlySet<number> = new Set([502, 503, 504]);

/**
 * Moving average of the time a server takes to answer: to the head of the response, for TCP to the
 * connection. All workers write the one cell: connections are spread unevenly over them, so that one
 * alone could know next to nothing of a server. Of two written at the same moment one may be lost.
 *
 * Failures count as slow answers, or a server that fails fast would look like the best of all.
 */
export class ServerAverage {
  readonly #cells: Float64Array;
  readonly #index: number;

  constructor(views: SharedViews, slot: number) {
    this.#cells = views.serverAverage;
    this.#index = views.indexOf('serverAverage', 0, slot);
  }

  /** In ms; 0 before the first answer. */
  get value(): number {
    return this.#cells[this.#index]!;
  }

  /** It has answered after `waitedMs`; 0 as status for what has none. */
  answered(status: number, waitedMs: number): void {
    if (FAILURE_STATUSES.has(status)) this.failed();
    else this.#add(waitedMs);
  }

  failed(): void {
    this.#add(Math.max(FAILURE_MS, Math.min(2 * this.value, FAILURE_MAX_MS)));
  }

  #add(timeMs: number): void {
    const before = this.value;
    const after = before === 0 ? timeMs : before + (timeMs - before) * WEIGHT_OF_NEW;
    this.#cells[this.#index] = after;
  }
}
