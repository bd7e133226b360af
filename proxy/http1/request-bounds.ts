/**
 * How long a client's requests may take and how slowly their bodies may come, and how many a connection
 * may carry. For one client connection; made only where something of this is configured.
 */
import type { TimeBounds } from '../../src/config/proxy-config.ts';
import type { ProxyErrorCode } from '../errors.ts';
import { Deadline, type DeadlineQueue } from '../io/deadline-queue.ts';

/** Who is bound. */
export interface BoundedRequest {
  /** It is up to the client to send more of the body. */
  readonly wantsBody: boolean;
  /** Gives the request up. */
  fail(code: ProxyErrorCode): void;
}

/** Nothing is bound. */
export const NO_BOUNDS: TimeBounds = {
  requestTimeoutMs: 0,
  bodyRateMin: 0,
  bodyRateGraceMs: 0,
  requestsMax: 0,
  ageMaxMs: 0,
};

/** The bounds of the request at hand. */
export class RequestBounds {
  /** After this request the connection is closed. */
  last = false;
  readonly #bounds: TimeBounds;
  readonly #request: BoundedRequest;
  /** For the request to come. */
  readonly #arrival: Deadline;
  /** For the next piece of the body that is long enough. */
  readonly #pace: Deadline;
  /** For everything. */
  readonly #whole: Deadline;
  readonly #queue: DeadlineQueue;
  readonly #bornAt: number;
  #requests = 0;
  /** Bytes of the body since the last look. */
  #received = 0;
  #held = false;
  /** It was held at some time since the last look: the client is not to blame. */
  #wasHeld = false;

  constructor(queue: DeadlineQueue, bounds: TimeBounds, request: BoundedRequest) {
    this.#queue = queue;
    this.#bounds = bounds;
    this.#request = request;
    this.#bornAt = queue.now();
    this.#arrival = new Deadline(queue, () => request.fail('request_timeout'));
    this.#pace = new Deadline(queue, () => this.#look());
    this.#whole = new Deadline(queue, () => {
      request.fail(request.wantsBody ? 'request_timeout' : 'route_timeout');
    });
  }

  /** The head is there; the body may follow. */
  begin(): void {
    const { requestTimeoutMs, bodyRateMin, requestsMax, ageMaxMs } = this.#bounds;
    this.#requests++;
    const old = ageMaxMs > 0 && this.#queue.now() - this.#bornAt >= ageMaxMs;
    this.last = old || (requestsMax > 0 && this.#requests >= requestsMax);
    this.#held = false;
    if (requestTimeoutMs > 0) this.#arrival.set(requestTimeoutMs);
    if (bodyRateMin > 0) this.#startPace();
  }

  /** Its route gives it so long in all; 0: any time. */
  routed(timeoutMs: number): void {
    if (timeoutMs > 0) this.#whole.set(timeoutMs);
  }

  /** So much of its body has come. */
  received(bytes: number): void {
    this.#received += bytes;
  }

  /** No more of its body is wanted for now, or again. */
  hold(held: boolean): void {
    this.#held = held;
    this.#wasHeld ||= held;
  }

  /** All of it is there. */
  complete(): void {
    this.#arrival.clear();
    this.#pace.clear();
  }

  /** It has ended, or has become something that is not bound. */
  over(): void {
    this.complete();
    this.#whole.clear();
  }

  #startPace(): void {
    this.#received = 0;
    this.#wasHeld = this.#held;
    this.#pace.set(this.#bounds.bodyRateGraceMs);
  }

  #look(): void {
    const { bodyRateMin, bodyRateGraceMs } = this.#bounds;
    const due = (bodyRateMin * bodyRateGraceMs) / 1000;
    const toBlame = !this.#wasHeld && this.#request.wantsBody;
    if (toBlame && this.#received < due) this.#request.fail('body_too_slow');
    else this.#startPace();
  }
}
