/**
 * What the main thread does for the limits: makes their memory, empties idle buckets before their clocks
 * wrap, gives back what dead workers held, and knows what all this comes to.
 */
import type { ProxyConfig } from '../../src/config/proxy-config.ts';
import type { BucketLaw } from './bucket-law.ts';
import { BucketTable } from './bucket-table.ts';
import { releaseHeld } from './held-keys.ts';
import { InFlightCount } from './in-flight-count.ts';
import { type LimitTotals, limitTotals } from './limit-counters.ts';
import { createLimitsMemory, type LimitMemory, type LimitsMemory } from './limit-memory.ts';
import { SWEEP_CELLS, SWEEP_INTERVAL_MS } from './limits.ts';
import { RateTables } from './rate-limiter.ts';

export interface LimitStatus {
  /** Its name; of connections per source, the listener's. */
  readonly name: string;
  readonly kind: 'rate' | 'quota' | 'concurrency' | 'connections';
  readonly dryRun: boolean;
  /** Requests or connections at a time; of an adaptive limit, now. Null for rates and quotas. */
  readonly max: number | null;
  /** Keys that are counted now, and for how many there is room at least. */
  readonly keys: number;
  readonly keysMax: number;
  /** Since the start. */
  readonly totals: LimitTotals;
}

interface Kept {
  readonly describe: Pick<LimitStatus, 'name' | 'kind' | 'dryRun' | 'keysMax'>;
  readonly memory: LimitMemory;
  readonly tables: readonly { readonly law: BucketLaw; readonly table: BucketTable }[];
  readonly max: () => number | null;
}

/** In locks the main thread is told from every worker. */
const MAIN_OWNER = 2 ** 30;

/** The limits as the main thread has them. */
export class LimitKeeper {
  /** For the workers. */
  readonly memory: LimitsMemory;
  readonly #kept: readonly Kept[];
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;
  #sweeping: NodeJS.Immediate | undefined;

  /** `now`: the clock of the workers. */
  constructor(config: ProxyConfig, now: () => number) {
    this.memory = createLimitsMemory(config);
    this.#now = now;
    this.#kept = [
      ...keptRates(config, this.memory),
      ...keptConcurrency(config, this.memory),
      ...keptConnections(config, this.memory),
    ];
  }

  /** Sweeps now and then, until `stop`. Without limits there is nothing to do. */
  start(): void {
    if (this.#kept.length === 0) return;
    this.#timer = setInterval(() => this.#sweep(this.#steps()), SWEEP_INTERVAL_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    clearImmediate(this.#sweeping);
  }

  /** Gives back what a worker held that has ended; before its successor starts. */
  released(worker: number): void {
    for (const { memory, tables } of this.#kept) {
      for (const { table } of tables) table.release(worker + 1);
      if (memory.held !== null) releaseHeld(memory, worker, tables[0]!.table);
    }
  }

  /** All limits, in the order of the config. */
  status(): readonly LimitStatus[] {
    const now = this.#now();
    return this.#kept.map(({ describe, memory, tables, max }) => ({
      ...describe,
      max: max(),
      keys: tables.reduce((sum, { law, table }) => sum + table.busy(law.tickOf(now)), 0),
      totals: limitTotals(memory),
    }));
  }

  /** One part of the sweep each time round the event loop. */
  #sweep(steps: Iterator<void>): void {
    if (steps.next().done) return;
    this.#sweeping = setImmediate(() => this.#sweep(steps));
  }

  *#steps(): Generator<void> {
    for (const { tables } of this.#kept) {
      for (const { law, table } of tables) {
        for (let start = 0; start < table.size; start += SWEEP_CELLS) {
          const end = Math.min(table.size, start + SWEEP_CELLS);
          table.sweep(start, end, law.tickOf(this.#now()));
          yield;
        }
      }
    }
  }
}

function keptRates({ rateLimits }: ProxyConfig, { rates }: LimitsMemory): readonly Kept[] {
  return rateLimits.map((limit, index) => {
    const memory = rates[index]!;
    const { name, dryRun, keysMax } = limit;
    return {
      describe: { name, kind: limit.allowance.kind, dryRun, keysMax },
      memory,
      tables: new RateTables(limit, memory, MAIN_OWNER).all(),
      max: () => null,
    };
  });
}

function keptConcurrency(
  { concurrencyLimits }: ProxyConfig,
  { concurrency }: LimitsMemory,
): readonly Kept[] {
  return concurrencyLimits.map(({ name, dryRun, keysMax, max }, index) => {
    const memory = concurrency[index]!;
    const adaptive = memory.adaptive === null ? null : new Int32Array(memory.adaptive);
    return {
      describe: { name, kind: 'concurrency', dryRun, keysMax },
      memory,
      tables: inFlightTables(memory, max),
      // 0 until a worker has begun.
      max: () => (adaptive === null ? max : Atomics.load(adaptive, 0) || max),
    };
  });
}

function keptConnections({ listeners }: ProxyConfig, { connections }: LimitsMemory): Kept[] {
  return listeners.flatMap(({ name, connectionsPerSource }, index): Kept[] => {
    const memory = connections[index] ?? null;
    if (connectionsPerSource === null || memory === null) return [];
    const { max, keysMax } = connectionsPerSource;
    const describe = { name, kind: 'connections', dryRun: false, keysMax } as const;
    return [{ describe, memory, tables: inFlightTables(memory, max), max: () => max }];
  });
}

function inFlightTables(memory: LimitMemory, max: number): Kept['tables'] {
  const law = new InFlightCount(max);
  return [{ law, table: new BucketTable(memory.tables[0]!, law, MAIN_OWNER) }];
}
