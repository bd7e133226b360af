/**
 * Content on its way, from whoever makes it to whoever takes it:
 *
 *   source --content, flush, end--> filter --> filter --> sink (the client, or a server)
 *   source <----- pause, resume --- filter <-- drained -- sink
 *
 * Bytes are valid during the call only: who wants them longer keeps a copy.
 */
import type { ProxyErrorCode } from '../errors.ts';

/** Takes content. */
export interface ContentSink {
  /** No more for now; whoever stands before it hears of the end of that. */
  readonly blocked: boolean;
  content(bytes: Buffer, start: number, end: number): void;
  /** What came so far is to be passed on. */
  flush(): void;
  /** The content is complete; `trailers` are whole lines that came after it. */
  end(trailers: Buffer): void;
}

/** What a filter tells whoever stands before it. */
export interface ContentDemand {
  /** No more for now. It may come all the same, within one read. */
  pause(): void;
  resume(): void;
}

/** Content in, other content out. After `drop` it neither gets nor gives any. */
export interface ContentFilter {
  /** The first call: where its content goes, and whom it may stop. */
  attach(next: ContentSink, before: ContentDemand): void;
  content(bytes: Buffer, start: number, end: number): void;
  flush(): void;
  end(trailers: Buffer): void;
  /** `next` was blocked, and takes more again. */
  drained(): void;
  /** The message will not be completed. */
  drop(): void;
}

/** Sees a body pass, without a say in it. Bytes are valid during the call only. */
export interface BodyWatcher {
  content(bytes: Buffer, start: number, end: number): void;
  /** The last call: it was complete. */
  end(): void;
}

/** Makes the content of a response of our own. */
export interface BodySource {
  /** Begins to give; perhaps all of it within this call. */
  start(to: BodyTaker): void;
  pause(): void;
  resume(): void;
  /** Nobody wants the rest. */
  drop(): void;
}

/** Takes what a `BodySource` gives. */
export interface BodyTaker {
  content(bytes: Buffer, start: number, end: number): void;
  flush(): void;
  end(trailers: Buffer): void;
  /** There is no rest. */
  failed(code: ProxyErrorCode): void;
}
