/** The window that requests and retries are counted in, in slots of equal length. */
const SLOT_MS = 1000;
const SLOTS = 10;

/** So many retries in a window are always allowed: a share of next to nothing would be nothing. */
export const FREE_RETRIES = 10;

/**
 * Keeps retries from multiplying the load of servers that fail because of their load: within the
 * last ten seconds there may be so many as a share of the requests, and a few more. One per upstream
 * and worker. Times are milliseconds of any clock that never goes back.
 */
export class RetryBudget {
  readonly #percent: number;
  readonly #requests = new Float64Array(SLOTS);
  readonly #retries = new Float64Array(SLOTS);
  /** The slot that is counted in, as a number since the clock began. */
  #slot = 0;

  /** `percent`: retries per hundred requests. */
  constructor(percent: number) {
    this.#percent = percent;
  }

  /** A request has come. */
  request(now: number): void {
    this.#requests[this.#turn(now)]! += 1;
  }

  /** Is there one more retry in it? */
  allows(now: number): boolean {
    this.#turn(now);
    const allowed = (sum(this.#requests) * this.#percent) / 100 + FREE_RETRIES;
    return sum(this.#retries) + 1 <= allowed;
  }

  /** Takes one retry out of it, which it has to allow. */
  take(now: number): void {
    this.#retries[this.#turn(now)]! += 1;
  }

  /** Index of the present slot; what has left the window is forgotten. */
  #turn(now: number): number {
    const slot = Math.floor(now / SLOT_MS);
    if (slot !== this.#slot) {
      const passed = Math.min(slot - this.#slot, SLOTS);
      for (let back = 0; back < passed; back++) {
        const index = (slot - back) % SLOTS;
        this.#requests[index] = 0;
        this.#retries[index] = 0;
      }
      this.#slot = slot;
    }
    return slot % SLOTS;
  }
}

function sum(counts: Float64Array): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
