/** Where log lines go: stdout, without ever waiting for it or failing with it. */
import { write, writeSync } from 'node:fs';
import { exitAtOnce, isWritableNow } from '../os/stdout.ts';

const STDOUT = 1;
/** Lines that wait for a slow reader of stdout, bytes; beyond it lines are dropped and counted. */
const WAITING_BYTES_MAX = 1024 * 1024;
/** Given to one system call, bytes. */
const BATCH_BYTES_MAX = 64 * 1024;
/** What a pipe takes whole when poll(2) says that it takes anything (PIPE_BUF), bytes. */
const PIECE_BYTES_MAX = 4096;
/** A pipe that was made non-blocking and is full is tried again after this, ms. */
const FULL_PIPE_RETRY_MS = 50;

/** `lines` were dropped; the disk's or the pipe's reason when it gave one. */
export type DroppedReport = (lines: number, reason: string | null) => void;

/**
 * Lines are written by another thread, in order. A reader that does not read, a disk that is full
 * and a pipe without a reader cost lines, which are counted and told of when lines pass again.
 */
export class LogSink {
  readonly #onDropped: DroppedReport;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #busy = false;
  #dropped = 0;
  #reason: string | null = null;

  constructor(onDropped: DroppedReport) {
    this.#onDropped = onDropped;
  }

  /** Takes one line. Never waits, never throws. */
  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#waitingBytes + bytes.length > WAITING_BYTES_MAX) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#busy) return;
    this.#busy = true;
    // Later: what is logged in the very moment of the end is then still here, for `end`.
    setImmediate(() => this.#next());
  }

  /**
   * For the end of the process: writes what waits as far as it is taken at once. A thread that waits
   * in a write would keep the process for ever, so then it is ended without its clean-up.
   */
  end(status: number): void {
    for (const bytes of this.#waiting.splice(0)) {
      for (let at = 0; at < bytes.length; at += PIECE_BYTES_MAX) {
        if (!isWritableNow(STDOUT)) {
          exitAtOnce(status);
          return;
        }
        try {
          writeSync(STDOUT, bytes, at, Math.min(PIECE_BYTES_MAX, bytes.length - at));
        } catch {
          return; // There is nobody left to tell.
        }
      }
    }
    if (this.#busy && !isWritableNow(STDOUT)) exitAtOnce(status);
  }

  #next(): void {
    const batch: Buffer[] = [];
    let bytes = 0;
    while (this.#waiting[0] !== undefined && bytes + this.#waiting[0].length <= BATCH_BYTES_MAX) {
      const line = this.#waiting.shift() as Buffer;
      batch.push(line);
      bytes += line.length;
    }
    if (batch.length === 0 && this.#waiting.length > 0) batch.push(this.#waiting.shift() as Buffer);
    if (batch.length === 0) {
      this.#busy = false;
      return;
    }
    this.#writeAll(Buffer.concat(batch), batch.length);
  }

  #writeAll(bytes: Buffer, lines: number): void {
    write(STDOUT, bytes, (error, written) => {
      if (error?.code === 'EAGAIN') {
        setTimeout(() => this.#writeAll(bytes, lines), FULL_PIPE_RETRY_MS).unref();
        return;
      }
      if (error === null && written < bytes.length) {
        this.#writeAll(bytes.subarray(written), lines);
        return;
      }
      this.#finished(error, lines);
    });
  }

  #finished(error: Error | null, lines: number): void {
    this.#waitingBytes = this.#waiting.reduce((sum, line) => sum + line.length, 0);
    if (error !== null) {
      this.#dropped += lines;
      this.#reason = error.message;
    } else if (this.#dropped > 0) {
      const [dropped, reason] = [this.#dropped, this.#reason];
      this.#dropped = 0;
      this.#reason = null;
      this.#onDropped(dropped, reason);
    }
    this.#next();
  }
}
