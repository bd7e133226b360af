import { libc } from '../../../src/os/libc.ts';
import type { Listener, ListenerHandler } from '../engine.ts';
import { FINISH_MS_MAX, LISTEN_BACKLOG_MAX } from '../limits.ts';
import { CQE_MORE, Errno } from './abi.ts';
import type { DescriptorLedger } from './descriptor-ledger.ts';
import { ACCEPT_PAUSE_MS } from './limits.ts';
import { Kind, type Operations, type Tag } from './operations.ts';
import {
  acceptWaiting,
  closeSocket,
  errorName,
  type Reached,
  reachedAt,
  sendAtOnce,
} from './sockets.ts';
import type { UringConnection } from './uring-connection.ts';

/** What the engine is to its listeners. */
export interface ListenerLoop {
  readonly operations: Operations;
  readonly ledger: DescriptorLedger;
  /** Makes a connection of a socket that was accepted. */
  adopt(fd: number, reached: Reached): UringConnection;
  /** Entries have been written outside of the engine's own turn. */
  wake(): void;
  /** It is closed, and the kernel is through with it. */
  forgetListener(listener: UringListener): void;
}

/** Errors of one connection that went away before it was accepted, not of the socket. */
const PASSING: ReadonlySet<number> = new Set([
  Errno.interrupted,
  Errno.again,
  Errno.canceled,
  -103, // ECONNABORTED
]);

/** Errors of the socket itself: it will never accept again. */
const FINAL: ReadonlySet<number> = new Set([
  -9, // EBADF
  Errno.invalid,
  -88, // ENOTSOCK
]);

/** Accepts over the ring, with one operation for all connections. */
export class UringListener implements Listener, Tag {
  readonly index: number;
  readonly generation = 0;
  readonly #loop: ListenerLoop;
  readonly #handler: ListenerHandler;
  readonly #reached: Reached;
  #fd: number;
  #accepting = false;
  #retry: NodeJS.Timeout | null = null;
  #finished: PromiseWithResolvers<void> | null = null;

  constructor(loop: ListenerLoop, index: number, fd: number, handler: ListenerHandler) {
    this.#loop = loop;
    this.index = index;
    this.#fd = fd;
    this.#handler = handler;
    libc().listen(fd, LISTEN_BACKLOG_MAX);
    sendAtOnce(fd);
    this.#reached = reachedAt(fd);
    this.#accept();
  }

  finish(): Promise<void> {
    if (this.#finished !== null) return this.#finished.promise;
    this.#finished = Promise.withResolvers();
    if (this.#retry !== null) clearTimeout(this.#retry);
    if (this.#accepting) this.#loop.operations.cancel(this, Kind.accept);
    else this.#takeWaiting();
    this.#loop.wake();
    return this.#finished.promise;
  }

  /** The socket, for who ends everything; it is not closed by this listener any more. */
  abandon(): number {
    const fd = this.#fd;
    this.#fd = -1;
    if (this.#retry !== null) clearTimeout(this.#retry);
    return fd;
  }

  /** A connection has come, or accepting is over. */
  accepted(result: number, flags: number): void {
    if ((flags & CQE_MORE) === 0) this.#accepting = false;
    if (result >= 0) this.#hand(result);
    else if (!PASSING.has(result)) this.#handler.onError(errorName(result));
    if (this.#accepting) return;
    if (this.#finished !== null) this.#takeWaiting();
    else if (result >= 0 || PASSING.has(result)) this.#accept();
    else if (!FINAL.has(result)) this.#acceptLater();
  }

  #accept(): void {
    this.#accepting = true;
    this.#loop.operations.accept(this, this.#fd);
    this.#loop.wake();
  }

  /** There is no descriptor or memory just now; those who wait, wait in the kernel. */
  #acceptLater(): void {
    this.#retry = setTimeout(() => {
      this.#retry = null;
      this.#accept();
    }, ACCEPT_PAUSE_MS);
  }

  /** Takes those whose handshake was over before, and closes. */
  #takeWaiting(): void {
    if (this.#fd < 0) return;
    const deadline = performance.now() + FINISH_MS_MAX;
    let fd = acceptWaiting(this.#fd);
    while (fd >= 0 || fd === Errno.interrupted) {
      if (fd >= 0) this.#hand(fd);
      if (performance.now() >= deadline) break;
      fd = acceptWaiting(this.#fd);
    }
    this.#loop.ledger.closing(this.#fd);
    closeSocket(this.#fd);
    this.#fd = -1;
    this.#loop.forgetListener(this);
    this.#finished?.resolve();
  }

  #hand(fd: number): void {
    this.#handler.onConnection(this.#loop.adopt(fd, this.#reached));
  }
}
