import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Logger } from '../ports.ts';
import { REOPEN_AFTER_MS } from './limits.ts';
import type { LineSink, SinkStatus } from './line-sink.ts';
import { SinkTally } from './sink-tally.ts';

/** Nobody waits for a reader of a pipe. */
const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NONBLOCK;
const MODE = 0o640;
const LINE_FEED = 0x0a;
const NEW_LINE = Buffer.from('\n');

interface Job {
  readonly bytes: Uint8Array;
  readonly lines: number;
  readonly done: () => void;
}

/**
 * A file that lines are added to, by one writer for all workers, so that lines never mix. Writing is
 * done by another thread, one call at a time: a disk that hangs holds up nothing but its own lines.
 */
export class FileSink implements LineSink {
  readonly #path: string;
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #tally: SinkTally;
  readonly #jobs: Job[] = [];
  #file: FileHandle | null = null;
  #reopen = false;
  #triedAt = Number.NEGATIVE_INFINITY;
  /** The last line in the file lacks its end. */
  #torn = false;
  #working: Promise<void> | null = null;

  /** Opens nothing yet; `now` gives milliseconds. */
  constructor(path: string, log: Logger, now: () => number) {
    this.#path = path;
    this.#log = log;
    this.#now = now;
    this.#tally = new SinkTally(path, log, now);
  }

  write(bytes: Uint8Array, lines: number, done: () => void): void {
    this.#jobs.push({ bytes, lines, done });
    this.#working ??= this.#work();
  }

  reopen(): void {
    this.#reopen = true;
    this.#triedAt = Number.NEGATIVE_INFINITY;
    this.#working ??= this.#work();
  }

  status(): SinkStatus {
    return this.#tally.status();
  }

  async close(): Promise<void> {
    await this.#working;
    await this.#file?.close().catch(() => {});
    this.#file = null;
  }

  async #work(): Promise<void> {
    await Promise.resolve();
    while (this.#jobs.length > 0 || this.#reopen) {
      await this.#ready();
      const job = this.#jobs.shift();
      if (job === undefined) continue;
      if (this.#file !== null) await this.#append(this.#file, job);
      else this.#tally.refused(job.lines, this.#tally.status().error ?? 'it is not open');
      job.done();
    }
    this.#working = null;
  }

  /** Opens the file if it is not open, or anew; the one before is kept until that has worked. */
  async #ready(): Promise<void> {
    const wanted = this.#file === null || this.#reopen;
    const now = this.#now();
    if (!wanted || now - this.#triedAt < REOPEN_AFTER_MS) return;
    this.#triedAt = now;
    const asked = this.#reopen;
    this.#reopen = false;
    try {
      const file = await open(this.#path, FLAGS, MODE);
      await this.#file?.close().catch(() => {});
      this.#file = file;
      this.#torn = false;
      if (asked) this.#log.info({ accessLog: this.#path }, `reopened ${this.#path}`);
    } catch (error) {
      const reason = (error as Error).message;
      if (this.#file === null) this.#tally.refused(0, reason);
      else
        this.#log.warn({ accessLog: this.#path, reason }, `cannot reopen ${this.#path}: ${reason}`);
    }
  }

  async #append(file: FileHandle, { bytes, lines }: Job): Promise<void> {
    let at = 0;
    try {
      if (this.#torn) await file.write(NEW_LINE);
      this.#torn = false;
      while (at < bytes.length) at += (await file.write(bytes, at)).bytesWritten;
      this.#tally.took(lines);
    } catch (error) {
      this.#torn = at > 0 && bytes[at - 1] !== LINE_FEED;
      this.#tally.refused(linesIn(bytes, at), (error as Error).message);
    }
  }
}

function linesIn(bytes: Uint8Array, start: number): number {
  let lines = 0;
  for (let at = start; at < bytes.length; at++) if (bytes[at] === LINE_FEED) lines++;
  return lines;
}
