import type { Clock, Timer } from '../ports.ts';
import type { Prng } from './prng.ts';

interface Entry {
  readonly at: number;
  readonly order: number;
  run: (() => void) | null;
}

/**
 * Virtual time: a heap of things to happen, taken in order of time and, within it, of scheduling.
 * Nothing here waits; a minute of the network's life takes as long as its events.
 */
export class SimClock {
  readonly #heap: Entry[] = [];
  #now = 0;
  #order = 0;
  #asynchronous = false;

  /** Microseconds since the beginning. */
  get now(): number {
    return this.#now;
  }

  /** Runs `run` at a time that has not passed. */
  at(micros: number, run: () => void): Timer {
    const entry: Entry = { at: Math.max(micros, this.#now), order: this.#order++, run };
    this.#push(entry);
    return {
      cancel() {
        entry.run = null;
      },
    };
  }

  /** Runs `run` after a delay. */
  after(micros: number, run: () => void): Timer {
    return this.at(this.#now + micros, run);
  }

  /** A promise that resolves after a delay of virtual time. */
  delay(micros: number): Promise<void> {
    this.#asynchronous = true;
    return new Promise((resolve) => {
      this.after(micros, () => {
        this.#asynchronous = true;
        resolve();
      });
    });
  }

  /** Says that promises were settled, so that what waits for them runs before time goes on. */
  settled(): void {
    this.#asynchronous = true;
  }

  /**
   * Lives until a time. Promises settled by an event are served before the next event: waiting for
   * the event loop's turn is slow, so it is done only when there are any.
   */
  async runUntil(micros: number): Promise<void> {
    await this.#drain();
    while (this.#heap.length > 0 && this.#heap[0]!.at <= micros) {
      const entry = this.#pop();
      if (entry.run === null) continue;
      this.#now = entry.at;
      entry.run();
      if (this.#asynchronous) await this.#drain();
    }
    this.#now = Math.max(this.#now, micros);
  }

  async #drain(): Promise<void> {
    this.#asynchronous = false;
    await new Promise((resolve) => setImmediate(resolve));
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let i = heap.push(entry) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(entry, heap[parent]!)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = entry;
  }

  #pop(): Entry {
    const heap = this.#heap;
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
    return top;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.at !== b.at ? a.at < b.at : a.order < b.order;
}

/** What makes one host's clock its own. */
export interface HostClockOptions {
  readonly clock: SimClock;
  readonly prng: Prng;
  /** Parts per million that it runs fast (or slow). */
  readonly driftPpm: number;
  /** Most a timer is late. */
  readonly jitterMicros: number;
  /** Each host's clock starts somewhere else: only differences may matter. */
  readonly offsetMicros: number;
}

/** A host's clock; `whenRunning` is given what a timer calls, for the process to run. */
export function hostClock(
  { clock, prng, driftPpm, jitterMicros, offsetMicros }: HostClockOptions,
  whenRunning: (run: () => void) => void,
): Clock {
  const rate = 1 + driftPpm / 1_000_000;
  return {
    now: () => Math.floor(clock.now * rate) + offsetMicros,
    timer: (at, callback) => {
      const global = Math.ceil((at - offsetMicros) / rate) + 1;
      return clock.at(global + prng.integer(0, jitterMicros), () => whenRunning(callback));
    },
  };
}
