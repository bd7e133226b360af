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
import { NetConnection } from './net-connection.ts';
import { NetListener } from './net-listener.ts';
import { NetMemory } from './net-memory.ts';

/** The engine over node:net: works wherever Node does. */
export class NetEngine implements IoEngine {
  readonly name = 'net';
  readonly deadlines = new DeadlineQueue(() => performance.now());
  readonly datagrams = new KernelDatagrams();
  readonly clock = new EventClock();
  readonly #memory = new NetMemory();
  readonly #adoptHandles: boolean;

  /** `adoptHandles: false` keeps to documented interfaces, at a price per read. */
  constructor(options: { readonly adoptHandles: boolean } = { adoptHandles: true }) {
    this.#adoptHandles = options.adoptHandles;
  }

  listen(fd: number, handler: ListenerHandler): Listener {
    return new NetListener(this.#memory, this.clock, fd, handler, this.#adoptHandles);
  }

  connect(destination: Destination, handler: ConnectionHandler): Connection {
    return new NetConnection(this.#memory, this.clock, handler, { destination });
  }

  outgoing(size: number): Buffer {
    return this.#memory.outgoing(size);
  }

  compose(size: number, composer: Composer): Buffer {
    return this.#memory.compose(size, composer);
  }

  flushComposer(): void {
    this.#memory.flushComposer();
  }

  allocate(size: number): Buffer {
    return Buffer.allocUnsafeSlow(size);
  }

  /** Sockets of node:net end with the thread. */
  close(): void {
    this.deadlines.stop();
  }
}
