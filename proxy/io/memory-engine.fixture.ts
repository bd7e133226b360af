/**
 * An engine without a network: what arrives in which pieces, how slow a peer is and when it ends is the
 * test's to say, exactly, which no socket allows. It keeps the engine's promises to the letter: no call
 * from within a call, memory that is somebody else's after the call (it is overwritten), nothing but
 * `onClose` after a close.
 */

import { closeDescriptor } from '../../src/os/listen-socket.ts';
import { DeadlineQueue } from './deadline-queue.ts';
import type {
  Composer,
  Connection,
  ConnectionHandler,
  Destination,
  IoEngine,
  Listener,
  ListenerHandler,
} from './engine.ts';
import { EventClock } from './event-clock.ts';
import { KernelDatagrams } from './kernel-datagrams.ts';
import { DEADLINE_TICK_MS } from './limits.ts';

/** Bytes around a piece that are not the reader's business. */
const MARGIN = 5;
/** What memory holds once it is no longer the reader's. */
const STALE = '#';
/** A message may grow into what it has not asked for, as with every engine. */
const OUTGOING_LEAST = 8192;
/** Turns after which something goes round in circles. */
const TURNS_MAX = 1_000_000;

/** What a peer does: sends a piece, ends, or breaks off. */
type Arrival = Buffer | 'end' | 'reset';

/** One connection; its peer is the test. */
export class MemoryConnection implements Connection {
  handler: ConnectionHandler;
  readonly remoteAddress = '192.0.2.1';
  readonly remotePort = 12_345;
  readonly localAddress = '192.0.2.2';
  readonly localPort = 80;
  readonly gathers = false;
  readonly tls = null;
  unsentBytes = 0;
  acknowledgedBytes = 0;
  /** Everything written so far, latin1. */
  sent = '';
  /** How our side ended it. */
  state: 'open' | 'ended' | 'closed' | 'reset' = 'open';
  /** The peer takes what is sent to it; if not, every write stays in the backlog until `take`. */
  taking = true;
  /** Told in a turn of its own after something was written or ended. */
  onSent: () => void = () => {};
  readonly #engine: MemoryEngine;
  readonly #arrivals: Arrival[] = [];
  #established: boolean;
  #paused = false;
  #peerEnded = false;
  #over = false;

  constructor(engine: MemoryEngine, handler: ConnectionHandler, established: boolean) {
    this.#engine = engine;
    this.handler = handler;
    this.#established = established;
  }

  /** The peer sends these bytes, as one piece, then a further one, and so on. */
  arrive(...arrivals: readonly Arrival[]): void {
    this.#arrivals.push(...arrivals);
  }

  /** The peer accepts. */
  establish(): void {
    this.#engine.later(() => {
      if (this.#closing || this.#over) return;
      this.#established = true;
      this.handler.onConnect();
    });
  }

  /** The peer refuses. */
  refuse(): void {
    this.#engine.later(() => {
      if (!this.#established) this.#finish('ECONNREFUSED');
    });
  }

  /** Is it neither established nor refused? */
  get pending(): boolean {
    return !this.#established && !this.#over && !this.#closing;
  }

  /** Neither side has closed it. */
  get open(): boolean {
    return !this.#over && !this.#closing;
  }

  /** The peer takes all there is, and whatever comes. */
  take(): void {
    this.taking = true;
    if (this.unsentBytes > 0) this.#engine.later(() => this.#drained());
  }

  /** Delivers the next thing of the peer; false when there is none, or nobody reads. */
  deliver(): boolean {
    if (this.#paused || !this.#established || this.#over || this.#closing) return false;
    const next = this.#arrivals.shift();
    if (next === undefined) return false;
    if (next === 'end') this.#end();
    else if (next === 'reset') this.#finish('ECONNRESET');
    else this.#data(next);
    return true;
  }

  write(bytes: Buffer, start: number, end: number): boolean {
    if (this.state !== 'open' || this.#over) return true;
    this.sent += bytes.toString('latin1', start, end);
    this.#engine.later(() => this.onSent());
    if (this.taking && !this.#engine.slow) return true;
    this.unsentBytes += end - start;
    if (this.taking) this.#engine.later(() => this.#drained());
    return false;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
  }

  end(): void {
    if (this.state !== 'open') return;
    this.state = 'ended';
    this.#engine.later(() => this.onSent());
    if (this.#peerEnded) this.#finishLater();
  }

  close(): void {
    if (this.#closing) return;
    this.state = 'closed';
    this.#finishLater();
  }

  reset(): void {
    if (this.#closing) return;
    this.state = this.state === 'ended' ? 'closed' : 'reset';
    this.#finishLater();
  }

  probe(): void {}

  get #closing(): boolean {
    return this.state === 'closed' || this.state === 'reset';
  }

  #drained(): void {
    if (this.unsentBytes === 0 || !this.taking) return;
    this.unsentBytes = 0;
    if (!this.#closing && !this.#over) this.handler.onDrain();
  }

  #data(piece: Buffer): void {
    const memory = Buffer.alloc(piece.length + 2 * MARGIN, STALE);
    piece.copy(memory, MARGIN);
    this.handler.onData(memory, MARGIN, MARGIN + piece.length);
    memory.fill(STALE);
  }

  #end(): void {
    this.#peerEnded = true;
    this.handler.onEnd();
    if (this.state === 'ended') this.#finishLater();
  }

  #finishLater(): void {
    this.#engine.later(() => this.onSent());
    this.#engine.later(() => this.#finish(null));
  }

  #finish(errorCode: string | null): void {
    if (this.#over) return;
    this.#over = true;
    this.#engine.forget(this);
    this.handler.onClose(errorCode);
  }
}

/** The engine. Nothing happens but in `settle`. */
export class MemoryEngine implements IoEngine {
  /** Datagrams are the kernel's here, too: no test of this engine sends any. */
  readonly datagrams = new KernelDatagrams();
  readonly name = 'net';
  readonly deadlines = new DeadlineQueue(() => this.#clockMs);
  readonly clock = new EventClock();
  /** Every write fills the backlog of its connection. */
  slow = false;
  /** What is told of a new outgoing connection, which the test has to establish. */
  onOutgoing: (connection: MemoryConnection) => void = () => {};
  /** Stands still but in `pass`. */
  #clockMs = 0;
  #listener: ListenerHandler | null = null;
  /** What is somebody else's as soon as another message is composed. */
  #outgoing = Buffer.alloc(0);
  #composer: Composer | null = null;
  readonly #turns: (() => void)[] = [];
  readonly #connections = new Set<MemoryConnection>();

  listen(fd: number, handler: ListenerHandler): Listener {
    closeDescriptor(fd);
    this.#listener = handler;
    return { finish: async () => {} };
  }

  connect(_destination: Destination, handler: ConnectionHandler): MemoryConnection {
    const connection = new MemoryConnection(this, handler, false);
    this.#connections.add(connection);
    this.later(() => this.onOutgoing(connection));
    return connection;
  }

  outgoing(size: number): Buffer {
    this.flushComposer();
    this.#outgoing.fill(STALE);
    this.#outgoing = Buffer.alloc(Math.max(size, OUTGOING_LEAST), STALE);
    return this.#outgoing;
  }

  flushComposer(): void {
    const composer = this.#composer;
    this.#composer = null;
    composer?.flush();
  }

  compose(size: number, composer: Composer): Buffer {
    const memory = this.outgoing(size);
    this.#composer = composer;
    return memory;
  }

  allocate(size: number): Buffer {
    return Buffer.alloc(size, STALE);
  }

  close(): void {
    this.deadlines.stop();
  }

  /** A client connects. */
  accept(): MemoryConnection {
    const connection = new MemoryConnection(this, NOBODY, true);
    this.#connections.add(connection);
    this.#listener!.onConnection(connection);
    return connection;
  }

  /** Does something in a turn of its own. */
  later(turn: () => void): void {
    this.#turns.push(turn);
  }

  /** Connections that are not closed. */
  get open(): number {
    return this.#connections.size;
  }

  /** Called by a connection that has closed. */
  forget(connection: MemoryConnection): void {
    this.#connections.delete(connection);
  }

  /** Lets time pass, and everything happen that it brings. */
  pass(ms: number): void {
    for (const end = this.#clockMs + ms; this.#clockMs < end; ) {
      this.#clockMs += DEADLINE_TICK_MS;
      this.deadlines.advance();
      this.settle();
    }
  }

  /** Runs until nothing more happens by itself. Throws when that has no end. */
  settle(): void {
    for (let turns = 0; turns < TURNS_MAX; turns++) {
      const turn = this.#turns.shift();
      if (turn !== undefined) turn();
      else if (![...this.#connections].some((connection) => connection.deliver())) return;
    }
    throw new Error('this never comes to rest');
  }
}

const NOBODY: ConnectionHandler = {
  onConnect() {},
  onData() {},
  onEnd() {},
  onDrain() {},
  onClose() {},
};
