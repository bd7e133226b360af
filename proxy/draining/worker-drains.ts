import { processNow } from '../shared/process-clock.ts';
import { type Arrival, type Client, type ClientVisitor, ownAddressOf } from './client.ts';
import { DepartingAddress, nextStageAt } from './departing-address.ts';
import {
  type ConnectionKind,
  type DrainingAddress,
  ownFamily,
  type WorkerConnections,
} from './drains.ts';
import { CENSUS_INTERVAL_MS, CENSUS_SHARE_MAX, VISITS_PER_TURN_MAX } from './limits.ts';

/** What it works with. */
export interface WorkerDrainParts {
  /** Who shows the clients of this worker, one with each step. */
  frontends(): Iterable<{ visit(visitor: ClientVisitor): Generator<void> }>;
  /** The clock of the worker's deadlines, by which clients have their ages. */
  now(): number;
}

/** Takes what a worker has on the draining addresses, when that has changed. */
export type Tell = (connections: readonly WorkerConnections[]) => void;

/**
 * The draining addresses of one worker. While there are any, all clients are looked at a few times a
 * second, some in each turn so that nobody waits for that; while there are none, nothing is done, and
 * nothing is kept.
 */
export class WorkerDrains implements ClientVisitor {
  readonly #parts: WorkerDrainParts;
  readonly #addresses = new Map<string, DepartingAddress>();
  #withdrawn: ReadonlySet<string> = new Set();
  #tell: Tell = () => {};
  #told = '';
  /** At the last visit, by the clock of the parts. */
  #now = 0;
  /** The visit that is under way, how long it has taken so far, and its next turn. */
  #visiting: Generator<void> | null = null;
  #busyMs = 0;
  /** When it began. */
  #visitedAt = 0;
  #turn: NodeJS.Immediate | undefined;
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
    clearImmediate(this.#turn);
    this.#visiting = null;
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

  /** Begins a visit of all; one that is under way is given up. */
  #visit(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#turn);
    const now = processNow();
    this.#visitedAt = now;
    this.#now = this.#parts.now();
    this.#busyMs = 0;
    for (const [key, address] of this.#addresses) address.begin(now, this.#withdrawn.has(key));
    this.#visiting = this.#everybody();
    this.#goOn();
  }

  *#everybody(): Generator<void> {
    if (this.#addresses.size === 0) return;
    for (const frontend of this.#parts.frontends()) yield* frontend.visit(this);
  }

  /** Some more of them. */
  #goOn(): void {
    const begun = performance.now();
    const visiting = this.#visiting;
    for (let shown = 0; shown < VISITS_PER_TURN_MAX; shown++) {
      if (visiting?.next().done === false) continue;
      this.#visiting = null;
      break;
    }
    this.#busyMs += performance.now() - begun;
    if (this.#visiting === null) this.#finish();
    else this.#turn = setImmediate(() => this.#goOn());
  }

  /** All were shown. */
  #finish(): void {
    for (const address of this.#addresses.values()) address.end(this.#visitedAt);
    for (const key of this.#withdrawn) this.#addresses.delete(key);
    this.#withdrawn = new Set();
    this.#report();
    if (this.#addresses.size === 0) return;
    const restMs = Math.max(CENSUS_INTERVAL_MS, this.#busyMs / CENSUS_SHARE_MAX);
    this.#timer = setTimeout(() => this.#visit(), Math.min(restMs, this.#stageMs()));
    this.#timer.unref();
  }

  /** Until a stage changes that was not seen yet. */
  #stageMs(): number {
    const turns = [...this.#addresses.values()].map(({ drain }) =>
      nextStageAt(drain, this.#visitedAt),
    );
    return Math.max(1, Math.min(...turns) - processNow());
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
