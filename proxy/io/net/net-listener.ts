import net from 'node:net';
import { getSystemErrorName } from 'node:util';
import type { Listener, ListenerHandler } from '../engine.ts';
import type { EventClock } from '../event-clock.ts';
import { FINISH_MS_MAX, LISTEN_BACKLOG_MAX } from '../limits.ts';
import { NetConnection } from './net-connection.ts';
import type { NetMemory } from './net-memory.ts';

/** Turns of the event loop without a connection after which the accept queue is empty. */
const QUIET_TURNS = 3;

/** The part of net.Server's native handle that we use; not documented, so looked at before. */
interface ListeningHandle {
  onconnection: (status: number, handle: AcceptedHandle | undefined) => void;
}

interface AcceptedHandle {
  setNoDelay(on: boolean): number;
}

const NO_HANDLER = {
  onConnect() {},
  onData() {},
  onEnd() {},
  onDrain() {},
  onClose() {},
};

/**
 * Accepts over node:net. The documented way makes a socket that allocates 64 KiB per read and has no
 * `onread` option, which costs a fifth of a proxied request. So the sockets are made here, from the
 * native handle, where the handle is as known; the documented way serves elsewhere.
 */
export class NetListener implements Listener {
  readonly #memory: NetMemory;
  readonly #clock: EventClock;
  readonly #handler: ListenerHandler;
  readonly #server: net.Server;
  #accepted = 0;

  constructor(
    memory: NetMemory,
    clock: EventClock,
    fd: number,
    handler: ListenerHandler,
    adopt: boolean,
  ) {
    this.#memory = memory;
    this.#clock = clock;
    this.#handler = handler;
    this.#server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      this.#accept({ socket });
    });
    this.#server.on('error', (error: NodeJS.ErrnoException) => {
      this.#handler.onError(error.code ?? 'EIO');
    });
    this.#server.listen({ fd, backlog: LISTEN_BACKLOG_MAX });
    const native = (this.#server as { readonly _handle?: Partial<ListeningHandle> })._handle;
    if (adopt && typeof native?.onconnection === 'function') {
      native.onconnection = (status, handle) => this.#onHandle(status, handle);
    }
  }

  async finish(): Promise<void> {
    // node:net accepts one connection per turn, so only turns without one show an empty queue.
    let quiet = 0;
    const deadline = performance.now() + FINISH_MS_MAX;
    while (quiet < QUIET_TURNS && performance.now() < deadline) {
      const before = this.#accepted;
      await new Promise((resolve) => setImmediate(resolve));
      quiet = this.#accepted === before ? quiet + 1 : 0;
    }
    this.#server.close();
  }

  #onHandle(status: number, handle: AcceptedHandle | undefined): void {
    if (status !== 0 || handle === undefined) {
      this.#handler.onError(status < 0 ? getSystemErrorName(status) : 'EIO');
      return;
    }
    handle.setNoDelay(true);
    this.#accept({ handle });
  }

  #accept(source: { readonly handle: object } | { readonly socket: net.Socket }): void {
    this.#accepted++;
    this.#handler.onConnection(new NetConnection(this.#memory, this.#clock, NO_HANDLER, source));
  }
}
