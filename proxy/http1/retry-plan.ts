import type { RetryConfig } from '../../src/config/retry-config.ts';
import type { ProxyErrorCode, Sent } from '../errors.ts';
import type { RequestHead } from './head.ts';
import type { OriginStream } from './origin-stream.ts';
import { isIdempotent, isSafe, isSpent, retryTarget } from './retry.ts';

/** What one request has been through, as far as it decides whether it may be sent again. */
export class RetryPlan {
  /** It only reads, and was not hedged yet. */
  mayHedge = false;
  /** All that was sent is still at hand, and nobody has been answered. */
  replayable = true;
  /** A dead kept-alive connection was already made good. */
  reconnected = false;
  #idempotent = false;
  #rule: RetryConfig | null = null;
  #acceptedAt = 0;

  accept(head: RequestHead): void {
    this.mayHedge = isSafe(head.method);
    this.replayable = true;
    this.reconnected = false;
    this.#idempotent = isIdempotent(head.method);
  }

  /** Its route is known. `now`: milliseconds, as for `target`. */
  begin(rule: RetryConfig, now: number): void {
    this.#rule = rule;
    this.#acceptedAt = now;
  }

  /** Of the request that has begun. */
  get rule(): RetryConfig {
    return this.#rule!;
  }

  /** Will so many more bytes, beside `kept` ones, be kept to be sent again? If not, nothing will. */
  keeps(kept: number, more: number): boolean {
    const { bodyBytesMax, nonIdempotent } = this.#rule!;
    this.replayable &&= kept + more <= bodyBytesMax && (this.#idempotent || nonIdempotent);
    return this.replayable;
  }

  /** May it not be sent to one more server, whatever for? */
  isSpent(serversTried: number, now: number): boolean {
    return isSpent(this.#rule!, serversTried, now - this.#acceptedAt);
  }

  /** Where to after this attempt, which failed or, with `code` null, was answered with `status`? */
  target(
    origin: OriginStream,
    sent: Sent,
    code: ProxyErrorCode | null,
    status: number,
    serversTried: number,
    now: number,
  ): 'same' | 'other' | 'none' {
    return retryTarget(this.#rule!, {
      code,
      status,
      sent,
      serversTried,
      idempotent: this.#idempotent,
      replayable: this.replayable,
      reused: origin.reused,
      answered: origin.answered,
      reconnected: this.reconnected,
      ageMs: now - this.#acceptedAt,
    });
  }
}
