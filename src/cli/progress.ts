/** One line that tells how far something is, for who waits at a terminal or reads a log of it. */
import type { TextSink } from './output.ts';

/** Time between two lines where the line cannot be overwritten, ms. */
const LINES_APART_MS = 5_000;
/** Width of a terminal that does not say. */
const COLUMNS = 80;
/** A narrower one wraps. */
const COLUMNS_MIN = 30;
/** How a line ends matters most: it stays when the middle has no room. */
const END_KEPT = 18;
const CLEAR_LINE = '\r\x1b[K';

/** See the file's comment. */
export class Progress {
  readonly #sink: TextSink;
  readonly #now: () => number;
  #shown = '';
  #shownAt = Number.NEGATIVE_INFINITY;

  /** `now`: milliseconds of any clock. */
  constructor(sink: TextSink, now: () => number = () => performance.now()) {
    this.#sink = sink;
    this.#now = now;
  }

  /** Says it: in place of what was said before on a terminal, else every few seconds. */
  show(text: string): void {
    if (this.#sink.isTTY === true) {
      this.#shown = text;
      // A line that wraps could not be overwritten.
      const room = Math.max(COLUMNS_MIN, this.#sink.columns || COLUMNS) - 1;
      const end = text.slice(-END_KEPT);
      const line = text.length <= room ? text : `${text.slice(0, room - 1 - END_KEPT)}…${end}`;
      this.#sink.write(`${CLEAR_LINE}${line}`);
      return;
    }
    const now = this.#now();
    if (text === this.#shown || now - this.#shownAt < LINES_APART_MS) return;
    this.#shown = text;
    this.#shownAt = now;
    this.#sink.write(`${text}\n`);
  }

  /** Nothing is left of it on a terminal. */
  clear(): void {
    if (this.#sink.isTTY !== true || this.#shown === '') return;
    this.#shown = '';
    this.#sink.write(CLEAR_LINE);
  }
}
