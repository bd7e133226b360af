import type { ContentDemand, ContentFilter, ContentSink } from './content.ts';

/** A filter that doubles what passes. */
export class Doubling implements ContentFilter {
  dropped = false;
  #next!: ContentSink;

  attach(next: ContentSink): void {
    this.#next = next;
  }

  content(bytes: Buffer, from: number, to: number): void {
    const piece = bytes.subarray(from, to);
    const twice = Buffer.concat([piece, piece]);
    this.#next.content(twice, 0, twice.length);
  }

  flush(): void {
    this.#next.flush();
  }

  end(trailers: Buffer): void {
    this.#next.end(trailers);
  }

  drained(): void {}

  drop(): void {
    this.dropped = true;
  }
}

/** A filter that gives nothing before it is told to. */
export class Holding implements ContentFilter {
  before!: ContentDemand;
  next!: ContentSink;
  readonly held: Buffer[] = [];
  ended = false;
  readonly onEnd: () => void;

  constructor(onEnd: () => void = () => {}) {
    this.onEnd = onEnd;
  }

  attach(next: ContentSink, before: ContentDemand): void {
    this.next = next;
    this.before = before;
  }

  content(bytes: Buffer, from: number, to: number): void {
    this.held.push(Buffer.from(bytes.subarray(from, to)));
  }

  flush(): void {}

  end(): void {
    this.ended = true;
    this.onEnd();
  }

  give(): void {
    for (const bytes of this.held) this.next.content(bytes, 0, bytes.length);
    this.next.end(Buffer.alloc(0));
  }

  drained(): void {}

  drop(): void {}
}
