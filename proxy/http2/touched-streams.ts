/** A stream that content came for. */
interface Touched {
  /** The read that brought it is through. */
  flush(): void;
}

/** The streams that one read brought content for: each sends it on once, however many frames it was. */
export class TouchedStreams {
  #streams: Touched[] = [];

  add(stream: Touched): void {
    if (this.#streams.at(-1) !== stream) this.#streams.push(stream);
  }

  flush(): void {
    if (this.#streams.length === 0) return;
    const streams = this.#streams;
    this.#streams = [];
    for (const stream of streams) stream.flush();
  }
}
