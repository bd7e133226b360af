import { Deadline, type DeadlineQueue } from '../io/deadline-queue.ts';
import { BATCH_BYTES } from './limits.ts';

/** Takes the lines of one listener. Never waits, never fails. */
export interface LineOutlet {
  /** The first `length` bytes are a line with its end; they are copied. */
  write(bytes: Buffer, length: number): void;
  /** Lines that could not even be made. */
  lost(lines: number): void;
}

/** Brings lines to the main thread, which writes them. */
export interface LineMail {
  /** `bytes` are whole lines, and the receiver's from now on. */
  send(destination: number, bytes: Uint8Array<ArrayBuffer>, lines: number): void;
}

/** Who counts the lines of a listener. */
export interface LineCounter {
  written(lines: number): void;
  dropped(lines: number): void;
}

/** How much an outbox holds, and for how long. */
export interface OutboxLimits {
  readonly flushMs: number;
  readonly bufferBytes: number;
}

interface Batch {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly lines: number;
}

/**
 * A worker's lines for one destination. One batch at a time is in the mail: while a slow disk holds
 * it, lines wait here, and beyond the bound they are dropped and counted. A request never waits.
 */
export class Outbox {
  readonly #destination: number;
  readonly #mail: LineMail;
  readonly #deadline: Deadline;
  #limits: OutboxLimits;
  readonly #gathering = Buffer.allocUnsafeSlow(BATCH_BYTES);
  #length = 0;
  #lines = 0;
  readonly #full: Batch[] = [];
  /** Of all that waits here. */
  #waitingBytes = 0;
  #inMail = false;
  #due = false;
  #onEmpty: (() => void) | null = null;

  constructor(destination: number, mail: LineMail, deadlines: DeadlineQueue, limits: OutboxLimits) {
    this.#destination = destination;
    this.#mail = mail;
    this.#limits = limits;
    this.#deadline = new Deadline(deadlines, () => this.#flush());
  }

  /** Another listener writes here too: the shorter wait and the larger buffer hold. */
  share(limits: OutboxLimits): void {
    this.#limits = {
      flushMs: Math.min(this.#limits.flushMs, limits.flushMs),
      bufferBytes: Math.max(this.#limits.bufferBytes, limits.bufferBytes),
    };
  }

  /** The way in for one listener. */
  outlet(counter: LineCounter): LineOutlet {
    return {
      write: (bytes, length) => {
        if (this.#add(bytes, length)) counter.written(1);
        else counter.dropped(1);
      },
      lost: (lines) => counter.dropped(lines),
    };
  }

  /** The main thread has dealt with the batch in the mail. */
  taken(): void {
    this.#inMail = false;
    this.#send();
  }

  /** Sends all there is; resolves when nothing waits or is in the mail any more. */
  empty(): Promise<void> {
    this.#flush();
    if (!this.#inMail) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onEmpty = resolve;
    });
  }

  #add(bytes: Buffer, length: number): boolean {
    if (this.#waitingBytes + length > this.#limits.bufferBytes) return false;
    if (this.#length + length > BATCH_BYTES) {
      this.#close();
      this.#send();
    }
    bytes.copy(this.#gathering, this.#length, 0, length);
    if (this.#lines === 0) this.#deadline.set(this.#limits.flushMs);
    this.#length += length;
    this.#lines += 1;
    this.#waitingBytes += length;
    return true;
  }

  /** What was gathered becomes a batch. */
  #close(): void {
    this.#due = false;
    if (this.#lines === 0) return;
    this.#deadline.clear();
    const bytes = new Uint8Array(this.#length);
    bytes.set(this.#gathering.subarray(0, this.#length));
    this.#full.push({ bytes, lines: this.#lines });
    this.#length = 0;
    this.#lines = 0;
  }

  #flush(): void {
    this.#due = true;
    this.#send();
  }

  #send(): void {
    if (this.#inMail) return;
    // Lines whose time came while the mail was away wait no longer; those after them have their own.
    if (this.#full.length === 0 && (this.#due || this.#onEmpty !== null)) this.#close();
    const batch = this.#full.shift();
    if (batch === undefined) {
      this.#onEmpty?.();
      this.#onEmpty = null;
      return;
    }
    this.#waitingBytes -= batch.bytes.length;
    this.#inMail = true;
    this.#mail.send(this.#destination, batch.bytes, batch.lines);
  }
}
