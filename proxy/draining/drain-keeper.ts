import type { Logger } from '../ports.ts';
import { noneOfAny } from './departing-address.ts';
import {
  type AddressConnections,
  type AddressDrain,
  connectionKinds,
  type DrainingAddress,
  type DrainList,
  type KindCounts,
  ownFamily,
  type WorkerConnections,
} from './drains.ts';
import {
  CENSUS_INTERVAL_MS,
  CENSUS_REPEAT_MS,
  CUT_AHEAD_MS,
  CUT_AHEAD_SHARE,
  OVERDUE_MS,
  POLITE_MS,
} from './limits.ts';

/** An address that drains, as status shows it. */
export interface AddressDrainStatus {
  readonly address: string;
  /** Until what is left is cut; 0: that has happened. */
  readonly leftMs: number;
  /** Clients are asked to connect anew. */
  readonly polite: boolean;
  /** Null: not all workers have counted yet. */
  readonly kinds: KindCounts | null;
  readonly oldestMs: number | null;
  /** Connections that were cut when the time was up. */
  readonly cut: number;
}

/** What it works with. */
export interface DrainKeeperParts {
  readonly log: Logger;
  /** Milliseconds, the same in all threads. */
  now(): number;
  /** Tells every worker that runs; returns their numbers. */
  tell(list: DrainList): readonly number[];
}

/** What a worker has told, and when. */
interface Told {
  readonly at: number;
  readonly connections: ReadonlyMap<string, WorkerConnections>;
}

/**
 * The main thread: which addresses drain, and what all workers together have on them. Nothing runs while
 * none does.
 */
export class DrainKeeper {
  readonly #parts: DrainKeeperParts;
  readonly #told = new Map<number, Told>();
  readonly #listeners: (() => void)[] = [];
  #drains: readonly DrainingAddress[] = [];
  #version = 0;
  /** Workers that have not counted yet. */
  #awaited = new Set<number>();
  #timer: NodeJS.Timeout | undefined;
  #news = false;
  #newsAt = 0;

  constructor(parts: DrainKeeperParts) {
    this.#parts = parts;
  }

  /** For a worker that begins; empty: nothing drains. */
  forWorker(): { readonly drains?: DrainList } {
    const list = { version: this.#version, drains: this.#drains };
    return this.#drains.length === 0 ? {} : { drains: list };
  }

  /** These addresses drain from now on, and no others. */
  order(orders: readonly AddressDrain[]): void {
    const now = this.#parts.now();
    const known = new Map(this.#drains.map((drain) => [drain.address, drain]));
    const drains = new Map<string, DrainingAddress>();
    for (const { addresses, leftMs: orderedMs } of orders) {
      const leftMs = orderedMs - Math.min(CUT_AHEAD_MS, orderedMs * CUT_AHEAD_SHARE);
      for (const text of addresses) {
        const address = ownFamily(text);
        // An order that comes again, to a balancer that was restarted too, has less time than there was.
        const politeMs = Math.max(
          known.get(address)?.politeMs ?? 0,
          Math.min(POLITE_MS, leftMs / 2),
        );
        drains.set(address, { address, deadlineAt: now + leftMs, politeMs });
      }
    }
    this.#sayWhatChanges(known, drains);
    this.#use([...drains.values()]);
  }

  /** A worker has counted; `version`: of the list by which it has. */
  heard(worker: number, version: number, connections: readonly WorkerConnections[]): void {
    if (this.#drains.length === 0 || version !== this.#version) return;
    const byAddress = new Map(connections.map((each) => [each.address, each]));
    this.#told.set(worker, { at: this.#parts.now(), connections: byAddress });
    this.#awaited.delete(worker);
    this.#news = true;
  }

  /** A worker is gone, and its connections with it. */
  released(worker: number): void {
    this.#told.delete(worker);
    this.#awaited.delete(worker);
    this.#news = true;
  }

  /** Calls back when something has changed, and now and then while something drains. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** What there is on each address; undefined: nothing drains, or not all workers have counted yet. */
  connections(): readonly AddressConnections[] | undefined {
    if (this.#drains.length === 0 || this.#awaited.size > 0) return undefined;
    return this.#drains.map(({ address }) => {
      const { kinds, oldestMs } = this.#sumOf(address);
      return { address, kinds, oldestMs };
    });
  }

  status(): readonly AddressDrainStatus[] {
    const now = this.#parts.now();
    const counted = this.#awaited.size === 0;
    return this.#drains.map(({ address, deadlineAt, politeMs }) => {
      const { kinds, oldestMs, cut } = this.#sumOf(address);
      const leftMs = Math.max(0, Math.round(deadlineAt - now));
      const seen = counted ? { kinds, oldestMs } : { kinds: null, oldestMs: null };
      return { address, leftMs, polite: now >= deadlineAt - politeMs, ...seen, cut };
    });
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #use(drains: readonly DrainingAddress[]): void {
    this.#drains = drains;
    this.#version++;
    this.#awaited = new Set(this.#parts.tell({ version: this.#version, drains }));
    clearInterval(this.#timer);
    if (drains.length > 0) {
      this.#timer = setInterval(() => this.#tick(), CENSUS_INTERVAL_MS);
      this.#timer.unref();
      this.#news = true;
    } else {
      this.#told.clear();
      this.#awaited.clear();
      this.#tellListeners();
    }
  }

  #tick(): void {
    const now = this.#parts.now();
    const due = this.#drains.filter(({ deadlineAt }) => now < deadlineAt + OVERDUE_MS);
    if (due.length < this.#drains.length) {
      this.#sayOverdue();
      this.#use(due);
    } else if (this.#news || now - this.#newsAt >= CENSUS_REPEAT_MS) {
      this.#tellListeners();
    }
  }

  #tellListeners(): void {
    this.#news = false;
    this.#newsAt = this.#parts.now();
    for (const listener of this.#listeners) listener();
  }

  #sumOf(address: string): WorkerConnections {
    const kinds = noneOfAny();
    const now = this.#parts.now();
    let oldestMs = 0;
    let cut = 0;
    for (const { at, connections } of this.#told.values()) {
      const own = connections.get(address);
      if (own === undefined) continue;
      for (const kind of connectionKinds) kinds[kind] += own.kinds[kind];
      const some = connectionKinds.some((kind) => own.kinds[kind] > 0);
      // It has grown older since it was told of.
      if (some) oldestMs = Math.max(oldestMs, Math.round(own.oldestMs + now - at));
      cut += own.cut;
    }
    return { address, kinds, oldestMs, cut };
  }

  #sayWhatChanges(
    known: ReadonlyMap<string, DrainingAddress>,
    drains: ReadonlyMap<string, DrainingAddress>,
  ): void {
    const { log, now } = this.#parts;
    for (const [address, { deadlineAt }] of drains) {
      if (known.has(address)) continue;
      const leftMs = Math.round(deadlineAt - now());
      const goOn = `its connections go on for up to ${Math.ceil(leftMs / 1000)} s`;
      log.info({ address, leftMs }, `${address} drains: ${goOn}, new ones go to the other host`);
    }
    for (const [address, drain] of known) {
      if (drains.has(address)) continue;
      const { cut, kinds } = this.#sumOf(address);
      const left = connectionKinds.reduce((sum, kind) => sum + kinds[kind], 0);
      const early = now() < drain.deadlineAt;
      const goOn = left === 0 ? 'all its connections have ended' : `${left} connections go on`;
      const how = early ? goOn : `${cut} connections were cut`;
      log.info({ address, left, cut }, `${address} drains no more: ${how}`);
    }
  }

  #sayOverdue(): void {
    this.#parts.log.warn(
      {},
      `the agent has not taken an order to drain back ${OVERDUE_MS / 1000} s after its end: forgotten`,
    );
  }
}
