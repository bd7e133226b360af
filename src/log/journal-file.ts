/** The agent's journal as a file that never holds the agent up and never grows beyond its bound. */
import { constants, statSync } from 'node:fs';
import { type FileHandle, open, rename, stat } from 'node:fs/promises';
import type { Logger } from './logger.ts';

/** Lines that wait for the disk, bytes; beyond it lines are left out and counted. */
const WAITING_BYTES_MAX = 4 * 1024 * 1024;
/** A disk that is full or broken is said once in this time, ms. */
const COMPLAIN_EVERY_MS = 60_000;
/** No link is followed, and nobody waits for a reader of a pipe. */
const FLAGS =
  constants.O_WRONLY |
  constants.O_CREAT |
  constants.O_APPEND |
  constants.O_NOFOLLOW |
  constants.O_NONBLOCK;

/** What the status says of it. */
export interface JournalStatus {
  readonly path: string;
  /** Bytes in the present file. */
  readonly bytes: number;
  /** Lines that the disk was too slow for, or refused. */
  readonly dropped: number;
  /** Why nothing is written; null: all is well. */
  readonly error: string | null;
}

/** Stands for the change to a new file among the lines that wait. */
const ROTATE = Symbol('rotate');

/**
 * Lines go to `path`; a file that has reached its size becomes `path.1`, in place of the one before
 * it. Each file begins with a header, so that it can be replayed by itself (keepalive/journal/replay.ts).
 */
export class JournalFile {
  readonly #path: string;
  readonly #bytesMax: number;
  readonly #log: Logger;
  #waiting: (string | typeof ROTATE)[] = [];
  #waitingBytes = 0;
  #header: (() => string) | null = null;
  #file: FileHandle | null = null;
  /** Of the present file, with what waits for it. */
  #bytes: number;
  /** Lines left out since the last one that was not. */
  #gap = 0;
  #dropped = 0;
  #error: string | null = null;
  #complainedAt = Number.NEGATIVE_INFINITY;
  #worker: Promise<void> | null = null;

  /** `bytesMax` bounds each of the two files; the last line may go beyond it. */
  constructor(path: string, bytesMax: number, log: Logger) {
    this.#path = path;
    this.#bytesMax = bytesMax;
    this.#log = log;
    this.#bytes = sizeOf(path);
  }

  /** Takes a line and what a file that begins after it has to begin with. Never throws or waits. */
  readonly write = (line: string, header: () => string): void => {
    this.#header = header;
    if (this.#gap > 0 || this.#waitingBytes + line.length > WAITING_BYTES_MAX) this.#gap += 1;
    else {
      this.#queue(line);
      // Now: later the routers have gone on, and the header would not fit what follows here.
      if (this.#bytes >= this.#bytesMax) this.#rotate(header());
    }
    this.#worker ??= this.#work();
  };

  /** For the status. */
  status(): JournalStatus {
    const dropped = this.#dropped + this.#gap;
    return { path: this.#path, bytes: this.#bytes, dropped, error: this.#error };
  }

  /** Resolves when what waits is written and the file closed. Nothing is to be written after it. */
  async close(): Promise<void> {
    await this.#worker;
    await this.#closeFile();
  }

  #queue(line: string): void {
    this.#waiting.push(line);
    this.#waitingBytes += line.length + 1;
    this.#bytes += line.length + 1;
  }

  #rotate(header: string): void {
    this.#waiting.push(ROTATE);
    this.#bytes = 0;
    this.#queue(header);
  }

  async #work(): Promise<void> {
    // Whoever writes does not wait for the first system call either.
    await Promise.resolve();
    let batch: string[] = [];
    try {
      while (this.#waiting.length > 0 || this.#gap > 0) {
        if (this.#waiting.length === 0) this.#closeGap();
        batch = this.#nextBatch();
        await this.#append(batch);
        if (this.#waiting[0] === ROTATE) await this.#renameFile();
        this.#error = null;
      }
    } catch (error) {
      await this.#failed(error as Error, batch);
    }
    this.#worker = null;
  }

  /** What waits for the present file. */
  #nextBatch(): string[] {
    const end = this.#waiting.indexOf(ROTATE);
    const batch = this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
    this.#waitingBytes = 0;
    for (const line of this.#waiting) if (line !== ROTATE) this.#waitingBytes += line.length + 1;
    return batch.filter((line) => line !== ROTATE);
  }

  /** After missing lines: how many, and where everything stands now. The last line may be half one. */
  #closeGap(): void {
    // Else a folder in which nothing can be renamed would let the file grow by each of its failures.
    if (this.#bytes >= this.#bytesMax) {
      this.#waiting.push(ROTATE);
      this.#bytes = 0;
      return;
    }
    for (const line of ['', JSON.stringify({ gap: this.#gap }), this.#header?.() ?? '']) {
      this.#queue(line);
    }
    this.#dropped += this.#gap;
    this.#gap = 0;
  }

  async #append(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    this.#file ??= await openJournal(this.#path);
    await this.#file.writeFile(`${lines.join('\n')}\n`);
  }

  async #renameFile(): Promise<void> {
    await this.#closeFile();
    await rename(this.#path, `${this.#path}.1`);
    this.#waiting.shift();
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.close().catch(() => {});
  }

  /** What waited is missing as well: it belongs to what could not be written. */
  async #failed(error: Error, batch: readonly string[]): Promise<void> {
    const waiting = this.#waiting.filter((line) => line !== ROTATE);
    this.#gap += batch.length + waiting.length;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#error = error.message;
    await this.#closeFile();
    // What was counted has not all been written, nor has the file been changed.
    this.#bytes = await bytesOf(this.#path);
    const now = performance.now();
    if (now - this.#complainedAt < COMPLAIN_EVERY_MS) return;
    this.#complainedAt = now;
    this.#log.warn(
      { err: error, journal: this.#path },
      `cannot write the journal ${this.#path}: ${error.message}; the agent goes on without it`,
    );
  }
}

async function bytesOf(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.size ?? 0;
}

/** Of what an earlier run has left; opening it will say what is wrong with it. */
function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}

async function openJournal(path: string): Promise<FileHandle> {
  const file = await open(path, FLAGS, 0o640);
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new Error('it is not a file');
}
