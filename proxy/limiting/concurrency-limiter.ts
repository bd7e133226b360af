/** A limit of requests at a time, as one route uses it. */
import type { ConcurrencyLimitConfig } from '../../src/config/limit-config.ts';
import type { RequestHead } from '../http1/head.ts';
import { AdaptiveCell } from './adaptive-cell.ts';
import { BucketTable, type HashedKey, UNTRACKED } from './bucket-table.ts';
import { HeldKeys } from './held-keys.ts';
import { InFlightCount } from './in-flight-count.ts';
import { LimitCounter, type LimitMemory } from './limit-memory.ts';
import type { LimiterParts } from './rate-limiter.ts';
import type { GateRefusal } from './request-gate.ts';
import type { Source } from './request-key.ts';
import { type Hold, OVER, type RequestLimit } from './request-limit.ts';

/** Who is told that nobody knows when there is room again. */
const RETRY_AFTER_SECONDS = 1;

/** The table of a concurrency limit on one thread, shared by all its routes that name it. */
export class InFlightTable {
  readonly law: InFlightCount;
  readonly table: BucketTable;
  readonly held: HeldKeys;
  readonly adaptive: AdaptiveCell | null;

  constructor(config: ConcurrencyLimitConfig, memory: LimitMemory, worker: number) {
    this.law = new InFlightCount(config.max);
    this.table = new BucketTable(memory.tables[0]!, this.law, worker + 1);
    this.held = new HeldKeys(memory, worker);
    const { adaptive } = config;
    this.adaptive =
      adaptive === null ? null : new AdaptiveCell(adaptive, memory.adaptive!, config.max);
  }
}

/** Counts what is under way, and refuses what is too much. */
export class ConcurrencyLimiter implements RequestLimit {
  readonly refusal: GateRefusal;
  readonly #config: ConcurrencyLimitConfig;
  readonly #shared: InFlightTable;
  readonly #parts: LimiterParts;
  readonly #now: () => number;
  #taken: { readonly key: HashedKey; readonly slot: number } | null = null;
  #counter: number = LimitCounter.allowed;
  #takenAt = 0;

  /** `now` is the clock that `take` is told. */
  constructor(
    config: ConcurrencyLimitConfig,
    shared: InFlightTable,
    parts: LimiterParts,
    now: () => number,
  ) {
    this.#config = config;
    this.#shared = shared;
    this.#parts = parts;
    this.#now = now;
    const code = config.status === 429 ? 'concurrency_limited' : 'concurrency_limited_503';
    this.refusal = { code, retryAfterSeconds: RETRY_AFTER_SECONDS };
  }

  take(head: RequestHead, source: Source, nowMs: number): number {
    const { key, counters } = this.#parts;
    const { law, table, held, adaptive } = this.#shared;
    this.#taken = null;
    if (!key.find(head, source)) {
      if (this.#config.missing === 'pass') return this.#allow(LimitCounter.allowed);
      key.hash.text('');
    }
    if (adaptive !== null) law.max = adaptive.limit;
    const outcome = table.take(key.hash, 0);
    if (table.evicted) counters.count(LimitCounter.evictions);
    if (outcome < 0) return this.#refuse(head, source, nowMs);
    if (outcome === UNTRACKED) return this.#overflow(nowMs);
    const { high, low } = key.hash;
    const slot = held.add({ high, low });
    if (slot < 0) {
      table.giveBack({ high, low });
      return this.#overflow(nowMs);
    }
    adaptive?.began(outcome + 1);
    this.#taken = { key: { high, low }, slot };
    this.#takenAt = nowMs;
    return this.#allow(LimitCounter.allowed);
  }

  giveBack(): void {
    this.#parts.counters.count(this.#counter, -1);
    if (this.#taken !== null) this.#release(this.#taken.key, this.#taken.slot);
    this.#taken = null;
  }

  hold(): Hold | null {
    if (this.#taken === null) return null;
    const { key, slot } = this.#taken;
    const { adaptive } = this.#shared;
    const begunAt = this.#takenAt;
    return {
      release: () => {
        this.#release(key, slot);
        if (adaptive === null) return;
        const now = this.#now();
        adaptive.ended(now - begunAt, now);
      },
    };
  }

  #release(key: HashedKey, slot: number): void {
    this.#shared.table.giveBack(key);
    this.#shared.held.remove(slot);
  }

  #allow(counter: number): number {
    this.#counter = counter;
    this.#parts.counters.count(counter);
    return 0;
  }

  #overflow(nowMs: number): number {
    this.#parts.overflows.note(nowMs, () => ({ keys: this.#config.keysMax }));
    return this.#allow(LimitCounter.untracked);
  }

  #refuse(head: RequestHead, source: Source, nowMs: number): number {
    const { refusals, key, counters } = this.#parts;
    this.#counter = LimitCounter.refused;
    counters.count(LimitCounter.refused);
    refusals.note(nowMs, () => ({ client: source.address, key: key.text(head, source) }));
    return this.#config.dryRun ? 0 : OVER;
  }
}
