import type { CodingName, CompressionConfig } from '../../src/config/compression-config.ts';
import type { ContentDemand, ContentFilter, ContentSink } from '../features/content.ts';
import { type Compressor, flushCompressor, makeCompressor } from './compressor.ts';
import { COMPRESSOR_BACKLOG_BYTES_MAX, FLUSH_AFTER_MS } from './limits.ts';

/** When what came is made readable before the end: never, after a silence, or piece by piece. */
export type Flushing = 'never' | 'idle' | 'each';

/** Tells whoever counts them. */
export interface FilterOwner {
  /** The compressor is gone, exactly once. */
  compressorClosed(): void;
  /** It broke; the answer cannot be completed. */
  compressorFailed(error: Error): void;
}

/** Compresses content on its way to the client, off the worker's thread. */
export class CompressingFilter implements ContentFilter {
  readonly #compressor: Compressor;
  readonly #coding: CodingName;
  readonly #flushing: Flushing;
  readonly #owner: FilterOwner;
  #next!: ContentSink;
  #before!: ContentDemand;
  #paused = false;
  #over = false;
  #timer: NodeJS.Timeout | undefined;
  #trailers!: Buffer;

  /** `size` as for `makeCompressor`. */
  constructor(
    coding: CodingName,
    config: CompressionConfig,
    size: number | null,
    flushing: Flushing,
    owner: FilterOwner,
  ) {
    this.#coding = coding;
    this.#flushing = flushing;
    this.#owner = owner;
    this.#compressor = makeCompressor(coding, config, size);
  }

  attach(next: ContentSink, before: ContentDemand): void {
    this.#next = next;
    this.#before = before;
    const compressor = this.#compressor;
    compressor.on('data', (bytes: Buffer) => this.#compressed(bytes));
    compressor.on('drain', () => this.#wantMore());
    compressor.on('end', () => this.#ended());
    compressor.on('error', (error) => {
      if (!this.#over) this.#owner.compressorFailed(error);
    });
    compressor.on('close', () => this.#owner.compressorClosed());
  }

  content(bytes: Buffer, start: number, end: number): void {
    if (this.#over) return;
    clearTimeout(this.#timer);
    // The bytes are the engine's, and the compressor reads them on another thread.
    this.#compressor.write(Buffer.from(bytes.subarray(start, end)));
    if (this.#compressor.writableLength < COMPRESSOR_BACKLOG_BYTES_MAX || this.#paused) return;
    this.#paused = true;
    this.#before.pause();
  }

  flush(): void {
    if (this.#over || this.#flushing === 'never') return;
    if (this.#flushing === 'each') flushCompressor(this.#compressor, this.#coding);
    else this.#timer = setTimeout(() => this.#idle(), FLUSH_AFTER_MS);
  }

  end(trailers: Buffer): void {
    clearTimeout(this.#timer);
    this.#trailers = Buffer.from(trailers);
    this.#compressor.end();
  }

  drained(): void {
    if (!this.#over) this.#compressor.resume();
  }

  drop(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#compressor.destroy();
  }

  #compressed(bytes: Buffer): void {
    if (this.#over) return;
    this.#next.content(bytes, 0, bytes.length);
    this.#next.flush();
    if (this.#next.blocked) this.#compressor.pause();
  }

  #wantMore(): void {
    if (!this.#paused || this.#over) return;
    this.#paused = false;
    this.#before.resume();
  }

  #idle(): void {
    if (!this.#over) flushCompressor(this.#compressor, this.#coding);
  }

  #ended(): void {
    if (this.#over) return;
    this.#over = true;
    this.#next.end(this.#trailers);
  }
}
