import type { ListenerCells } from '../shared/worker-cells.ts';
import type { ByteCounter } from './message-writer.ts';

/** What one client connection receives and sends: counted for its listener, and for each request. */
export class ClientTraffic implements ByteCounter {
  /** Of the present request: bytes from the client, head and framing included. */
  receivedBytes = 0;
  /** Of the present request: bytes to the client. */
  sentBytes = 0;
  /** How many of those were heads of responses. */
  headBytes = 0;
  /** Requests on this connection so far. */
  requests = 0;
  /** Number of the connection, from 1, for whoever gives numbers; 0: none yet. */
  serial = 0;
  readonly #counters: ListenerCells;

  constructor(counters: ListenerCells) {
    this.#counters = counters;
  }

  /** Between two requests: the same connection, counted for another listener from here on. */
  under(counters: ListenerCells): ClientTraffic {
    const traffic = new ClientTraffic(counters);
    traffic.requests = this.requests;
    traffic.serial = this.serial;
    return traffic;
  }

  /** A request begins with a head of so many bytes. */
  begin(headBytes: number): void {
    this.receivedBytes = headBytes;
    this.sentBytes = 0;
    this.headBytes = 0;
    this.requests++;
  }

  /** Bytes were sent to the client. */
  count(counter: number, amount: number): void {
    this.sentBytes += amount;
    this.#counters.count(counter, amount);
  }
}
