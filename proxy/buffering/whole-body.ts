import type { ContentDemand, ContentFilter, ContentSink } from '../features/content.ts';
import type { Spool, SpoolOwner } from './spool.ts';

/** Whose body it is. */
export interface WholeBodyOwner {
  /** All of it is there, so many bytes: it can be sent on. */
  bodyWhole(length: number): void;
  /** It is longer than may be held. */
  bodyTooLong(): void;
  /** It could not be held. */
  bodyLost(errno: string): void;
}

/** Holds a request's body until it is complete, then gives it as fast as the server takes it. */
export class WholeBody implements ContentFilter, SpoolOwner {
  readonly #spool: Spool;
  readonly #lengthMax: number;
  readonly #owner: WholeBodyOwner;
  #next!: ContentSink;
  #before!: ContentDemand;
  #length = 0;
  #paused = false;
  #trailers: Buffer | null = null;
  #over = false;

  /** `lengthMax`: bytes that may be held. `makeSpool` is given this as the owner. */
  constructor(makeSpool: (owner: SpoolOwner) => Spool, lengthMax: number, owner: WholeBodyOwner) {
    this.#spool = makeSpool(this);
    this.#lengthMax = lengthMax;
    this.#owner = owner;
  }

  attach(next: ContentSink, before: ContentDemand): void {
    this.#next = next;
    this.#before = before;
  }

  content(bytes: Buffer, start: number, end: number): void {
    if (this.#over) return;
    this.#length += end - start;
    if (this.#length > this.#lengthMax) {
      this.#owner.bodyTooLong();
      return;
    }
    this.#spool.add(bytes, start, end);
    // Its end, or what is too much, is seen by reading on: only the disk may need some time.
    if (!this.#spool.behind || this.#paused) return;
    this.#paused = true;
    this.#before.pause();
  }

  flush(): void {}

  end(trailers: Buffer): void {
    this.#trailers = Buffer.from(trailers);
    this.#owner.bodyWhole(this.#length);
    this.#pump();
  }

  drained(): void {
    this.#pump();
  }

  drop(): void {
    this.#over = true;
    this.#spool.close();
  }

  spoolMoved(): void {
    this.#pump();
  }

  /** A file that cannot be written ends it: the rest would have to stay in memory. */
  spoolFailed(errno: string): void {
    if (!this.#over) this.#owner.bodyLost(errno);
  }

  #pump(): void {
    if (this.#over) return;
    if (this.#trailers === null) {
      if (!this.#paused || this.#spool.behind) return;
      this.#paused = false;
      this.#before.resume();
      return;
    }
    while (!this.#over && !this.#next.blocked) {
      const piece = this.#spool.take();
      if (piece === null) break;
      this.#next.content(piece, 0, piece.length);
      this.#next.flush();
    }
    if (this.#over || this.#next.blocked || this.#spool.length > 0) return;
    this.#over = true;
    this.#spool.close();
    this.#next.end(this.#trailers);
    this.#next.flush();
  }
}
