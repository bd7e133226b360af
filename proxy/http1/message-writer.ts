import type { Connection, IoEngine } from '../io/engine.ts';
import { LONG_CONTENT_BYTES_MIN } from '../limits.ts';
import {
  appendContent,
  appendLastChunk,
  appendLineEnd,
  appendSize,
  CHUNK_FRAMING_BYTES,
} from './body-writer.ts';
import { NO_LINES } from './extra-lines.ts';
import { forwardableTrailers } from './trailers.ts';

/** What counts the bytes sent: a server or a listener. */
export interface ByteCounter {
  count(counter: number, amount: number): void;
}

/**
 * Sends messages over one connection in as few pieces as possible: what is composed, a head or
 * chunks, waits for `flush` and takes the first content with it; content that needs no framing and
 * finds nothing waiting goes out of the memory it came in. So does long content in any case where the
 * connection gathers: what frames it goes before and after it.
 */
export class MessageWriter {
  /** The last write filled the backlog: no more until the connection has drained. */
  blocked = false;
  chunked = false;
  /** Who reads it wants trailer fields. */
  trailers = false;
  readonly #engine: IoEngine;
  #connection: Connection;
  #counter: ByteCounter;
  readonly #bytesOut: number;
  #out: Buffer | null = null;
  #at = 0;

  /** `bytesOut` is the slot that `counter` counts sent bytes in. */
  constructor(engine: IoEngine, connection: Connection, counter: ByteCounter, bytesOut: number) {
    this.#engine = engine;
    this.#connection = connection;
    this.#counter = counter;
    this.#bytesOut = bytesOut;
  }

  /** Sends over another connection from here on; only while nothing is composed. */
  serve(connection: Connection, counter: ByteCounter): void {
    this.#connection = connection;
    this.#counter = counter;
  }

  /** Memory for `size` more bytes, to be written from `position` on and accepted by `advance`. */
  room(size: number): Buffer {
    if (this.#out !== null && this.#at + size > this.#out.length) this.flush();
    this.#out ??= this.#engine.compose(size, this);
    return this.#out;
  }

  get position(): number {
    return this.#at;
  }

  /** What was composed reaches up to here. */
  advance(at: number): void {
    this.#at = at;
  }

  /** Sends or appends content. */
  content(bytes: Buffer, start: number, end: number): void {
    if (!this.chunked && this.#out === null) {
      this.#write(bytes, start, end);
      return;
    }
    if (end - start >= LONG_CONTENT_BYTES_MIN && this.#connection.gathers) {
      this.#between(bytes, start, end);
      return;
    }
    const out = this.room(end - start + CHUNK_FRAMING_BYTES);
    this.#at = appendContent(this.chunked, bytes, start, end, out, this.#at);
  }

  /** Sends content as it is, after what is composed; what ends its chunk waits for what comes next. */
  #between(bytes: Buffer, start: number, end: number): void {
    if (this.chunked) {
      const out = this.room(CHUNK_FRAMING_BYTES);
      this.#at = appendSize(end - start, out, this.#at);
    }
    this.send(bytes, start, end);
    if (!this.chunked) return;
    const out = this.room(CHUNK_FRAMING_BYTES);
    this.#at = appendLineEnd(out, this.#at);
  }

  /** The body is complete; `trailers` are lines that came after it. */
  end(trailers: Buffer = NO_LINES): void {
    if (!this.chunked) return;
    const lines = this.trailers && trailers.length > 0 ? forwardableTrailers(trailers) : NO_LINES;
    const out = this.room(CHUNK_FRAMING_BYTES + lines.length);
    this.#at = appendLastChunk(lines, out, this.#at);
  }

  /** Sends what is composed; before control goes back to the engine, which may take its memory. */
  flush(): void {
    const out = this.#out;
    if (out === null) return;
    this.#out = null;
    const length = this.#at;
    this.#at = 0;
    this.#write(out, 0, length);
  }

  /** Sends bytes that are a whole message already. */
  send(bytes: Buffer, start: number, end: number): void {
    this.flush();
    this.#write(bytes, start, end);
  }

  #write(bytes: Buffer, start: number, end: number): void {
    this.#counter.count(this.#bytesOut, end - start);
    if (!this.#connection.write(bytes, start, end)) this.blocked = true;
  }
}
