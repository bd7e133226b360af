import type { RequestHead } from '../http1/head.ts';
import type { GateRefusal } from './request-gate.ts';
import type { Source } from './request-key.ts';

/** What `take` returns instead of milliseconds. */
export const OVER = -1;

/** One limit as one route uses it. */
export interface RequestLimit {
  /** The answer after `take` has said OVER. */
  readonly refusal: GateRefusal;
  /** Takes one request: milliseconds that it has to wait, or OVER. */
  take(head: RequestHead, source: Source, nowMs: number): number;
  /** Gives back what the last `take` took, because another limit refused the request. */
  giveBack(): void;
  /**
   * What is kept of the last `take` until the request has ended, and must be told when that is; null
   * when there is nothing.
   */
  hold(): Hold | null;
}

/** Something that a request has while it is under way. */
export interface Hold {
  /** It has ended; exactly one call. */
  release(): void;
}
