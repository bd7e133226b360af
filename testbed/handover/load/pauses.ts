/**
 * When who measures did not run: the generator of the load was late, or the machine stood still under
 * everybody (a virtual one that is busy loses a processor for 10 to 40 ms now and then). Neither is the
 * pair's doing, and what clients waited meanwhile is not held against it.
 */
import { monotonicMs } from '../../lab/monotonic.ts';
import { limits } from './limits.ts';

/** From and to, CLOCK_MONOTONIC, ms. */
export type Pause = readonly [fromMs: number, toMs: number];

/** Pauses of any origin; where they overlap they count once. */
export class Pauses {
  #all: Pause[];
  /** In order, and apart. */
  #merged: readonly Pause[] | null = null;

  constructor(all: readonly Pause[] = []) {
    this.#all = [...all];
  }

  get all(): readonly Pause[] {
    return this.#all;
  }

  /** What was due at `dueMs` ran at `ranMs`; less than a timer's granularity is none. */
  note(dueMs: number, ranMs: number): void {
    if (ranMs - dueMs < limits.pauseMinMs) return;
    this.#all.push([dueMs, ranMs]);
    this.#merged = null;
  }

  /** These and those. */
  with(others: readonly Pause[]): Pauses {
    return new Pauses([...this.#all, ...others]);
  }

  /** How much of the time between the two was a pause, ms. */
  within(fromMs: number, toMs: number): number {
    this.#merged ??= mergedOf(this.#all);
    let sum = 0;
    for (const [from, to] of this.#merged) {
      if (from >= toMs) break;
      sum += Math.max(0, Math.min(to, toMs) - Math.max(from, fromMs));
    }
    return sum;
  }
}

function mergedOf(pauses: readonly Pause[]): readonly Pause[] {
  const merged: Pause[] = [];
  for (const [from, to] of [...pauses].sort((left, right) => left[0] - right[0])) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1])
      merged[merged.length - 1] = [last[0], Math.max(last[1], to)];
    else merged.push([from, to]);
  }
  return merged;
}

/** Watches this process's event loop until the returned function is called. */
export function watchPauses(pauses: Pauses): () => void {
  let dueMs = monotonicMs() + limits.pauseLookEveryMs;
  let timer: NodeJS.Timeout;
  const look = () => {
    const now = monotonicMs();
    pauses.note(dueMs, now);
    dueMs = now + limits.pauseLookEveryMs;
    timer = setTimeout(look, limits.pauseLookEveryMs);
  };
  timer = setTimeout(look, limits.pauseLookEveryMs);
  return () => clearTimeout(timer);
}
