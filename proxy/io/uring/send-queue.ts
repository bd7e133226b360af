import type { Piece, Pieces } from './pieces.ts';

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

  /** So many bytes are out. */
  sent(count: number): void {
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
    } else {
      piece.address += left;
      piece.length -= left;
    }
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
