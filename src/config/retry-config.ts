/** What the balancer knows of `retry`: types only; proxy/ may import this file. */

/** Failures of an attempt that another server may make good. */
export type RetryCondition = 'connect' | 'closed' | 'timeout' | 'invalid';

/** HTTP: when a request is sent again. */
export interface RetryConfig {
  readonly on: readonly RetryCondition[];
  /** Codes of responses, inclusive ranges. */
  readonly statuses: readonly (readonly [number, number])[];
  /** Servers asked at most, the first included. */
  readonly triesMax: number;
  /** No further try begins so long after the request came; 0: no bound. */
  readonly timeoutMs: number;
  /** Retries and hedges per hundred requests. */
  readonly budgetPercent: number;
  /** Bytes of a request kept to be sent again, its head included. */
  readonly bodyBytesMax: number;
  readonly nonIdempotent: boolean;
  /** A read without an answer for so long is sent to a second server; null: never. */
  readonly hedgeAfterMs: number | null;
}
