import { heardLinesMax, logKeysMax, logRepeatMicros } from './limits.ts';
import type { Clock } from './ports.ts';

/**
 * Keeps what a hostile or broken LAN can trigger from filling the log (RFC 9568 asks for it
 * wherever it asks for logging): one line per key and time, then the number that was left out.
 */
export class LogLimiter {
  readonly #clock: Clock;
  readonly #entries = new Map<string, { at: number; suppressed: number }>();
  /** Lines about what was heard, since `#heardFrom`, and those left out because there were too many. */
  #heardLines = 0;
  #heardFrom = 0;
  #heardOver = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `write` unless the key was written lately; tells it how many were left out since. */
  limit(key: string, write: (suppressed: number) => void): void {
    const now = this.#clock.now();
    const entry = this.#entries.get(key);
    if (entry !== undefined && now - entry.at < logRepeatMicros) {
      entry.suppressed += 1;
      return;
    }
    this.#entries.delete(key);
    if (this.#entries.size >= logKeysMax) {
      const oldest = this.#entries.keys().next();
      if (!oldest.done) this.#entries.delete(oldest.value);
    }
    this.#entries.set(key, { at: now, suppressed: 0 });
    write(entry?.suppressed ?? 0);
  }

  /**
   * The same for a key in which something from the network stands (an address, a checksum): whoever
   * makes up a new one for each packet gets `heardLinesMax` lines in the time of a repetition, for
   * all such keys together. What is left out beyond that is told with the next line that is written.
   */
  limitHeard(key: string, write: (suppressed: number) => void): void {
    const now = this.#clock.now();
    if (now - this.#heardFrom >= logRepeatMicros) {
      this.#heardFrom = now;
      this.#heardLines = 0;
    }
    if (this.#heardLines >= heardLinesMax) {
      this.#heardOver += 1;
      return;
    }
    this.limit(key, (suppressed) => {
      this.#heardLines += 1;
      const over = this.#heardOver;
      this.#heardOver = 0;
      write(suppressed + over);
    });
  }
}
