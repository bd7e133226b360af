import dns from 'node:dns';
import { isMainThread } from 'node:worker_threads';
import { type EventDescriptor, openEventDescriptor } from '../../../src/os/event-descriptor.ts';
import { registerWithRing } from '../../../src/os/io-uring.ts';
import { DeadlineQueue } from '../deadline-queue.ts';
import type {
  Composer,
  Connection,
  ConnectionHandler,
  Destination,
  IoEngine,
  Listener,
  ListenerHandler,
} from '../engine.ts';
import { EventClock } from '../event-clock.ts';
import { KernelDatagrams } from '../kernel-datagrams.ts';
import { CQE_MORE, REGISTER_EVENTFD } from './abi.ts';
import { Arena } from './arena.ts';
import type { ConnectionLoop } from './connection-loop.ts';
import { DescriptorLedger } from './descriptor-ledger.ts';
import { COMPLETIONS_MAX, ROUNDS_MAX, SUBMISSIONS_MAX, TURNS_AT_ONCE_MAX } from './limits.ts';
import { KIND_BITS, KIND_MASK, Kind, Operations } from './operations.ts';
import { Pieces } from './pieces.ts';
import { type CompletionTaker, Ring } from './ring.ts';
import { SendQueues } from './send-queue.ts';
import {
  closeSocket,
  codeOf,
  errorName,
  openSocket,
  type Reached,
  socketAddress,
} from './sockets.ts';
import { letGo } from './teardown.ts';
import { UringConnection } from './uring-connection.ts';
import { type ListenerLoop, UringListener } from './uring-listener.ts';

/** How an engine is made. */
export interface UringOptions {
  /** Where the main thread sees which descriptors are open, should this thread die without a word. */
  readonly descriptors?: SharedArrayBuffer | null;
  /** Poisons buffers that are given back, and finds who uses them afterwards. Costs time. */
  readonly checked: boolean;
  /** Of the ring; tests of what happens when it is full have smaller ones. */
  readonly submissionsMax?: number;
  readonly completionsMax?: number;
}

/**
 * The engine over io_uring: all reads, writes, accepts and connects of a worker go to the kernel in
 * one system call per round, and their results come back through shared memory.
 *
 *   eventfd --wakes--> turn: reap completions -> handlers -> flush what they want -> enter --+
 *                        ^------------------- up to ROUNDS_MAX times -------------------------+
 */
export class UringEngine implements IoEngine, ConnectionLoop, ListenerLoop, CompletionTaker {
  readonly name = 'uring';
  readonly deadlines = new DeadlineQueue(
    () => performance.now(),
    () => this.#turn(),
  );
  readonly clock = new EventClock();
  readonly datagrams = new KernelDatagrams();
  readonly operations: Operations;
  readonly arena: Arena;
  readonly pieces: Pieces;
  readonly sendQueues: SendQueues;
  readonly ledger: DescriptorLedger;
  readonly #ring: Ring;
  /** Told of completions. */
  readonly #events: EventDescriptor;
  readonly #connections: (UringConnection | null)[] = [];
  readonly #freeIndices: number[] = [];
  readonly #generations: number[] = [];
  /** The kernel's form of where connections have gone. */
  readonly #addresses = new WeakMap<Destination, Uint8Array>();
  readonly #listeners: (UringListener | null)[] = [];
  /** Connections to be flushed, each with the next: the first and the last. */
  #touched: UringConnection | null = null;
  #lastTouched: UringConnection | null = null;
  #starved: UringConnection[] = [];
  #open = 0;
  #turning = false;
  #scheduled = false;
  #closed = false;
  /** Woken, and about to have its turn. */
  #due = false;
  /** It has work, and goes on when the event loop has had its turn. */
  #resting = false;
  /** Turns since the event loop had its own. */
  #turnsAtOnce = 0;
  readonly #onDue = () => this.#woken();
  readonly #onRest = () => this.#rested();

  /** Throws OsError or RingUnusableError when it cannot be had here. */
  constructor(options: UringOptions = { checked: false }) {
    const { checked, submissionsMax = SUBMISSIONS_MAX, completionsMax = COMPLETIONS_MAX } = options;
    this.ledger = new DescriptorLedger(options.descriptors ?? null);
    const undo: (() => void)[] = [];
    try {
      this.#ring = new Ring(submissionsMax, completionsMax, () => this.ledger.entering());
      undo.push(() => this.#ring.close(true));
      this.arena = new Arena(this.#ring, checked);
      undo.push(() => this.arena.close());
      this.operations = new Operations(this.#ring);
      undo.push(() => this.operations.release());
      this.#events = openEventDescriptor(() => this.#wokenSoon());
      undo.push(() => this.#events.close());
      const argument = new Uint8Array(Int32Array.of(this.#events.fd).buffer);
      registerWithRing(this.#ring.fd, REGISTER_EVENTFD, argument, 1);
    } catch (error) {
      // A worker that is refused serves all the same, and nothing else would ever give it back.
      for (const step of undo.reverse()) step();
      throw error;
    }
    this.pieces = new Pieces(this.arena);
    this.sendQueues = new SendQueues(this.pieces);
    this.#events.keepAlive(false);
    const { arena, operations } = this;
    const shared = [this.#ring, arena, operations].flatMap(({ mappings }) => mappings);
    this.ledger.mapped(shared, this.#ring.layout);
    this.ledger.opened(this.#ring.fd);
    this.arena.offer();
    // The thread dies, of whatever: the kernel must not go on with memory and sockets of ours.
    if (!isMainThread) process.once('exit', () => this.#end());
  }

  listen(fd: number, handler: ListenerHandler): Listener {
    this.ledger.opened(fd);
    const index = this.#listeners.length;
    const listener = new UringListener(this, index, fd, handler);
    this.#listeners.push(listener);
    this.#opened();
    return listener;
  }

  connect(destination: Destination, handler: ConnectionHandler): Connection {
    const connection = this.#connection();
    connection.handler = handler;
    try {
      const address = this.#addresses.get(destination) ?? this.#addressOf(destination);
      if (address === null) this.#lookUp(connection, destination);
      else this.#openSocket(connection, address);
    } catch (error) {
      connection.fail(codeOf(error));
    }
    return connection;
  }

  outgoing(size: number): Buffer {
    return this.pieces.outgoing(size);
  }

  compose(size: number, composer: Composer): Buffer {
    return this.pieces.compose(size, composer);
  }

  flushComposer(): void {
    this.pieces.flushComposer();
  }

  allocate(size: number): Buffer {
    return this.pieces.allocate(size);
  }

  close(): void {
    this.#end();
  }

  touch(connection: UringConnection): void {
    if (connection.touched) return;
    connection.touched = true;
    connection.nextTouched = null;
    if (this.#lastTouched === null) this.#touched = connection;
    else this.#lastTouched.nextTouched = connection;
    this.#lastTouched = connection;
    if (!this.#turning) this.wake();
  }

  starved(connection: UringConnection): void {
    this.#starved.push(connection);
  }

  forget({ index }: UringConnection): void {
    this.#connections[index] = null;
    this.#freeIndices.push(index);
    this.#closedOne();
  }

  adopt(fd: number, reached: Reached): UringConnection {
    const connection = this.#connection();
    this.ledger.opened(fd);
    connection.adopt(fd, reached);
    return connection;
  }

  forgetListener({ index }: UringListener): void {
    this.#listeners[index] = null;
    this.#closedOne();
  }

  wake(): void {
    if (this.#turning || this.#scheduled || this.#resting || this.#due || this.#closed) return;
    // Promises that are settled in a turn and bring about the next would keep everything else out.
    if (this.#turnsAtOnce === TURNS_AT_ONCE_MAX) {
      this.#goOnLater();
      return;
    }
    this.#turnsAtOnce++;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#turn();
    });
  }

  arriving(low: number, result: number): void {
    if ((low & KIND_MASK) === Kind.accept && result >= 0) this.ledger.opened(result);
  }

  completed(low: number, high: number, result: number, flags: number): void {
    const kind = low & KIND_MASK;
    if (kind === Kind.ignored) return;
    if ((flags & CQE_MORE) === 0) this.operations.outstanding--;
    const index = low >>> KIND_BITS;
    if (kind === Kind.accept) {
      const listener = this.#listeners[index];
      if (listener) listener.accepted(result, flags);
      else if (result >= 0) this.#refuse(result);
      return;
    }
    const connection = this.#connections[index];
    if (!connection || connection.generation !== high) {
      throw new Error(`a completion (${kind}) of connection ${index}, which is over`);
    }
    this.clock.begin();
    if (kind === Kind.recv) connection.received(result, flags);
    else if (kind === Kind.send) connection.sent(result);
    else connection.connected(result);
  }

  /** In this turn of the loop, once, after whatever else has come with it. */
  #wokenSoon(): void {
    if (this.#due) return;
    this.#due = true;
    setImmediate(this.#onDue);
  }

  #woken(): void {
    this.#due = false;
    this.#turnsAtOnce = 0;
    if (this.#closed) return;
    this.#ring.signal(false);
    this.#turn();
  }

  #turn(): void {
    if (this.#turning || this.#closed) return;
    const ring = this.#ring;
    this.#turning = true;
    ring.signal(false);
    try {
      for (let rounds = 0; rounds < ROUNDS_MAX; rounds++) {
        ring.reap(this);
        this.clock.end();
        this.#flush();
        if (ring.waiting === 0 && !ring.ready) break;
        ring.enter();
      }
    } finally {
      this.#turning = false;
      this.clock.end();
      if (!this.#closed) this.#rest();
    }
  }

  /** Until the kernel has something, or at once if it has already. */
  #rest(): void {
    const ring = this.#ring;
    this.ledger.buffers(this.arena.inUse);
    ring.signal(true);
    if (ring.waiting === 0 && !ring.ready && this.#touched === null) return;
    ring.signal(false);
    this.#goOnLater();
  }

  /** Once: each further one would have turns of its own from now on, for as long as there is work. */
  #goOnLater(): void {
    if (this.#resting) return;
    this.#resting = true;
    setImmediate(this.#onRest);
  }

  #rested(): void {
    this.#resting = false;
    this.#turnsAtOnce = 0;
    this.#turn();
  }

  #flush(): void {
    this.arena.offer();
    if (this.#starved.length > 0 && this.arena.offered > 0) {
      for (const connection of this.#starved.splice(0)) this.touch(connection);
    }
    while (this.#touched !== null) {
      const connection = this.#touched;
      this.#touched = connection.nextTouched;
      if (this.#touched === null) this.#lastTouched = null;
      connection.nextTouched = null;
      connection.touched = false;
      connection.flush();
    }
    this.arena.offer();
  }

  #connection(): UringConnection {
    const index = this.#freeIndices.pop() ?? this.#connections.length;
    const generation = ((this.#generations[index] ?? 0) + 1) & 0xffff;
    this.#generations[index] = generation;
    const connection = new UringConnection(this, index, generation);
    this.#connections[index] = connection;
    this.#opened();
    return connection;
  }

  /** Its listener is gone. */
  #refuse(fd: number): void {
    this.ledger.closing(fd);
    closeSocket(fd);
  }

  #openSocket(connection: UringConnection, address: Uint8Array): void {
    const fd = openSocket(address);
    if (fd < 0) {
      connection.fail(errorName(fd));
      return;
    }
    this.ledger.opened(fd);
    connection.open(fd, address);
  }

  /** Null: it is a name. An interface may have another number the next time, so a zone is not kept. */
  #addressOf(destination: Destination): Uint8Array | null {
    const { host, port } = destination;
    const address = socketAddress(host, port);
    if (address !== null && !host.includes('%')) this.#addresses.set(destination, address);
    return address;
  }

  #lookUp(connection: UringConnection, { host, port }: Destination): void {
    dns.lookup(host, (error, found) => {
      // Once the engine has ended nothing would ever close the socket.
      if (this.#closed || connection.givenUp) return;
      const address = error === null ? socketAddress(found, port) : null;
      if (address === null) connection.fail(error?.code ?? 'ENOTFOUND');
      else this.#openSocket(connection, address);
    });
  }

  #opened(): void {
    this.#open++;
    if (this.#open === 1) this.#events.keepAlive(true);
  }

  #closedOne(): void {
    this.#open--;
    if (this.#open === 0 && !this.#closed) this.#events.keepAlive(false);
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.deadlines.stop();
    const descriptors: number[] = [];
    for (const owner of [...this.#listeners, ...this.#connections]) {
      const fd = owner?.abandon() ?? -1;
      if (fd >= 0) descriptors.push(fd);
    }
    this.#events.close();
    this.ledger.unmapping();
    this.ledger.entering();
    for (const fd of [...descriptors, this.#ring.fd]) this.ledger.closing(fd);
    letGo(this.#ring, this.operations, this.arena, descriptors);
  }
}
