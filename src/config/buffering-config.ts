/** Bodies held back on their way; types only. */

/** How much of one body is held. */
export interface BufferBounds {
  /** Bytes in memory. */
  readonly memoryMax: number;
  /** Bytes beyond those in a file; 0: none. */
  readonly diskMax: number;
}

export interface BufferingConfig {
  /** Requests go to a server when their body is complete; null: as they come. */
  readonly request: BufferBounds | null;
  /** What a slow client has not taken is held so that its server is free; null: the server waits. */
  readonly response: BufferBounds | null;
}
