/**
 * Flow control (RFC 9113 6.9): how much content may be sent before the other side allows more. A window
 * of a stream may be negative, after a change of the initial size.
 */
import { WINDOW_LARGEST } from './protocol.ts';

/** What we may send. */
export class SendWindow {
  /** Bytes that may go now. */
  size: number;

  constructor(size: number) {
    this.size = size;
  }

  /** Adds what the peer allows. False: the window would be too large, which is an error of its. */
  add(bytes: number): boolean {
    this.size += bytes;
    return this.size <= WINDOW_LARGEST;
  }
}

/** What the peer may send. */
export class ReceiveWindow {
  /** What it is again after every increment. */
  #full: number;
  /** Bytes that the peer may still send. */
  #left: number;
  /** Bytes that were taken, and not allowed anew. */
  #taken: number;

  /** `left`: what the peer may send already, if it does not know of `full` yet. */
  constructor(full: number, left = full) {
    this.#full = full;
    this.#left = left;
    this.#taken = full - left;
  }

  /** Begins anew. */
  reset(full: number): void {
    this.#full = full;
    this.#left = full;
    this.#taken = 0;
  }

  /** Content has come. False: it is more than was allowed. */
  receive(bytes: number): boolean {
    this.#left -= bytes;
    return this.#left >= 0;
  }

  /** So much of it is out of the way. */
  release(bytes: number): void {
    this.#taken += bytes;
  }

  /** The increment to send now; 0: it is not worth a frame yet. */
  increment(): number {
    if (this.#taken * 2 < this.#full) return 0;
    const more = this.#taken;
    this.#taken = 0;
    this.#left += more;
    return more;
  }
}
