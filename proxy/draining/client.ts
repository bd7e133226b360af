import type { Drainable } from '../frontend/connection-set.ts';
import type { Connection } from '../io/engine.ts';
import type { ConnectionKind } from './drains.ts';

/** What an address that drains asks of a client's connection. */
export type Departure =
  /** The address is ours again: what was not said yet is not said. */
  | 'stay'
  /** The client is told at the next good moment that it should connect anew. */
  | 'retire'
  /** Little time is left: what is idle ends, too. */
  | 'leave';

/** The connection of a client that is served. */
export interface Client extends Drainable {
  /** Null: it has had all it gets, and is only waited for to end: it is not counted. */
  readonly kind: ConnectionKind | null;
  readonly connection: Connection;
  /** Its listener goes on under another config: so does the client, now or when it is between two requests. */
  follow(): void;
  /** May be called again and again, and goes back to `stay` when an order is taken back. */
  depart(departure: Departure): void;
}

/** What a client has that is not served yet, or that is no connection. */
export interface Arrival {
  /** This host's address that the client has reached. */
  readonly ownAddress: string;
  cut(): void;
}

/** Is shown all clients of a worker. */
export interface ClientVisitor {
  /** `bornAt`: by the clock of the worker's deadlines. */
  client(client: Client, bornAt: number): void;
  /** `kind` null: it is cut at the deadline, and not counted. */
  arrival(kind: ConnectionKind | null, arrival: Arrival): void;
}

/** Shows clients one with each step. */
export function* showClients(
  visitor: ClientVisitor,
  clients: Iterable<readonly [Client, number]>,
): Generator<void> {
  for (const [client, bornAt] of clients) {
    visitor.client(client, bornAt);
    yield;
  }
}

/** Shows what is not served yet, one with each step. */
export function* showArrivals(
  visitor: ClientVisitor,
  kind: ConnectionKind | null,
  arrivals: Iterable<Arrival>,
): Generator<void> {
  for (const arrival of arrivals) {
    visitor.arrival(kind, arrival);
    yield;
  }
}

/** This host's address that a connection has reached, whatever a PROXY header says. */
export function ownAddressOf(connection: Connection): string {
  let own = connection;
  while (own.inner !== undefined) own = own.inner;
  return own.localAddress;
}
