import { PROXY_ERRORS, type ProxyErrorCode } from '../errors.ts';
import { BreakerCell, BreakerTime, ControlSlot } from '../shared/layout.ts';
import type { SharedViews } from '../shared/shared-state.ts';
import {
  type BreakerEvent,
  type BreakerRule,
  type BreakerState,
  packBreaker,
  stepBreaker,
  unpackBreaker,
} from './circuit-breaker.ts';

/** Codes of failures as numbers, above all status codes. */
const CODES = Object.keys(PROXY_ERRORS) as ProxyErrorCode[];
const CODE_BASE = 1000;

/** What an event did. */
export interface BreakerChange {
  readonly before: BreakerState;
  /** The same object when nothing changed. */
  readonly after: BreakerState;
}

/**
 * The breaker of one server in shared memory: a state that every thread moves by compare and
 * exchange, so that of two that see the same failure exactly one opens it.
 */
export class BreakerCells {
  readonly #views: SharedViews;
  readonly #index: number;
  readonly #times: number;

  constructor(views: SharedViews, slot: number) {
    this.#views = views;
    this.#index = views.indexOf('serverBreaker', 0, slot);
    this.#times = views.indexOf('serverBreakerTimes', 0, slot);
  }

  /** The packed state. */
  get word(): number {
    return Atomics.load(this.#views.serverBreaker, this.#index + BreakerCell.state);
  }

  /** By `processNow`; 0: never. */
  get lastFailureAt(): number {
    return this.#views.serverBreakerTimes[this.#times + BreakerTime.lastFailure]!;
  }

  /** When the last trial began, by `processNow`. */
  get lastTrialAt(): number {
    return this.#views.serverBreakerTimes[this.#times + BreakerTime.lastTrial]!;
  }

  set lastTrialAt(now: number) {
    this.#views.serverBreakerTimes[this.#times + BreakerTime.lastTrial] = now;
  }

  /** Notes why and when a request failed: a code or a status. Before the event that may open. */
  noteFailure(reason: ProxyErrorCode | number, now: number): void {
    const number = typeof reason === 'number' ? reason : CODE_BASE + CODES.indexOf(reason);
    Atomics.store(this.#views.serverBreaker, this.#index + BreakerCell.reason, number);
    this.postpone(now);
  }

  /** The time of an open breaker counts from here. */
  postpone(now: number): void {
    this.#views.serverBreakerTimes[this.#times + BreakerTime.lastFailure] = now;
  }

  /** The last failure in words; null: none. */
  get reason(): string | null {
    const number = Atomics.load(this.#views.serverBreaker, this.#index + BreakerCell.reason);
    if (number === 0) return null;
    return number < CODE_BASE ? `status ${number}` : CODES[number - CODE_BASE]!;
  }

  /** Takes one step. Workers look at a server again at their next pick when its phase changed. */
  apply(event: BreakerEvent, rule: BreakerRule): BreakerChange {
    const cells = this.#views.serverBreaker;
    const index = this.#index + BreakerCell.state;
    for (;;) {
      const word = Atomics.load(cells, index);
      const before = unpackBreaker(word);
      const after = stepBreaker(before, event, rule);
      if (after === before) return { before, after };
      if (Atomics.compareExchange(cells, index, word, packBreaker(after)) !== word) continue;
      if (after.phase !== before.phase) {
        Atomics.add(this.#views.control, ControlSlot.availabilityVersion, 1);
      }
      return { before, after };
    }
  }

  /** Nothing is known any more: the row goes to another server, or has no rule. */
  clear(): void {
    const { serverBreaker, serverBreakerTimes } = this.#views;
    for (const cell of Object.values(BreakerCell)) {
      Atomics.store(serverBreaker, this.#index + cell, 0);
    }
    for (const time of Object.values(BreakerTime)) serverBreakerTimes[this.#times + time] = 0;
  }
}
