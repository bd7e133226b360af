import { blockLength, UpstreamCounter } from './layout.ts';
import type { WorkerCells } from './worker-cells.ts';

/** What the workers count of one upstream, as one of them sees and writes it. */
export class UpstreamCells {
  readonly #waiting: Int32Array;
  readonly #waitingFirst: number;
  readonly #waitingOwn: number;
  readonly #waitingStride: number;
  readonly #workers: number;
  readonly #counters: Float64Array;
  readonly #counterBase: number;

  /** `slot` is what the registry assigned to the upstream's name. */
  constructor(cells: WorkerCells, slot: number) {
    const { views, workerIndex } = cells;
    this.#waiting = views.upstreamWaiting;
    this.#waitingFirst = views.indexOf('upstreamWaiting', 0, slot);
    this.#waitingOwn = views.indexOf('upstreamWaiting', workerIndex, slot);
    this.#waitingStride = blockLength('upstreamWaiting', views.shape);
    this.#workers = views.shape.workers;
    this.#counters = views.upstreamCounters;
    this.#counterBase = views.indexOf('upstreamCounters', workerIndex, slot);
  }

  /** Requests in the queue now, all workers together. */
  waiting(): number {
    let sum = 0;
    let index = this.#waitingFirst;
    for (let worker = 0; worker < this.#workers; worker++) {
      sum += Atomics.load(this.#waiting, index);
      index += this.#waitingStride;
    }
    return sum;
  }

  /** A request has joined the queue. Pairs with exactly one `left`. */
  joined(): void {
    this.#count(UpstreamCounter.queued);
    Atomics.store(this.#waiting, this.#waitingOwn, this.#waiting[this.#waitingOwn]! + 1);
  }

  /** It waits no more, however that came. */
  left(): void {
    Atomics.store(this.#waiting, this.#waitingOwn, this.#waiting[this.#waitingOwn]! - 1);
  }

  /** One that left had waited too long. */
  expired(): void {
    this.#count(UpstreamCounter.queueTimeouts);
  }

  /** One could not join: the queue was full. */
  refused(): void {
    this.#count(UpstreamCounter.queueRefused);
  }

  #count(counter: number): void {
    this.#counters[this.#counterBase + counter]! += 1;
  }
}
