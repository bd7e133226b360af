import { ADDED_LINES_BYTES_MAX } from './limits.ts';

/** How much of templates one head still takes: a value beyond that is left out, and the head stays fit. */
export class LineBudget {
  #left = ADDED_LINES_BYTES_MAX;

  /** Takes room for a line; false: there is none. */
  takes(name: string, value: string): boolean {
    const bytes = name.length + value.length + LINE_OVERHEAD;
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }
}

/** `: ` and the line end. */
const LINE_OVERHEAD = 4;
