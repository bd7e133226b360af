/** A copy of a share of a route's requests for another upstream. Types only; proxy/ may import this file. */

export interface MirrorConfig {
  readonly upstream: string;
  /** Of a hundred requests so many are copied. */
  readonly percent: number;
  /** Bytes of a body that is copied, too; 0: only requests without a body are. */
  readonly bodyBytesMax: number;
  /** Copies under way at a time, of one worker. */
  readonly concurrency: number;
}
