/** Connections of one source to one listener at a time, asked when a connection is accepted. */
import type { ConnectionsPerSourceConfig } from '../../src/config/limit-config.ts';
import { BucketTable, UNTRACKED } from './bucket-table.ts';
import { HeldKeys } from './held-keys.ts';
import { InFlightCount } from './in-flight-count.ts';
import { KeyHash } from './key-hash.ts';
import type { LimitCounters } from './limit-counters.ts';
import type { LimitLog } from './limit-log.ts';
import { LimitCounter, type LimitMemory } from './limit-memory.ts';
import type { KeyHashes } from './request-key.ts';
import { type Hold, OVER } from './request-limit.ts';
import type { SourceKeys } from './source-key.ts';

/** A connection that is not counted: nobody knows where it is from, or there is no room. */
const UNCOUNTED: Hold = { release() {} };

/** Counts the connections of each source. */
export class ConnectionLimiter {
  readonly #config: ConnectionsPerSourceConfig;
  readonly #table: BucketTable;
  readonly #held: HeldKeys;
  readonly #sources: SourceKeys;
  readonly #hash: KeyHash;
  readonly #counters: LimitCounters;
  readonly #refusals: LimitLog;
  readonly #overflows: LimitLog;

  constructor(
    config: ConnectionsPerSourceConfig,
    memory: LimitMemory,
    parts: {
      readonly hashes: KeyHashes;
      readonly worker: number;
      readonly counters: LimitCounters;
      readonly refusals: LimitLog;
      readonly overflows: LimitLog;
    },
  ) {
    this.#config = config;
    this.#table = new BucketTable(
      memory.tables[0]!,
      new InFlightCount(config.max),
      parts.worker + 1,
    );
    this.#held = new HeldKeys(memory, parts.worker);
    this.#sources = parts.hashes.sources(config);
    this.#hash = new KeyHash(parts.hashes.seed);
    this.#counters = parts.counters;
    this.#refusals = parts.refusals;
    this.#overflows = parts.overflows;
  }

  /** A connection from there: what to release when it has closed, or null when it is one too many. */
  open(address: string, nowMs: number): Hold | null {
    const hash = this.#hash;
    if (!this.#sources.find(address, hash)) return UNCOUNTED;
    const outcome = this.#table.take(hash, 0);
    if (outcome <= OVER) {
      this.#counters.count(LimitCounter.refused);
      this.#refusals.note(nowMs, () => ({ client: this.#sources.text(address) }));
      return null;
    }
    if (this.#table.evicted) this.#counters.count(LimitCounter.evictions);
    const key = { high: hash.high, low: hash.low };
    const slot = outcome === UNTRACKED ? -1 : this.#held.add(key);
    if (slot >= 0) {
      this.#counters.count(LimitCounter.allowed);
      return { release: () => this.#release(key, slot) };
    }
    if (outcome !== UNTRACKED) this.#table.giveBack(key);
    this.#counters.count(LimitCounter.untracked);
    this.#overflows.note(nowMs, () => ({ keys: this.#config.keysMax }));
    return UNCOUNTED;
  }

  #release(key: { readonly high: number; readonly low: number }, slot: number): void {
    this.#table.giveBack(key);
    this.#held.remove(slot);
  }
}
