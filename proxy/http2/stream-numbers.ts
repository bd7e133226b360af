import { CutStreams } from './cut-streams.ts';

/** The numbers of streams that one client has used (RFC 9113 5.1.1). */
export class StreamNumbers {
  /** The last that was opened; after `close`, the last that is served. */
  last = 0;
  /** Those that we ended before the client had. */
  readonly cut = new CutStreams();
  #closed = false;

  /** The client is told that no stream after the last is served. */
  close(): void {
    this.#closed = true;
  }

  /** None that the client has opened. */
  isIdle(stream: number): boolean {
    return stream % 2 === 0 || (stream > this.last && !this.#closed);
  }

  /** On its way when the client was told: whatever comes of it is passed over (RFC 9113 6.8). */
  isPassedOver(stream: number): boolean {
    return this.#closed && stream > this.last && stream % 2 === 1;
  }

  /** Nothing may come of it any more. */
  isOver(stream: number): boolean {
    return !this.cut.has(stream) && !this.isPassedOver(stream);
  }
}
