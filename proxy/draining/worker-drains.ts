import { processNow } from '../shared/process-clock.ts';
import { type Arrival, type Client, type ClientVisitor, ownAddressOf } from './client.ts';
import { DepartingAddress, nextStageAt } from './departing-address.ts';
import {
  type ConnectionKind,
  type DrainingAddress,
  ownFamily,
  type WorkerConnections,
} from './drains.ts';
import { CENSUS_INTERVAL_MS, CENSUS_SHARE_MAX } from './limits.ts';

/** What it works with. */
export interface WorkerDrainParts {
  /** Shows all clients of this worker. */
  visit(visitor: ClientVisitor): void;
  /** The clock of the worker's deadlines, by which clients have their ages. */
  now(): number;
}

/** Takes what a worker has on the draining addresses, when that has changed. */
export type Tell = (connections: readonly WorkerConnections[]) => void;

/**
 * The draining addresses of one worker. While there are any, all clients are looked at a few times a
 * second; while there are none, nothing is done, and nothing is kept.
 */
export class WorkerDrains implements ClientVisitor {
  readonly #parts: WorkerDrainParts;
  readonly #addresses = new Map<string, DepartingAddress>();
  #withdrawn: ReadonlySet<string> = new Set();
  #tell: Tell = () => {};
  #told = '';
  /** At the last visit, by the clock of the parts. */
  #now = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: WorkerDrainParts) {
    this.#parts = parts;
  }

  /** These addresses drain from now on, and no others. What there is on them is told at once. */
  order(drains: readonly DrainingAddress[], tell: Tell): void {
    this.#tell = tell;
    this.#told = '';
    const ordered = new Map(drains.map((drain) => [ownFamily(drain.address), drain]));
    this.#withdrawn = new Set([...this.#addresses.keys()].filter((key) => !ordered.has(key)));
    for (const [key, drain] of ordered) {
      const known = this.#addresses.get(key);
      if (known === undefined) this.#addresses.set(key, new DepartingAddress(drain));
      else known.order(drain);
    }
    this.#visit();
  }

  /** Nothing drains any more, for this worker ends. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#addresses.clear();
  }

  client(client: Client, bornAt: number): void {
    this.#of(ownAddressOf(client.connection))?.client(client, bornAt);
  }

  arrival(kind: ConnectionKind | null, arrival: Arrival): void {
    this.#of(arrival.ownAddress)?.arrival(kind, arrival);
  }

  #of(ownAddress: string): DepartingAddress | undefined {
    return this.#addresses.get(ownFamily(ownAddress));
  }

  #visit(): void {
    clearTimeout(this.#timer);
    const begun = performance.now();
    const now = processNow();
    this.#now = this.#parts.now();
    for (const [key, address] of this.#addresses) address.begin(now, this.#withdrawn.has(key));
    if (this.#addresses.size > 0) this.#parts.visit(this);
    for (const address of this.#addresses.values()) address.end(now);
    for (const key of this.#withdrawn) this.#addresses.delete(key);
    this.#withdrawn = new Set();
    this.#report();
    if (this.#addresses.size === 0) return;
    const restMs = (performance.now() - begun) / CENSUS_SHARE_MAX;
    this.#timer = setTimeout(() => this.#visit(), Math.max(restMs, this.#dueMs(now)));
    this.#timer.unref();
  }

  /** Until the next visit is due: by the clock, or because a stage changes. */
  #dueMs(now: number): number {
    const turns = [...this.#addresses.values()].map(({ drain }) => nextStageAt(drain, now));
    return Math.min(CENSUS_INTERVAL_MS, ...turns.map((turn) => Math.max(1, turn - now)));
  }

  /** Ages alone are no news: whoever is told can go on counting. */
  #report(): void {
    const addresses = [...this.#addresses.values()];
    const connections = addresses.map((address) => address.connections(this.#now));
    const births = addresses.map(({ oldestAt }) => oldestAt);
    const counted = connections.map(({ oldestMs: _, ...counts }) => counts);
    const said = JSON.stringify([births, counted]);
    if (said === this.#told) return;
    this.#told = said;
    this.#tell(connections);
  }
}
