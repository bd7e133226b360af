/** A text that is shown again and again, each time in place of the one before. */
import type { TextSink } from './output.ts';

/** Size of a terminal that does not say. */
const COLUMNS = 80;
const ROWS = 24;
/** Its second screen, so that what was there before is there after. */
const ENTER = '\x1b[?1049h';
const LEAVE = '\x1b[?1049l';
const HOME = '\x1b[H';
const CLEAR_LINE_END = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

/** See the file's comment. Where nobody looks (a file, a pipe) the texts follow each other. */
export class Screen {
  readonly #sink: TextSink;
  #last: string | null = null;

  constructor(sink: TextSink) {
    this.#sink = sink;
  }

  /** Shows as much of it as there is room for. */
  show(text: string): void {
    const { isTTY, columns, rows } = this.#sink;
    if (isTTY !== true) {
      this.#sink.write(`${text}\n\n`);
      return;
    }
    // The last column stays empty: clearing the rest of a full line takes its last character in some terminals.
    const lines = fitting(text.split('\n'), (columns || COLUMNS) - 1, rows || ROWS);
    const shown = lines.map((line) => `${line}${CLEAR_LINE_END}`).join('\r\n');
    this.#sink.write(`${this.#last === null ? ENTER : ''}${HOME}${shown}${CLEAR_BELOW}`);
    this.#last = text;
  }

  /** The terminal is as it was; what was shown last stays below, whole. */
  close(): void {
    if (this.#last === null) return;
    this.#sink.write(`${LEAVE}${this.#last}\n`);
    this.#last = null;
  }
}

function fitting(lines: readonly string[], columns: number, rows: number): readonly string[] {
  const whole = lines.map((line) =>
    line.length <= columns ? line : `${line.slice(0, columns - 1)}…`,
  );
  if (whole.length <= rows) return whole;
  const kept = whole.slice(0, Math.max(0, rows - 1));
  return [...kept, `… ${whole.length - kept.length} more lines`.slice(0, columns)];
}
