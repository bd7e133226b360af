import { CUT_STREAMS_MAX } from './limits.ts';

/**
 * Streams that we ended before the peer had: what still comes of them is on its way already, and no
 * error of the peer's. The last ones only: who goes on for longer has heard of it.
 */
export class CutStreams {
  readonly #streams = new Set<number>();

  add(stream: number): void {
    this.#streams.add(stream);
    if (this.#streams.size <= CUT_STREAMS_MAX) return;
    const [oldest] = this.#streams;
    this.#streams.delete(oldest!);
  }

  has(stream: number): boolean {
    return this.#streams.has(stream);
  }
}
