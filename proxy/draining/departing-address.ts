import type { Arrival, Client } from './client.ts';
import {
  type ConnectionKind,
  connectionKinds,
  type DrainingAddress,
  type WorkerConnections,
} from './drains.ts';
import {
  CENSUS_INTERVAL_MS,
  LEAVING_MS,
  LEAVING_SHARE,
  RESTED_MS,
  SPREAD_SHARE,
} from './limits.ts';

/** How far the drain of an address is. */
export type Stage =
  /** Its clients are counted, and left alone. */
  | 'serving'
  | 'retire'
  | 'leave'
  /** The time is up. */
  | 'cut'
  /** What comes after that is served like anybody. */
  | 'over'
  /** The order was taken back. */
  | 'stay';

/**
 * What a drain is at that time. Pure.
 *
 *     ..serving..| retire .............| leave ...| cut, over
 *                 <------- politeMs ------------->deadlineAt
 */
export function stageAt({ deadlineAt, politeMs }: DrainingAddress, now: number): Stage {
  if (now >= deadlineAt) return 'cut';
  const leavingMs = Math.min(LEAVING_MS, politeMs * LEAVING_SHARE);
  if (now >= deadlineAt - leavingMs) return 'leave';
  return now >= deadlineAt - politeMs ? 'retire' : 'serving';
}

/** When the stage changes next; Infinity after the deadline. Pure. */
export function nextStageAt({ deadlineAt, politeMs }: DrainingAddress, now: number): number {
  const leavingMs = Math.min(LEAVING_MS, politeMs * LEAVING_SHARE);
  const turns = [deadlineAt - politeMs, deadlineAt - leavingMs, deadlineAt];
  return turns.find((turn) => turn > now) ?? Number.POSITIVE_INFINITY;
}

/**
 * How many of so many clients are told now, so that all are when the first part of the polite time is
 * over. Pure.
 */
export function shareToTell(drain: DrainingAddress, now: number, untold: number): number {
  const toldBy = drain.deadlineAt - drain.politeMs * SPREAD_SHARE;
  const turns = Math.max(1, Math.ceil((toldBy - now) / CENSUS_INTERVAL_MS));
  return Math.ceil(untold / turns);
}

/** Kinds whose clients connect anew at once when they are told. */
const SPREAD: ReadonlySet<ConnectionKind> = new Set(['http2', 'websocket']);

/** One draining address in one worker: counts its clients, and asks of them what the time asks for. */
export class DepartingAddress {
  drain: DrainingAddress;
  #stage: Stage = 'serving';
  #over = false;
  #cut = 0;
  #counts = noneOfAny();
  /** By the clock of the worker's deadlines. */
  #oldestAt = Number.POSITIVE_INFINITY;
  #told = new WeakSet<Client>();
  /**
   * When they were seen without a request first, since they were to close after the next one. On one that
   * was opened just now a request is likely to be on its way; visits may follow upon each other at once.
   */
  #restsSince = new WeakMap<Client, number>();
  #now = 0;
  #untold: Client[] = [];

  constructor(drain: DrainingAddress) {
    this.drain = drain;
  }

  /** Other times. What was told stays told. */
  order(drain: DrainingAddress): void {
    if (drain.deadlineAt > this.drain.deadlineAt) this.#over = false;
    this.drain = drain;
  }

  /** A visit of all clients begins; `withdrawn`: the address is ours again. */
  begin(now: number, withdrawn: boolean): void {
    const before = this.#stage;
    this.#now = now;
    this.#stage = withdrawn ? 'stay' : stageAt(this.drain, now);
    if (this.#stage === 'cut' && this.#over) this.#stage = 'over';
    // More time than there was: as if the order had been taken back.
    if (this.#stage === 'serving' && before !== 'serving') this.#stage = 'stay';
    if (this.#stage === 'stay') {
      this.#told = new WeakSet();
      this.#restsSince = new WeakMap();
    }
    this.#counts = noneOfAny();
    this.#oldestAt = Number.POSITIVE_INFINITY;
    this.#untold = [];
  }

  client(client: Client, bornAt: number): void {
    const { kind } = client;
    if (kind === null) {
      this.arrival(null, client);
      return;
    }
    this.#counts[kind]++;
    this.#oldestAt = Math.min(this.#oldestAt, bornAt);
    switch (this.#stage) {
      case 'stay':
        client.depart('stay');
        return;
      case 'retire':
        if (!SPREAD.has(kind)) client.depart('retire');
        else if (!this.#told.has(client)) this.#untold.push(client);
        break;
      case 'leave':
        client.depart(kind === 'idle' && !this.#hasRested(client) ? 'retire' : 'leave');
        break;
      case 'cut':
        client.cut();
        this.#cut++;
        return;
      default:
        return;
    }
    if (kind === 'idle' && !this.#restsSince.has(client)) this.#restsSince.set(client, this.#now);
  }

  #hasRested(client: Client): boolean {
    const since = this.#restsSince.get(client);
    return since !== undefined && this.#now - since >= RESTED_MS;
  }

  arrival(kind: ConnectionKind | null, arrival: Pick<Arrival, 'cut'>): void {
    if (kind !== null) this.#counts[kind]++;
    if (this.#stage !== 'cut') return;
    arrival.cut();
    if (kind !== null) this.#cut++;
  }

  /** All were shown. */
  end(now: number): void {
    const share = shareToTell(this.drain, now, this.#untold.length);
    for (const client of this.#untold.slice(0, share)) {
      this.#told.add(client);
      // It may have gone since it was shown.
      if (client.kind !== null) client.depart('retire');
    }
    if (this.#stage === 'cut') this.#over = true;
    if (this.#stage === 'stay') this.#stage = 'serving';
    this.#untold = [];
  }

  /** When the oldest client came, by the clock of the worker's deadlines; Infinity: there is none. */
  get oldestAt(): number {
    return this.#oldestAt;
  }

  /** What there was at the last visit, which was at that time. */
  connections(now: number): WorkerConnections {
    const { address } = this.drain;
    const oldestMs = Math.max(0, Math.round(now - this.#oldestAt));
    return { address, kinds: this.#counts, oldestMs, cut: this.#cut };
  }
}

/** No connection of any kind. */
export function noneOfAny(): Record<ConnectionKind, number> {
  const none = connectionKinds.map((kind) => [kind, 0] as const);
  return Object.fromEntries(none) as Record<ConnectionKind, number>;
}
