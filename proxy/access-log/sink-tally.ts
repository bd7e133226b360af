import type { Logger } from '../ports.ts';
import { COMPLAIN_EVERY_MS } from './limits.ts';
import type { SinkStatus } from './line-sink.ts';

/** Counts what a place takes and refuses, and tells the operator without repeating itself. */
export class SinkTally {
  readonly #name: string;
  readonly #log: Logger;
  readonly #now: () => number;
  #lines = 0;
  #dropped = 0;
  /** Dropped since the place was last well. */
  #gap = 0;
  #error: string | null = null;
  #complainedAt = Number.NEGATIVE_INFINITY;

  /** `name` is what the operator calls the place; `now` gives milliseconds. */
  constructor(name: string, log: Logger, now: () => number) {
    this.#name = name;
    this.#log = log;
    this.#now = now;
  }

  /** Lines are written. */
  took(lines: number): void {
    this.#lines += lines;
    if (this.#error === null) return;
    const dropped = this.#gap;
    this.#error = null;
    this.#gap = 0;
    this.#log.info(
      { accessLog: this.#name, dropped },
      `the access log ${this.#name} is written again; ${dropped} lines are missing`,
    );
  }

  /** Lines are lost. */
  refused(lines: number, reason: string): void {
    this.#dropped += lines;
    this.#gap += lines;
    this.#error = reason;
    const now = this.#now();
    if (now - this.#complainedAt < COMPLAIN_EVERY_MS) return;
    this.#complainedAt = now;
    this.#log.warn(
      { accessLog: this.#name, reason, dropped: this.#dropped },
      `cannot write the access log ${this.#name}: ${reason}; its lines are dropped, requests go on`,
    );
  }

  status(): SinkStatus {
    return { lines: this.#lines, dropped: this.#dropped, error: this.#error };
  }
}
