import type { SharedViews } from '../shared/shared-state.ts';

/**
 * The places of a server that may have only so many requests and sessions at a time. All workers count
 * in one cell, so that two of them can never take the last place both; each also notes what of it is
 * its own, for whoever tidies up after it.
 *
 * A place is taken before it is used (`hold`, when the server is chosen) and for a moment after (`give`,
 * when a request ends): until the present turn of the event loop is over it is this worker's, to be
 * used for a second try, or for one that waits. Whatever nobody has used by then is everybody's again.
 */
export class ServerPlaces {
  readonly max: number;
  readonly #all: Int32Array;
  readonly #allIndex: number;
  readonly #own: Int32Array;
  readonly #ownIndex: number;
  readonly #onFree: () => void;
  /** Places counted as taken that no request has. */
  #held = 0;
  #settling = false;

  /** `onFree` is called when places of this worker's have become free, and are still held for it. */
  constructor(
    max: number,
    views: SharedViews,
    workerIndex: number,
    slot: number,
    onFree: () => void,
  ) {
    this.max = max;
    this.#all = views.serverPlaces;
    this.#allIndex = views.indexOf('serverPlaces', 0, slot);
    this.#own = views.serverPlacesOwn;
    this.#ownIndex = views.indexOf('serverPlacesOwn', workerIndex, slot);
    this.#onFree = onFree;
  }

  /** Makes sure that there is a place for a request that begins in this turn; false: it is full. */
  hold(): boolean {
    if (this.#held > 0) return true;
    const { max } = this;
    let taken = Atomics.load(this.#all, this.#allIndex);
    for (;;) {
      if (taken >= max) return false;
      const before = Atomics.compareExchange(this.#all, this.#allIndex, taken, taken + 1);
      if (before === taken) break;
      taken = before;
    }
    this.#own[this.#ownIndex]! += 1;
    this.#keep();
    return true;
  }

  /** A request begins. It uses the place held for it; who has not asked is counted all the same. */
  take(): void {
    if (this.#held > 0) {
      this.#held--;
      return;
    }
    Atomics.add(this.#all, this.#allIndex, 1);
    this.#own[this.#ownIndex]! += 1;
  }

  /** A request is over. */
  give(): void {
    this.#keep();
  }

  #keep(): void {
    this.#held++;
    if (this.#settling) return;
    this.#settling = true;
    queueMicrotask(this.#settle);
  }

  readonly #settle = (): void => {
    if (this.#held > 0) this.#onFree();
    this.#settling = false;
    const left = this.#held;
    this.#held = 0;
    if (left === 0) return;
    this.#own[this.#ownIndex]! -= left;
    Atomics.sub(this.#all, this.#allIndex, left);
  };
}
