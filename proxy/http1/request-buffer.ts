import type { IoEngine } from '../io/engine.ts';
import { REQUEST_BUFFER_BYTES } from '../limits.ts';
import { appendContent, appendLastChunk, CHUNK_FRAMING_BYTES } from './body-writer.ts';
import { composeRequest, type RequestAdditions, requestRoom } from './compose-head.ts';
import { NO_LINES } from './extra-lines.ts';
import type { RequestHead } from './head.ts';

/**
 * The beginning of a request as it goes to a server: the head, and the body as far as it came with
 * the head. It is composed here, sent from here, and kept until the answer begins, so that it can be
 * sent again elsewhere if this connection turns out to be dead.
 */
export class RequestBuffer {
  /** Bytes in it. */
  length = 0;
  /** Lines that come after the body, for servers of HTTP/2: to those of HTTP/1 they are not sent. */
  trailers: Buffer = NO_LINES;
  #bytes: Buffer;
  readonly #engine: IoEngine;

  constructor(engine: IoEngine) {
    this.#engine = engine;
    this.#bytes = engine.allocate(REQUEST_BUFFER_BYTES);
  }

  /** Valid until more is appended. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /** Empties it, and makes it small again if a request had made it large. */
  clear(): void {
    this.length = 0;
    this.trailers = NO_LINES;
    if (this.#bytes.length > REQUEST_BUFFER_BYTES) {
      this.#bytes = this.#engine.allocate(REQUEST_BUFFER_BYTES);
    }
  }

  /** The memory, with room for `size` bytes after `length`. */
  room(size: number): Buffer {
    const needed = this.length + size;
    if (needed > this.#bytes.length) {
      const larger = this.#engine.allocate(Math.max(needed, 2 * this.#bytes.length));
      this.#bytes.copy(larger, 0, 0, this.length);
      this.#bytes = larger;
    }
    return this.#bytes;
  }

  /** Writes the head as the server gets it, in place of whatever was there. */
  compose(head: RequestHead, additions: RequestAdditions): void {
    this.length = 0;
    this.trailers = NO_LINES;
    const out = this.room(requestRoom(head, additions));
    this.length = composeRequest(head, additions, out, 0);
  }

  /** Adds what is in another one. */
  append(other: RequestBuffer): void {
    const out = this.room(other.length);
    other.bytes.copy(out, this.length, 0, other.length);
    this.length += other.length;
    this.trailers = other.trailers;
  }

  content(chunked: boolean, bytes: Buffer, start: number, end: number): void {
    const out = this.room(end - start + CHUNK_FRAMING_BYTES);
    this.length = appendContent(chunked, bytes, start, end, out, this.length);
  }

  end(chunked: boolean, trailers: Buffer): void {
    this.trailers = trailers;
    if (!chunked) return;
    this.length = appendLastChunk(NO_LINES, this.room(CHUNK_FRAMING_BYTES), this.length);
  }
}
