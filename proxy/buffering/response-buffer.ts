import type { ContentDemand, ContentFilter, ContentSink } from '../features/content.ts';
import type { Spool, SpoolOwner } from './spool.ts';

/** Hears of files that cannot be used. */
export interface SpoolTrouble {
  /** `lost`: the answer cannot be completed. */
  trouble(errno: string, lost: boolean): void;
}

/**
 * Holds what a slow client has not taken yet, so that the server is free early. Nothing is held back from
 * a client that keeps up: what comes goes straight on.
 */
export class ResponseBuffer implements ContentFilter, SpoolOwner {
  readonly #spool: Spool;
  readonly #trouble: SpoolTrouble;
  #next!: ContentSink;
  #before!: ContentDemand;
  #paused = false;
  /** The lines at the end, once the server is through. */
  #trailers: Buffer | null = null;
  #over = false;

  /** `makeSpool` is given this as the owner. */
  constructor(makeSpool: (owner: SpoolOwner) => Spool, trouble: SpoolTrouble) {
    this.#spool = makeSpool(this);
    this.#trouble = trouble;
  }

  attach(next: ContentSink, before: ContentDemand): void {
    this.#next = next;
    this.#before = before;
  }

  content(bytes: Buffer, start: number, end: number): void {
    if (this.#over) return;
    if (this.#spool.length === 0 && !this.#next.blocked) {
      this.#next.content(bytes, start, end);
      return;
    }
    this.#spool.add(bytes, start, end);
    if (!this.#spool.full || this.#paused) return;
    this.#paused = true;
    this.#before.pause();
  }

  flush(): void {
    if (!this.#over && this.#spool.length === 0) this.#next.flush();
  }

  end(trailers: Buffer): void {
    this.#trailers = Buffer.from(trailers);
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

  spoolFailed(errno: string, lost: boolean): void {
    if (!this.#over) this.#trouble.trouble(errno, lost);
  }

  #pump(): void {
    while (!this.#over && !this.#next.blocked) {
      const piece = this.#spool.take();
      if (piece === null) break;
      this.#next.content(piece, 0, piece.length);
      this.#next.flush();
    }
    if (this.#over) return;
    if (this.#paused && !this.#spool.full) {
      this.#paused = false;
      this.#before.resume();
    }
    if (this.#trailers === null || this.#spool.length > 0) return;
    this.#over = true;
    this.#spool.close();
    this.#next.end(this.#trailers);
  }
}
