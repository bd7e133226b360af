/** All limits as one worker has them: gates for routes, limiters for listeners. */
import type {
  ConcurrencyLimitConfig,
  ConnectionsPerSourceConfig,
  RateLimitConfig,
} from '../../src/config/limit-config.ts';
import type { ListenerConfig, ProxyConfig, RouteConfig } from '../../src/config/proxy-config.ts';
import type { Logger } from '../ports.ts';
import { ConcurrencyLimiter, InFlightTable } from './concurrency-limiter.ts';
import { ConnectionLimiter } from './connection-limiter.ts';
import { LimitCounters } from './limit-counters.ts';
import { LimitLog } from './limit-log.ts';
import type { LimitMemory, LimitsMemory } from './limit-memory.ts';
import { LimitsGate } from './limits-gate.ts';
import { type LimiterParts, RateLimiter, RateTables } from './rate-limiter.ts';
import type { RequestGate } from './request-gate.ts';
import { type KeyPlace, requestKey } from './request-key.ts';
import type { RequestLimit } from './request-limit.ts';
import { SourcesByPrefix } from './source-key.ts';

const FULL = 'a limit has no room for more keys, they pass uncounted: raise its `keys`';

/** A limit's parts that all of its routes share on this thread. */
interface Shared<Config, Table> {
  readonly config: Config;
  /** Of its memory. */
  readonly id: number;
  readonly table: Table;
  readonly counters: LimitCounters;
  readonly overflows: LimitLog;
}

/** The limit of connections per source of a listener. */
interface SourceLimit {
  /** Of its memory. */
  readonly id: number;
  readonly limiter: ConnectionLimiter;
}

/** Made once by a worker for each config, before its listeners. */
export class WorkerLimits {
  readonly #worker: number;
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #hashes: SourcesByPrefix;
  readonly #rates = new Map<string, Shared<RateLimitConfig, RateTables>>();
  readonly #concurrency = new Map<string, Shared<ConcurrencyLimitConfig, InFlightTable>>();
  /** By listener. */
  readonly #connections = new Map<string, SourceLimit>();

  /**
   * `now`: milliseconds, the same on all threads. What has the same memory as `before` shares its tables:
   * nobody else may keep a list of what this worker holds.
   */
  constructor(
    config: ProxyConfig,
    memory: LimitsMemory,
    worker: number,
    log: Logger,
    now: () => number,
    before: WorkerLimits | null = null,
  ) {
    this.#worker = worker;
    this.#log = log;
    this.#now = now;
    this.#hashes = new SourcesByPrefix(memory.seed);
    config.rateLimits.forEach((limit, index) => {
      const own = memory.rates[index]!;
      const table =
        tableOf(before === null ? null : before.#rates, limit.name, own) ??
        new RateTables(limit, own, worker + 1);
      this.#rates.set(limit.name, this.#shared(limit, own, table));
    });
    config.concurrencyLimits.forEach((limit, index) => {
      const own = memory.concurrency[index]!;
      const table =
        tableOf(before === null ? null : before.#concurrency, limit.name, own) ??
        new InFlightTable(limit, own, worker);
      this.#concurrency.set(limit.name, this.#shared(limit, own, table));
    });
    config.listeners.forEach((listener, index) => {
      const own = memory.connections[index] ?? null;
      const limit = listener.connectionsPerSource;
      if (limit === null || own === null) return;
      const known = before === null ? undefined : before.#connections.get(listener.name);
      const limiter =
        known?.id === own.id ? known.limiter : this.#sourceLimiter(listener.name, limit, own);
      this.#connections.set(listener.name, { id: own.id, limiter });
    });
  }

  /** The gate of a route; null when it has no limits. Throws RangeError for a limit that is not there. */
  gate({ limits, upstream }: RouteConfig): RequestGate | null {
    if (limits === null) return null;
    // A route that names no upstream is counted by itself.
    const place = { route: limits.place, upstream: upstream ?? limits.place };
    return new LimitsGate([
      ...limits.rates.map((name) => this.#rateLimiter(name, place)),
      ...limits.concurrency.map((name) => this.#concurrencyLimiter(name, place)),
    ]);
  }

  /** The limit of connections per source of a listener; null without one. */
  connections({ name }: ListenerConfig): ConnectionLimiter | null {
    return this.#connections.get(name)?.limiter ?? null;
  }

  #sourceLimiter(
    listener: string,
    config: ConnectionsPerSourceConfig,
    memory: LimitMemory,
  ): ConnectionLimiter {
    const fields = { listener, max: config.max };
    return new ConnectionLimiter(config, memory, {
      hashes: this.#hashes,
      worker: this.#worker,
      counters: new LimitCounters(memory, this.#worker),
      refusals: new LimitLog(this.#log, fields, 'connections of one source at the limit'),
      overflows: new LimitLog(this.#log, fields, FULL),
    });
  }

  #rateLimiter(name: string, place: KeyPlace): RequestLimit {
    const { config, table, ...parts } = known(this.#rates, name);
    return new RateLimiter(config, table, this.#parts(config, place, parts));
  }

  #concurrencyLimiter(name: string, place: KeyPlace): RequestLimit {
    const { config, table, ...parts } = known(this.#concurrency, name);
    return new ConcurrencyLimiter(config, table, this.#parts(config, place, parts), this.#now);
  }

  #parts(
    config: RateLimitConfig | ConcurrencyLimitConfig,
    place: KeyPlace,
    shared: Pick<LimiterParts, 'counters' | 'overflows'>,
  ): LimiterParts {
    const fields = { limit: config.name, route: place.route };
    const message = config.dryRun
      ? 'requests are over the limit, let through: it is a dry run'
      : 'requests are over the limit';
    return {
      ...shared,
      key: requestKey(config.key, place, this.#hashes),
      refusals: new LimitLog(this.#log, fields, message),
    };
  }

  #shared<Config extends { readonly name: string }, Table>(
    config: Config,
    memory: LimitMemory,
    table: Table,
  ): Shared<Config, Table> {
    const counters = new LimitCounters(memory, this.#worker);
    const overflows = new LimitLog(this.#log, { limit: config.name }, FULL);
    return { config, id: memory.id, table, counters, overflows };
  }
}

/** The table that a limit had, if it has the same memory still. */
function tableOf<Table>(
  limits: ReadonlyMap<string, Shared<unknown, Table>> | null,
  name: string,
  { id }: LimitMemory,
): Table | null {
  const before = limits?.get(name);
  return before?.id === id ? before.table : null;
}

function known<T>(limits: ReadonlyMap<string, T>, name: string): T {
  const limit = limits.get(name);
  if (limit === undefined) throw new RangeError(`no limit ${name}`);
  return limit;
}
