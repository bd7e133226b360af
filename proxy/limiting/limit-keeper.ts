/**
 * What the main thread does for the limits: makes their memory, empties idle buckets before their clocks
 * wrap, gives back what dead workers held, and knows what all this comes to.
 */
import { HeldParts } from '../reload/held-parts.ts';
import type { BucketLaw } from './bucket-law.ts';
import { BucketTable } from './bucket-table.ts';
import { releaseHeld } from './held-keys.ts';
import { InFlightCount } from './in-flight-count.ts';
import { type LimitTotals, limitTotals } from './limit-counters.ts';
import {
  type CountedLimits,
  createLimitsMemory,
  type LimitMemory,
  type LimitParts,
  type LimitsMemory,
} from './limit-memory.ts';
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

/** The limits of a config, and what the main thread has of them. */
interface KeptLimits extends CountedLimits {
  readonly kept: readonly Kept[];
}

/** The limits of a config that is not used yet. */
export interface PreparedLimits {
  /** For the workers. */
  readonly memory: LimitsMemory;
  /** They are those that count from now on. */
  use(): void;
}

/** The limits as the main thread has them. */
export class LimitKeeper {
  #limits: KeptLimits;
  /** By the memory: a limit that counts on is in several generations. */
  readonly #memories = new HeldParts<LimitMemory>();
  readonly #byMemory = new Map<LimitMemory, Kept>();
  readonly #now: () => number;
  #started = false;
  #timer: NodeJS.Timeout | undefined;
  #sweeping: NodeJS.Immediate | undefined;

  /** `now`: the clock of the workers. */
  constructor(config: LimitParts, now: () => number, generation = 1) {
    this.#now = now;
    this.#limits = this.#hold(generation, config, null);
  }

  /** For the workers. */
  get memory(): LimitsMemory {
    return this.#limits.memory;
  }

  /** Makes the limits of another config; what counts as before goes on. Until `letGo(generation)`. */
  prepare(generation: number, config: LimitParts): PreparedLimits {
    const limits = this.#hold(generation, config, this.#limits);
    return {
      memory: limits.memory,
      use: () => {
        this.#limits = limits;
        this.#sweepNowAndThen();
      },
    };
  }

  /** Nobody counts any more what only that generation has. */
  letGo(generation: number): void {
    for (const memory of this.#memories.letGo(generation)) this.#byMemory.delete(memory);
  }

  /** Sweeps now and then, until `stop`. Without limits there is nothing to do. */
  start(): void {
    this.#started = true;
    this.#sweepNowAndThen();
  }

  stop(): void {
    this.#started = false;
    clearInterval(this.#timer);
    clearImmediate(this.#sweeping);
  }

  /** Gives back what a worker held that has ended; before its successor starts. */
  released(worker: number): void {
    for (const { memory, tables } of this.#byMemory.values()) {
      for (const { table } of tables) table.release(worker + 1);
      if (memory.held !== null) releaseHeld(memory, worker, tables[0]!.table);
    }
  }

  /** All limits, in the order of the config. */
  status(): readonly LimitStatus[] {
    const now = this.#now();
    return this.#limits.kept.map(({ describe, memory, tables, max }) => ({
      ...describe,
      max: max(),
      keys: tables.reduce((sum, { law, table }) => sum + table.busy(law.tickOf(now)), 0),
      totals: limitTotals(memory),
    }));
  }

  #hold(generation: number, config: LimitParts, before: CountedLimits | null): KeptLimits {
    const memory = createLimitsMemory(config, before);
    const kept = [
      ...keptRates(config, memory),
      ...keptConcurrency(config, memory),
      ...keptConnections(config, memory),
    ];
    this.#memories.hold(
      generation,
      kept.map((one) => one.memory),
    );
    for (const one of kept) {
      if (!this.#byMemory.has(one.memory)) this.#byMemory.set(one.memory, one);
    }
    return { config, memory, kept };
  }

  #sweepNowAndThen(): void {
    if (!this.#started || this.#timer !== undefined || this.#byMemory.size === 0) return;
    this.#timer = setInterval(() => this.#sweep(this.#steps()), SWEEP_INTERVAL_MS);
    this.#timer.unref();
  }

  /** One part of the sweep each time round the event loop. */
  #sweep(steps: Iterator<void>): void {
    if (steps.next().done) return;
    this.#sweeping = setImmediate(() => this.#sweep(steps));
  }

  *#steps(): Generator<void> {
    for (const { tables } of [...this.#byMemory.values()]) {
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

function keptRates({ rateLimits }: LimitParts, { rates }: LimitsMemory): readonly Kept[] {
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
  { concurrencyLimits }: LimitParts,
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

function keptConnections({ listeners }: LimitParts, { connections }: LimitsMemory): Kept[] {
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
