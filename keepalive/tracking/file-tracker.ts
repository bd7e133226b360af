import type { TrackedFile } from '../../src/config/agent-config.ts';
import { fileShareMax } from '../limits.ts';
import type { LogLimiter } from '../log-limiter.ts';
import type { FileContent, FileWatch, FileWatcher, Logger } from '../ports.ts';
import type { TrackerEffect, TrackerReading } from '../virtual-router/priority.ts';
import type { Tracker } from './tracker.ts';

/** The whole number that a text is, white space around it aside; null when it is none. */
export function parseNumber(text: string): number | null {
  const match = /^\s*([+-]?[0-9]{1,9})\s*$/.exec(text);
  return match === null ? null : Number(match[1]);
}

/** The share of a number: times the weight, within the scale; with weight 0 any but 0 is a fault. */
export function fileEffect(weight: number, number: number): TrackerEffect {
  if (number === 0) return { type: 'none' };
  if (weight === 0) return { type: 'fault' };
  const share = Math.min(Math.max(number * weight, -fileShareMax), fileShareMax);
  return { type: 'weight', weight: share };
}

/** What a file's tracker needs besides its settings. */
export interface FileTrackerOptions {
  readonly config: TrackedFile;
  /** Absent: nobody reads files here. */
  readonly files: FileWatcher | undefined;
  readonly log: Logger;
  readonly limiter: LogLimiter;
  /** The reading has changed. */
  onChange(): void;
}

/**
 * A number in a file, for operators and their programs. A file that is not there counts as 0. In
 * one that holds something else the last number stands: whoever writes a file in place leaves it
 * empty for a moment, and that must not move an address.
 */
export class FileTracker implements Tracker {
  readonly #options: FileTrackerOptions;
  #watch: FileWatch | null = null;
  #number = 0;
  #reason = 'not read yet, counts as 0';

  constructor(options: FileTrackerOptions) {
    this.#options = options;
  }

  /** See Tracker; a number that was not read yet counts as 0, for nothing. */
  join(predecessor: Tracker | null): void {
    if (!(predecessor instanceof FileTracker)) return;
    this.#number = predecessor.#number;
    this.#reason = predecessor.#reason;
  }

  /** The first content is read soon. */
  start(): void {
    const { config, files } = this.#options;
    if (files === undefined) this.#reason = 'nobody can read it here, counts as 0';
    else this.#watch = files.watch(config.path, (content) => this.#take(content));
  }

  /** Reads no more. */
  stop(): void {
    this.#watch?.close();
    this.#watch = null;
  }

  /** What it does to the priority. */
  reading(): TrackerReading {
    const { name, weight } = this.#options.config;
    const effect = fileEffect(weight, this.#number);
    return { kind: 'file', name, effect, reason: this.#reason };
  }

  #take(content: FileContent): void {
    if (content.type === 'missing') {
      this.#number = 0;
      this.#reason = 'there is no such file, counts as 0';
    } else {
      const number = content.type === 'text' ? parseNumber(content.text) : null;
      if (number === null) this.#complain(content);
      else {
        this.#number = number;
        this.#reason = `the number ${number}`;
      }
    }
    this.#options.onChange();
  }

  #complain(content: Exclude<FileContent, { readonly type: 'missing' }>): void {
    const { config, log, limiter } = this.#options;
    const { path } = config;
    const wrong = content.type === 'unreadable' ? content.reason : 'no whole number in it';
    this.#reason = `${wrong}, ${this.#number} stands`;
    limiter.limit(`file ${path}`, (suppressed) =>
      log.warn({ file: path, tracker: config.name, suppressed }, `${path}: ${this.#reason}`),
    );
  }
}
