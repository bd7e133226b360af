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

/** Why lines were dropped before they were tried. */
export const NOT_READ = 'stdout was not read in time';

/** Lines that are written in one piece. */
interface Piece {
  readonly bytes: Uint8Array;
  readonly lines: number;
  readonly done: ((lost: string | null) => void) | null;
}

/** `lines` were dropped; the disk's or the pipe's reason when it gave one. */
export type DroppedReport = (lines: number, reason: string | null) => void;

/**
 * Lines are written by another thread, in order. A reader that does not read, a disk that is full
 * and a pipe without a reader cost lines, which are counted and told of when lines pass again.
 */
export class LogSink {
  readonly #onDropped: DroppedReport;
  #waiting: Piece[] = [];
  #waitingBytes = 0;
  #busy = false;
  #dropped = 0;
  #reason: string | null = null;

  constructor(onDropped: DroppedReport) {
    this.#onDropped = onDropped;
  }

  /** Takes one line. Never waits, never throws. */
  write(line: string): void {
    this.#add({ bytes: Buffer.from(line), lines: 1, done: null });
  }

  /**
   * Takes whole lines, as access logs have them; `done` is called once, with why they were lost or
   * null when they are written. Never waits, never throws.
   */
  writeLines(bytes: Uint8Array, lines: number, done: (lost: string | null) => void): void {
    this.#add({ bytes, lines, done });
  }

  #add(piece: Piece): void {
    if (this.#waitingBytes + piece.bytes.length > WAITING_BYTES_MAX) {
      this.#dropped += piece.lines;
      piece.done?.(NOT_READ);
      return;
    }
    this.#waiting.push(piece);
    this.#waitingBytes += piece.bytes.length;
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
    for (const { bytes } of this.#waiting.splice(0)) {
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
    const batch: Piece[] = [];
    let size = 0;
    while (this.#waiting[0] !== undefined) {
      size += this.#waiting[0].bytes.length;
      if (batch.length > 0 && size > BATCH_BYTES_MAX) break;
      batch.push(this.#waiting.shift() as Piece);
    }
    if (batch.length === 0) {
      this.#busy = false;
      return;
    }
    this.#writeAll(Buffer.concat(batch.map(({ bytes }) => bytes)), batch);
  }

  #writeAll(bytes: Buffer, batch: readonly Piece[]): void {
    write(STDOUT, bytes, (error, written) => {
      if (error?.code === 'EAGAIN') {
        setTimeout(() => this.#writeAll(bytes, batch), FULL_PIPE_RETRY_MS).unref();
        return;
      }
      if (error === null && written < bytes.length) {
        this.#writeAll(bytes.subarray(written), batch);
        return;
      }
      this.#finished(error, batch);
    });
  }

  #finished(error: Error | null, batch: readonly Piece[]): void {
    this.#waitingBytes = this.#waiting.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const lines = batch.reduce((sum, piece) => sum + piece.lines, 0);
    for (const { done } of batch) done?.(error?.message ?? null);
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
