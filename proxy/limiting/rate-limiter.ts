/** A rate limit or quota as one route uses it: key, tier, bucket. */
import type { QuotaConfig, RateConfig, RateLimitConfig } from '../../src/config/limit-config.ts';
import type { RequestHead } from '../http1/head.ts';
import type { BucketLaw } from './bucket-law.ts';
import { BucketTable, type HashedKey, UNTRACKED } from './bucket-table.ts';
import { LeakyBucket } from './leaky-bucket.ts';
import type { LimitCounters } from './limit-counters.ts';
import type { LimitLog } from './limit-log.ts';
import { LimitCounter, type LimitMemory } from './limit-memory.ts';
import type { GateRefusal } from './request-gate.ts';
import type { RequestKey, Source } from './request-key.ts';
import { type Hold, OVER, type RequestLimit } from './request-limit.ts';
import { fieldValue } from './request-values.ts';
import { WindowQuota } from './window-quota.ts';

/** The law of an allowance. */
export function lawOf(allowance: RateConfig | QuotaConfig): BucketLaw {
  if (allowance.kind === 'quota') return new WindowQuota(allowance.count, allowance.windowMs);
  return new LeakyBucket(allowance);
}

/** One allowance with the table that counts it. */
interface Tier {
  readonly law: BucketLaw;
  readonly table: BucketTable;
  /** What may be over the rate without a delay, in ticks. */
  readonly delayAfter: number;
}

/** The tables of a rate limit on one thread, shared by all routes of the thread that name it. */
export class RateTables {
  readonly base: Tier;
  readonly #tiers = new Map<string, Tier>();
  readonly #tierField: ((head: RequestHead) => { start: number; end: number } | null) | null;

  /** `owner` as of BucketTable. */
  constructor(config: RateLimitConfig, memory: LimitMemory, owner: number) {
    this.base = tier(config.allowance, memory.tables[0]!, owner);
    this.#tierField = config.tiers === null ? null : fieldValue(config.tiers.header);
    config.tiers?.allowances.forEach(({ value, allowance }, index) => {
      this.#tiers.set(value, tier(allowance, memory.tables[index + 1]!, owner));
    });
  }

  /** The tier of a request: that of its header's value, else the limit's own. */
  of(head: RequestHead): Tier {
    if (this.#tierField === null) return this.base;
    const range = this.#tierField(head);
    if (range === null) return this.base;
    const value = head.bytes.toString('latin1', range.start, range.end);
    return this.#tiers.get(value) ?? this.base;
  }

  /** All of them, for sweeping. */
  all(): readonly Tier[] {
    return [this.base, ...this.#tiers.values()];
  }
}

function tier(allowance: RateConfig | QuotaConfig, memory: SharedArrayBuffer, owner: number): Tier {
  const law = lawOf(allowance);
  const table = new BucketTable(memory, law, owner);
  if (allowance.kind === 'quota') return { law, table, delayAfter: 0 };
  return { law, table, delayAfter: new LeakyBucket(allowance).ticksOf(allowance.delayAfter) };
}

/** What a limiter is made of, beside its tables. */
export interface LimiterParts {
  readonly key: RequestKey;
  readonly counters: LimitCounters;
  /** Where refusals are told, and full tables. */
  readonly refusals: LimitLog;
  readonly overflows: LimitLog;
}

/** Takes from buckets, and refuses or delays what is over the rate. */
export class RateLimiter implements RequestLimit {
  readonly refusal: { code: GateRefusal['code']; retryAfterSeconds: number };
  readonly #config: RateLimitConfig;
  readonly #tables: RateTables;
  readonly #parts: LimiterParts;
  /** What the last `take` took from where, and the counter that it added to. */
  #taken: { high: number; low: number } = { high: 0, low: 0 };
  #from: BucketTable | null = null;
  #counter: number = LimitCounter.allowed;
  #delayed = false;

  constructor(config: RateLimitConfig, tables: RateTables, parts: LimiterParts) {
    this.#config = config;
    this.#tables = tables;
    this.#parts = parts;
    const code = config.status === 429 ? 'rate_limited' : 'rate_limited_503';
    this.refusal = { code, retryAfterSeconds: 0 };
  }

  take(head: RequestHead, source: Source, nowMs: number): number {
    const { key, counters } = this.#parts;
    this.#from = null;
    this.#delayed = false;
    if (!key.find(head, source)) {
      if (this.#config.missing === 'pass') return this.#allow(LimitCounter.allowed);
      key.hash.text('');
    }
    const { law, table, delayAfter } = this.#tables.of(head);
    const outcome = table.take(key.hash, law.tickOf(nowMs));
    if (table.evicted) counters.count(LimitCounter.evictions);
    if (outcome === UNTRACKED) {
      this.#parts.overflows.note(nowMs, () => ({ keys: this.#config.keysMax }));
      return this.#allow(LimitCounter.untracked);
    }
    if (outcome < 0) return this.#refuse(head, source, nowMs, law.msOf(-outcome));
    this.#from = table;
    this.#taken.high = key.hash.high;
    this.#taken.low = key.hash.low;
    this.#allow(LimitCounter.allowed);
    if (outcome <= delayAfter || this.#config.dryRun) return 0;
    this.#delayed = true;
    counters.count(LimitCounter.delayed);
    return law.msOf(outcome - delayAfter);
  }

  giveBack(): void {
    const { counters } = this.#parts;
    this.#from?.giveBack(this.#taken satisfies HashedKey);
    counters.count(this.#counter, -1);
    if (this.#delayed) counters.count(LimitCounter.delayed, -1);
  }

  hold(): Hold | null {
    return null;
  }

  #allow(counter: number): number {
    this.#counter = counter;
    this.#parts.counters.count(counter);
    return 0;
  }

  #refuse(head: RequestHead, source: Source, nowMs: number, waitMs: number): number {
    const { counters, refusals, key } = this.#parts;
    counters.count(LimitCounter.refused);
    this.#counter = LimitCounter.refused;
    refusals.note(nowMs, () => ({ client: source.address, key: key.text(head, source) }));
    if (this.#config.dryRun) return 0;
    this.refusal.retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000));
    return OVER;
  }
}
