import { SEND_QUEUES_FREE_MAX } from './limits.ts';
import type { Piece, Pieces } from './pieces.ts';

/** Send queues that nobody uses just now. */
export class SendQueues {
  readonly #pieces: Pieces;
  readonly #free: SendQueue[] = [];

  constructor(pieces: Pieces) {
    this.#pieces = pieces;
  }

  /** An empty one. */
  take(): SendQueue {
    return this.#free.pop() ?? new SendQueue(this.#pieces);
  }

  /** Gives back what it still has of memory; nobody reads it. */
  put(queue: SendQueue): void {
    queue.drop();
    if (this.#free.length < SEND_QUEUES_FREE_MAX) this.#free.push(queue);
  }
}

/** What a connection has to send, in order; the first of it may be under way. */
export class SendQueue {
  /** Null when there is nothing. */
  first: Piece | null = null;
  /** All that is not out. */
  bytes = 0;
  #last: Piece | null = null;
  readonly #pieces: Pieces;

  constructor(pieces: Pieces) {
    this.#pieces = pieces;
  }

  /** Takes bytes [start, end). */
  add(bytes: Buffer, start: number, end: number): void {
    const piece = this.#pieces.take(bytes, start, end);
    if (this.#last === null) this.first = piece;
    else this.#last.next = piece;
    this.#last = piece;
    this.bytes += piece.length;
  }

  /** So many bytes are out; true: there are more. */
  sent(count: number): boolean {
    let left = count;
    this.bytes -= count;
    let piece = this.first;
    while (piece !== null && piece.length <= left) {
      left -= piece.length;
      const { next } = piece;
      this.#pieces.done(piece);
      piece = next;
    }
    this.first = piece;
    if (piece === null) {
      this.#last = null;
      return false;
    }
    piece.address += left;
    piece.length -= left;
    return true;
  }

  /** Nothing of it will be sent any more, though the kernel may still be reading it. */
  forgo(): void {
    this.bytes = 0;
  }

  /** Gives all memory back; nobody reads it. */
  drop(): void {
    for (let piece = this.first; piece !== null; ) {
      const { next } = piece;
      this.#pieces.done(piece);
      piece = next;
    }
    this.first = null;
    this.#last = null;
    this.bytes = 0;
  }
}
