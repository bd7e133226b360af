import {
  LIMIT_COUNTER_STRIDE,
  LimitCounter,
  type LimitCounterName,
  type LimitMemory,
} from './limit-memory.ts';

export type LimitTotals = Readonly<Record<LimitCounterName, number>>;

/** One worker's counters of one limit; only it writes them. */
export class LimitCounters {
  readonly #cells: Float64Array;

  constructor(memory: LimitMemory, worker: number) {
    const offset = worker * LIMIT_COUNTER_STRIDE * 8;
    this.#cells = new Float64Array(memory.counters, offset, LIMIT_COUNTER_STRIDE);
  }

  /** Adds one to one of `LimitCounter`, or takes it back. */
  count(counter: number, amount = 1): void {
    this.#cells[counter]! += amount;
  }
}

/** All workers together. */
export function limitTotals({ counters }: LimitMemory): LimitTotals {
  const cells = new Float64Array(counters);
  const totals: Record<string, number> = {};
  for (const [name, counter] of Object.entries(LimitCounter)) {
    let sum = 0;
    for (let at: number = counter; at < cells.length; at += LIMIT_COUNTER_STRIDE) sum += cells[at]!;
    totals[name] = sum;
  }
  return totals as LimitTotals;
}
