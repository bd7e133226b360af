import type { TimeBounds } from '../../src/config/proxy-config.ts';
import type { DeadlineQueue } from '../io/deadline-queue.ts';

/** How many requests a connection has carried, and for how long, against the bounds of its listener. */
export class ConnectionLife {
  readonly #queue: DeadlineQueue;
  readonly #bounds: TimeBounds | null;
  readonly #bornAt: number;
  #requests = 0;

  constructor(queue: DeadlineQueue, bounds: TimeBounds | null) {
    this.#queue = queue;
    this.#bounds = bounds;
    this.#bornAt = queue.now();
  }

  /** Another request. True: it should be the last. */
  request(): boolean {
    this.#requests++;
    if (this.#bounds === null) return false;
    const { requestsMax, ageMaxMs } = this.#bounds;
    if (requestsMax > 0 && this.#requests >= requestsMax) return true;
    return ageMaxMs > 0 && this.#queue.now() - this.#bornAt >= ageMaxMs;
  }
}
