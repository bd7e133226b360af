import { blockLength, ListenerCounter, type SharedShape } from './layout.ts';
import { type SharedState, SharedViews } from './shared-state.ts';

/** One worker's hold on the shared memory: reads everything, writes only its own blocks. */
export class WorkerCells {
  readonly workerIndex: number;
  readonly views: SharedViews;

  /** Throws RangeError when the state has no block for this worker. */
  constructor(state: SharedState, workerIndex: number) {
    if (!Number.isInteger(workerIndex) || workerIndex < 0 || workerIndex >= state.shape.workers) {
      throw new RangeError(`worker ${workerIndex} of ${state.shape.workers}`);
    }
    this.workerIndex = workerIndex;
    this.views = new SharedViews(state);
  }

  get shape(): SharedShape {
    return this.views.shape;
  }
}

/** Counters and the number of open connections of one listener, as one worker sees and writes them. */
export class ListenerCells {
  readonly #counters: Float64Array;
  readonly #counterBase: number;
  readonly #open: Int32Array;
  readonly #openIndex: number;
  readonly #openFirst: number;
  readonly #openStride: number;
  readonly #workers: number;

  /** `slot` comes from the listeners' SlotTable. */
  constructor(cells: WorkerCells, slot: number) {
    const { views, workerIndex } = cells;
    this.#counters = views.listenerCounters;
    this.#counterBase = views.indexOf('listenerCounters', workerIndex, slot);
    this.#open = views.listenerOpen;
    this.#openIndex = views.indexOf('listenerOpen', workerIndex, slot);
    this.#openFirst = views.indexOf('listenerOpen', 0, slot);
    this.#openStride = blockLength('listenerOpen', views.shape);
    this.#workers = views.shape.workers;
  }

  /** Adds to one of `ListenerCounter`. */
  count(counter: number, amount = 1): void {
    this.#counters[this.#counterBase + counter]! += amount;
  }

  /** A client connection was accepted; pairs with exactly one `connectionClosed`. */
  connectionOpened(): void {
    this.count(ListenerCounter.accepted);
    this.connectionJoined();
  }

  connectionClosed(): void {
    this.count(ListenerCounter.closed);
    this.connectionLeft();
  }

  /** A connection that another listener has accepted goes on here; pairs with `connectionLeft`. */
  connectionJoined(): void {
    Atomics.store(this.#open, this.#openIndex, this.#open[this.#openIndex]! + 1);
  }

  /** A connection goes on at another listener. */
  connectionLeft(): void {
    Atomics.store(this.#open, this.#openIndex, this.#open[this.#openIndex]! - 1);
  }

  /** Open connections of all workers together: what `connectionsMax` bounds. */
  openConnections(): number {
    let sum = 0;
    let index = this.#openFirst;
    for (let worker = 0; worker < this.#workers; worker++) {
      sum += Atomics.load(this.#open, index);
      index += this.#openStride;
    }
    return sum;
  }
}
