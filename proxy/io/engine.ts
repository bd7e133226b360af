/**
 * The one interface to the network. Everything above works with bytes, connections and deadlines and
 * cannot tell which engine is below.
 *
 *   listen(fd) --accept--> Connection --onData(bytes, start, end)--> handler
 *   connect()  ----------> Connection <--write(bytes, start, end)--- handler
 *
 * Memory. Bytes are handed over as ranges of a Buffer that belongs to the engine, valid during the
 * call only. Whoever wants to keep them copies them; whoever forwards them calls `write` on another
 * connection within the same call, which copies nothing where the engine can lend the memory to the
 * outgoing side (and takes other memory for its next read). Messages are composed in `outgoing`,
 * which the engine likewise takes away from the caller once it is written. So an engine over
 * io_uring can read into provided buffers of an arena and send from them.
 */
import type { TlsInfo } from '../tls/tls-info.ts';
import type { DatagramEngine } from './datagrams.ts';
import type { DeadlineQueue } from './deadline-queue.ts';
import type { EventClock } from './event-clock.ts';

/** What a connection tells its owner. No call comes from within a call of the owner's. */
export interface ConnectionHandler {
  /** An outgoing connection is established. Incoming ones are from the start. */
  onConnect(): void;
  /** Bytes [start, end) arrived. They are the engine's again when this returns. */
  onData(bytes: Buffer, start: number, end: number): void;
  /** The peer has sent its last byte; writing goes on. At most once. */
  onEnd(): void;
  /** The backlog is gone, after a `write` that returned false. */
  onDrain(): void;
  /** The last call, exactly once; the code is the system's (ECONNRESET) or null if all was well. */
  onClose(errorCode: string | null): void;
}

/** One TCP connection. */
export interface Connection {
  /** Who is told; may be changed at any time. */
  handler: ConnectionHandler;
  /** Addresses without brackets or zone; '' once the kernel no longer knows. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /**
   * What is written within one call goes out together, from where it is: to compose long content with what
   * goes before and after it would copy it for nothing.
   */
  readonly gathers: boolean;
  /** What carries it, by the addresses that the kernel knows; absent: it is the engine's own. */
  readonly inner?: Connection;
  /** What its TLS handshake came to; null: plain, or still to come. */
  readonly tls: TlsInfo | null;
  /** Bytes written that the kernel has not taken yet. */
  readonly unsentBytes: number;
  /**
   * What the peer has acknowledged, in bytes: grows as long as it takes what waits for it, be it ever so
   * slowly. Asks the kernel, so it is for who has cause to doubt; 0 where that does not say.
   */
  readonly acknowledgedBytes: number;
  /**
   * Sends bytes [start, end) after everything written before. False: the backlog has passed its
   * bound, write no more until `onDrain`. Memory that came from `onData` or `outgoing` is taken
   * care of; any other must stay as it is until `unsentBytes` is 0.
   */
  write(bytes: Buffer, start: number, end: number): boolean;
  /** Stops reading; the kernel's window then slows the peer. An end or a reset may go unseen. */
  pause(): void;
  resume(): void;
  /** Sends FIN after everything written; reading goes on. */
  end(): void;
  /** Closes both directions after everything written was sent. No handler call but `onClose`. */
  close(): void;
  /**
   * Drops what is unsent and sends RST, so that the peer can see that something is missing. After an
   * `end` that is through nothing is, and the connection is just closed.
   */
  reset(): void;
  /** Has the kernel probe a silent peer, beginning after `idleMs`. */
  probe(idleMs: number): void;
}

/** An accepting socket. */
export interface Listener {
  /**
   * Accepts what already waits, then closes the descriptor. The kernel should have been told to stop
   * arrivals before: who still comes is accepted for `FINISH_MS_MAX` at most. Resolves when closed.
   */
  finish(): Promise<void>;
}

/** What a listener tells its owner. */
export interface ListenerHandler {
  /** Give the connection its handler before returning. */
  onConnection(connection: Connection): void;
  /** Accepting failed; the listener goes on when it can (EMFILE), or not (EBADF). */
  onError(errorCode: string): void;
}

/** Where to connect to. */
export interface Destination {
  /** IPv4, IPv6 without brackets, or a name. */
  readonly host: string;
  readonly port: number;
}

/** Has a message in memory of `compose`. */
export interface Composer {
  /** Writes it; nothing when it has been written. */
  flush(): void;
}

/** One per worker thread. */
export interface IoEngine {
  readonly name: 'net' | 'uring';
  /** The worker's deadlines; coarse, cheap to move. */
  readonly deadlines: DeadlineQueue;
  /** The time of what it hands over. */
  readonly clock: EventClock;
  /** Ports and channels for UDP. */
  readonly datagrams: DatagramEngine;
  /** Accepts on a listening socket whose descriptor becomes the engine's. */
  listen(fd: number, handler: ListenerHandler): Listener;
  /** Starts connecting; `onConnect` or `onClose` follows, never within this call. */
  connect(destination: Destination, handler: ConnectionHandler): Connection;
  /**
   * Memory to compose a message in, at least `size` bytes. Valid until it is written or until the
   * engine calls somebody again, whichever is first; ask again for each message.
   */
  outgoing(size: number): Buffer;
  /**
   * The same, for who composes on while others write: it is flushed before anybody else gets the memory,
   * which all connections share.
   */
  compose(size: number, composer: Composer): Buffer;
  /** Has whoever composes write it now. */
  flushComposer(): void;
  /** Runs it when what has arrived by now has been handed over; absent: `setImmediate` does that. */
  later?(run: () => void): void;
  /** Memory that `write` sends from without a copy; the caller's until it is collected. */
  allocate(size: number): Buffer;
  /** Ends it, and whatever is still open with it; nobody is told. Once, last. */
  close(): void;
}
