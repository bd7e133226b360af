/**
 * An adaptive limit in shared memory. Every worker adds what it sees; the one that first notices that
 * a window is over takes the step for all.
 */
import type { AdaptiveConfig } from '../../src/config/limit-config.ts';
import { stepAdaptive } from './adaptive-limit.ts';
import { ADAPTIVE_WINDOW_MIN_MS } from './limits.ts';

const Slot = { limit: 0, window: 1, ended: 2, slow: 3, peak: 4 } as const;

/** One thread's hold on an adaptive limit. */
export class AdaptiveCell {
  readonly #config: AdaptiveConfig;
  readonly #words: Int32Array;
  readonly #windowMs: number;

  /** `memory` holds zeros, or what another thread's cell has put there. */
  constructor(config: AdaptiveConfig, memory: SharedArrayBuffer, start: number) {
    this.#config = config;
    this.#words = new Int32Array(memory);
    this.#windowMs = Math.max(ADAPTIVE_WINDOW_MIN_MS, 2 * config.latencyMs);
    Atomics.compareExchange(this.#words, Slot.limit, 0, start);
  }

  /** The limit now. */
  get limit(): number {
    return Atomics.load(this.#words, Slot.limit);
  }

  /** So many are in flight, with the one that begins. */
  began(inFlight: number): void {
    if (inFlight > Atomics.load(this.#words, Slot.peak)) {
      Atomics.store(this.#words, Slot.peak, inFlight);
    }
  }

  /** One has ended after so long. */
  ended(tookMs: number, nowMs: number): void {
    const words = this.#words;
    Atomics.add(words, Slot.ended, 1);
    if (tookMs > this.#config.latencyMs) Atomics.add(words, Slot.slow, 1);
    const window = Math.floor(nowMs / this.#windowMs) | 0;
    const last = Atomics.load(words, Slot.window);
    if (window === last || Atomics.compareExchange(words, Slot.window, last, window) !== last)
      return;
    const seen = {
      ended: Atomics.exchange(words, Slot.ended, 0),
      slow: Atomics.exchange(words, Slot.slow, 0),
      peak: Atomics.exchange(words, Slot.peak, 0),
    };
    Atomics.store(words, Slot.limit, stepAdaptive(this.limit, seen, this.#config));
  }
}
