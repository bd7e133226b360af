import type { Departure } from '../draining/client.ts';
import { QUIET_MS } from '../draining/limits.ts';
import { Deadline, type DeadlineQueue } from '../io/deadline-queue.ts';
import type { Connection, ConnectionHandler, IoEngine } from '../io/engine.ts';

/** How a splice ended. */
export type SpliceEnd =
  /** Both sides had sent their end. */
  | 'done'
  /** A side was reset, or closed while the other was still sending. */
  | 'client_reset'
  | 'server_reset'
  /** Nothing moved for too long. */
  | 'idle'
  /** The balancer stops. */
  | 'cut';

/** What a splice reports. */
export interface SpliceOwner {
  /** Bytes that came from the client (and go to the server), and the other way. */
  moved(fromClient: number, fromServer: number): void;
  /** Called once; both connections are closed or have been reset. */
  ended(how: SpliceEnd): void;
}

/**
 * Joins two connections: what comes from one goes to the other, at the pace of the slower one. An end
 * is passed on as an end, so either side may stop sending and go on receiving (RFC 9293 3.6).
 */
export class Splice {
  readonly #client: Connection;
  readonly #server: Connection;
  readonly #owner: SpliceOwner;
  readonly #idleTimeoutMs: number;
  readonly #deadlines: DeadlineQueue;
  readonly #deadline: Deadline;
  #clientEnded = false;
  #serverEnded = false;
  /** What the peers had acknowledged when it was looked at last, -1: never. */
  #acknowledged = -1;
  #over = false;

  constructor(
    engine: IoEngine,
    client: Connection,
    server: Connection,
    idleTimeoutMs: number,
    owner: SpliceOwner,
  ) {
    this.#client = client;
    this.#server = server;
    this.#owner = owner;
    this.#idleTimeoutMs = idleTimeoutMs;
    this.#deadlines = engine.deadlines;
    this.#deadline = new Deadline(engine.deadlines, () => this.#expired());
    client.handler = this.#side(client, server, true);
    server.handler = this.#side(server, client, false);
    this.#deadline.set(idleTimeoutMs);
  }

  /** Bytes that had come from the server before. */
  fromServer(bytes: Buffer, start: number, end: number): void {
    if (start < end) this.#server.handler.onData(bytes, start, end);
  }

  /** Bytes that had come from the client before. */
  fromClient(bytes: Buffer, start: number, end: number): void {
    if (start < end) this.#client.handler.onData(bytes, start, end);
  }

  /** The client had already sent its end. */
  clientEnded(): void {
    this.#client.handler.onEnd();
  }

  /**
   * When little time is left and both sides are silent, the client is told that no more comes, as if the
   * server had ended; what it still sends goes on. A server that then sends something after all sees a
   * reset, for nobody gets it any more. Who is in the middle of something is not told: what is cut off
   * must not look like an end. That is so, too, while one stands still because it does not take what waits
   * for it: there may be more behind that.
   */
  depart(departure: Departure): void {
    if (departure !== 'leave' || this.#clientEnded || this.#serverEnded || this.#over) return;
    const movedAt = this.#deadline.expiresAt - this.#idleTimeoutMs;
    if (this.#deadlines.now() - movedAt < QUIET_MS || this.#unsent) return;
    this.#serverEnded = true;
    this.#client.end();
    this.#server.handler = {
      ...this.#server.handler,
      onData: () => this.#finish('cut'),
      onEnd() {},
    };
  }

  /** Ends it now; both sides see a reset. */
  cut(): void {
    this.#finish('cut');
  }

  #side(from: Connection, to: Connection, isClient: boolean): ConnectionHandler {
    return {
      onConnect() {},
      onData: (bytes, start, end) => {
        this.#deadline.set(this.#idleTimeoutMs);
        if (isClient) this.#owner.moved(end - start, 0);
        else this.#owner.moved(0, end - start);
        if (!to.write(bytes, start, end)) from.pause();
      },
      onEnd: () => this.#sideEnded(isClient, to),
      // This side took what it was sent, so the other may send more.
      onDrain: () => {
        this.#deadline.set(this.#idleTimeoutMs);
        to.resume();
      },
      // Once both have ended, `#close` has the connections.
      onClose: () => this.#finish(isClient ? 'client_reset' : 'server_reset'),
    };
  }

  #sideEnded(isClient: boolean, to: Connection): void {
    if (isClient) this.#clientEnded = true;
    else this.#serverEnded = true;
    if (this.#clientEnded && this.#serverEnded) this.#close();
    else to.end();
  }

  /** Lets both sides take what is left; it is over when both are closed. */
  #close(): void {
    let open = 2;
    const onClose = () => {
      open--;
      if (open === 0) this.#end('done');
    };
    for (const connection of [this.#client, this.#server]) {
      connection.handler = { ...SILENT, onClose };
      connection.close();
    }
    this.#deadline.set(this.#idleTimeoutMs);
  }

  /**
   * Nothing came, and nobody has taken all that waits for him. Who goes on taking a little of it is slow,
   * not gone; who takes nothing has one more idle time to begin.
   */
  #expired(): void {
    if (this.#unsent || this.#acknowledged >= 0) {
      const acknowledged = this.#client.acknowledgedBytes + this.#server.acknowledgedBytes;
      if (acknowledged > this.#acknowledged) {
        this.#acknowledged = acknowledged;
        this.#deadline.set(this.#idleTimeoutMs);
        return;
      }
    }
    this.#finish('idle');
  }

  get #unsent(): boolean {
    return this.#client.unsentBytes + this.#server.unsentBytes > 0;
  }

  /** Ends it for both sides with a reset. */
  #finish(how: SpliceEnd): void {
    if (this.#over) return;
    for (const connection of [this.#client, this.#server]) {
      connection.handler = SILENT;
      connection.reset();
    }
    this.#end(how);
  }

  #end(how: SpliceEnd): void {
    this.#over = true;
    this.#deadline.clear();
    this.#owner.ended(how);
  }
}

/** For connections that only have their last bytes to send. */
const SILENT: ConnectionHandler = {
  onConnect() {},
  onData() {},
  onEnd() {},
  onDrain() {},
  onClose() {},
};
