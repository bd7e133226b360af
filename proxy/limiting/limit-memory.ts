/**
 * The shared memory of all limits: made by the main thread, given to every worker. It is apart from the
 * regions of proxy/shared/layout.ts because its size comes from the config.
 */
import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type {
  ConcurrencyLimitConfig,
  ConnectionsPerSourceConfig,
  RateLimitConfig,
} from '../../src/config/limit-config.ts';
import type { ProxyConfig } from '../../src/config/proxy-config.ts';
import { tableBytes } from './bucket-table.ts';
import type { HashSeed } from './key-hash.ts';
import { HELD_MAX } from './limits.ts';

/** What a limit counts about itself, one row of doubles per worker. */
export const LimitCounter = {
  /** Let through, delayed ones included. */
  allowed: 0,
  delayed: 1,
  /** Refused, or with `dry_run` what would have been. */
  refused: 2,
  /** Let through without being counted: the table had no room for their keys. */
  untracked: 3,
  /** Idle keys that gave their cell to another one. */
  evictions: 4,
} as const;
export type LimitCounterName = keyof typeof LimitCounter;

/** Doubles per worker, two cache lines, so that no two workers write in one. */
export const LIMIT_COUNTER_STRIDE = 16;

/** One limit's memory. Plain data. */
export interface LimitMemory {
  /** Which memory it is: a thread cannot tell that from the buffers it is sent. */
  readonly id: number;
  /** The limit's own table, and one of each tier. */
  readonly tables: readonly SharedArrayBuffer[];
  readonly counters: SharedArrayBuffer;
  /** What each worker holds: two hash halves a slot; null for what is never given back. */
  readonly held: SharedArrayBuffer | null;
  /** The state of an adaptive limit; null for others. */
  readonly adaptive: SharedArrayBuffer | null;
}

/** All limits' memory, in the order of the config. Plain data: goes to workers. */
export interface LimitsMemory {
  readonly seed: HashSeed;
  readonly rates: readonly LimitMemory[];
  readonly concurrency: readonly LimitMemory[];
  /** By listener; null for those without a limit of connections per source. */
  readonly connections: readonly (LimitMemory | null)[];
}

let nextId = 1;

/** Int32 per held key: the halves of its hash. */
export const HELD_WORDS = 2;

/** What of a config is about limits. */
export type LimitParts = Pick<
  ProxyConfig,
  'workers' | 'listeners' | 'rateLimits' | 'concurrencyLimits'
>;

/** The limits of a config, and where they count. */
export interface CountedLimits {
  readonly config: LimitParts;
  readonly memory: LimitsMemory;
}

/**
 * Allocates it, zeroed; the kernel gives pages only where something is written. A limit that counts as
 * it did `before` goes on in the memory that it has.
 */
export function createLimitsMemory(
  config: LimitParts,
  before: CountedLimits | null = null,
): LimitsMemory {
  const { workers } = config;
  return {
    seed: before?.memory.seed ?? randomSeed(),
    rates: config.rateLimits.map(
      (limit) => rateBefore(limit, before) ?? rateMemory(limit, workers),
    ),
    concurrency: config.concurrencyLimits.map(
      (limit) => concurrencyBefore(limit, before) ?? concurrencyMemory(limit, workers),
    ),
    connections: config.listeners.map(({ name, connectionsPerSource }) =>
      connectionsPerSource === null
        ? null
        : (connectionsBefore(name, connectionsPerSource, before) ??
          heldMemory(connectionsPerSource.keysMax, workers)),
    ),
  };
}

function randomSeed(): HashSeed {
  const seed = randomBytes(8);
  return [seed.readUInt32LE(0), seed.readUInt32LE(4)];
}

/** What is refused, and how, may be another matter: these are the same counts. */
function rateBefore(limit: RateLimitConfig, before: CountedLimits | null): LimitMemory | undefined {
  const counts = ({ name, key, keysMax, allowance, tiers }: RateLimitConfig) => {
    return [name, key, keysMax, allowance, tiers];
  };
  const index = before?.config.rateLimits.findIndex((one) =>
    isDeepStrictEqual(counts(one), counts(limit)),
  );
  return before?.memory.rates[index ?? -1];
}

function concurrencyBefore(
  limit: ConcurrencyLimitConfig,
  before: CountedLimits | null,
): LimitMemory | undefined {
  const counts = ({ name, key, keysMax, max, adaptive }: ConcurrencyLimitConfig) => {
    return [name, key, keysMax, max, adaptive];
  };
  const index = before?.config.concurrencyLimits.findIndex((one) =>
    isDeepStrictEqual(counts(one), counts(limit)),
  );
  return before?.memory.concurrency[index ?? -1];
}

function connectionsBefore(
  listener: string,
  limit: ConnectionsPerSourceConfig,
  before: CountedLimits | null,
): LimitMemory | undefined {
  const index = before?.config.listeners.findIndex(
    (one) => one.name === listener && isDeepStrictEqual(one.connectionsPerSource, limit),
  );
  return before?.memory.connections[index ?? -1] ?? undefined;
}

function rateMemory({ tiers, keysMax }: RateLimitConfig, workers: number): LimitMemory {
  const tables = 1 + (tiers?.allowances.length ?? 0);
  return {
    id: nextId++,
    tables: Array.from({ length: tables }, () => new SharedArrayBuffer(tableBytes(keysMax))),
    counters: counterMemory(workers),
    held: null,
    adaptive: null,
  };
}

function concurrencyMemory(limit: ConcurrencyLimitConfig, workers: number): LimitMemory {
  const memory = heldMemory(limit.keysMax, workers);
  return limit.adaptive === null ? memory : { ...memory, adaptive: new SharedArrayBuffer(64) };
}

function heldMemory(keysMax: number, workers: number): LimitMemory {
  return {
    id: nextId++,
    tables: [new SharedArrayBuffer(tableBytes(keysMax))],
    counters: counterMemory(workers),
    held: new SharedArrayBuffer(workers * HELD_MAX * HELD_WORDS * 4),
    adaptive: null,
  };
}

function counterMemory(workers: number): SharedArrayBuffer {
  return new SharedArrayBuffer(workers * LIMIT_COUNTER_STRIDE * 8);
}
