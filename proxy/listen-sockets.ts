import type { BindAddress, ListenerConfig } from '../src/config/proxy-config.ts';
import { OsError } from '../src/os/errors.ts';
import {
  closeDescriptor,
  duplicateDescriptor,
  type ListenSocket,
  openDatagramSocket,
  openListenSocket,
  stopArrivals,
} from '../src/os/listen-socket.ts';
import { LISTEN_BACKLOG_MAX } from './io/limits.ts';
import { StartError } from './start-error.ts';
import type { WorkerSocket } from './worker-messages.ts';

/** A listener could not get an address. */
export class BindError extends StartError {
  override readonly name = 'BindError';
  readonly code: string;

  constructor(listener: string, bind: BindAddress, cause: OsError) {
    const reason = REASONS[cause.code] ?? cause.message;
    super(`listener ${listener}: cannot listen on ${addressOf(bind)}: ${reason}`, { cause });
    this.code = cause.code;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use',
  EACCES: 'ports below 1024 need root or CAP_NET_BIND_SERVICE',
  EADDRNOTAVAIL: 'no interface of this host has the address',
};

type Transport = 'tcp' | 'udp';

type BindOptions = Parameters<typeof openDatagramSocket>[0];

const OPEN: Readonly<Record<Transport, (options: BindOptions) => ListenSocket>> = {
  tcp: (options) => openListenSocket({ ...options, backlog: LISTEN_BACKLOG_MAX }),
  udp: openDatagramSocket,
};

interface OpenSocket {
  readonly listener: string;
  readonly slot: number;
  readonly fd: number;
  readonly transport: Transport;
}

/**
 * The listening sockets, one per bind address and worker slot; the kernel spreads connections over
 * the slots. They stay with the main thread for as long as it lives: a worker accepts on duplicates,
 * so what waits in a dead worker's queue is there for its successor.
 */
export class ListenSockets {
  readonly #open: OpenSocket[] = [];
  readonly #bound = new Map<string, BindAddress[]>();

  /** Opens all or, throwing BindError, none. */
  constructor(listeners: readonly ListenerConfig[], workers: number) {
    try {
      for (const { name, binds, protocol } of listeners) {
        const transport = protocol === 'udp' ? 'udp' : 'tcp';
        this.#bound.set(
          name,
          binds.map((bind) => this.#openAll(name, transport, bind, workers)),
        );
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The addresses of a listener, with the ports the kernel chose where 0 was asked for. */
  bound(listener: string): readonly BindAddress[] {
    return this.#bound.get(listener) ?? [];
  }

  /** Duplicates for the worker of that slot: all or, throwing OsError, none. */
  duplicates(slot: number): WorkerSocket[] {
    const made: WorkerSocket[] = [];
    try {
      for (const socket of this.#open) {
        if (socket.slot !== slot) continue;
        made.push({ listener: socket.listener, fd: duplicateDescriptor(socket.fd) });
      }
    } catch (error) {
      for (const { fd } of made) closeDescriptor(fd);
      throw error;
    }
    return made;
  }

  /**
   * No new connection arrives any more; those that have may still be accepted. Datagrams go on
   * arriving: sessions that are not over need them, and whoever has none is refused by the workers.
   * Some kernels and sandboxes allow that to root only: the error, null when all went well. Those
   * sockets stay as they are, and who comes in the moment in which they close is reset.
   */
  stopArrivals(): OsError | null {
    let refused: OsError | null = null;
    for (const { fd, transport } of this.#open) {
      if (transport !== 'tcp') continue;
      try {
        stopArrivals(fd);
      } catch (error) {
        if (!(error instanceof OsError)) throw error;
        refused = error;
      }
    }
    return refused;
  }

  /** Closes them; connections nobody accepted are reset. */
  close(): void {
    for (const { fd } of this.#open.splice(0)) closeDescriptor(fd);
  }

  #openAll(
    listener: string,
    transport: Transport,
    bind: BindAddress,
    workers: number,
  ): BindAddress {
    try {
      let { port } = bind;
      if (port !== 0) demandFree(transport, bind);
      for (let slot = 0; slot < workers; slot++) {
        const socket = OPEN[transport]({ ...bind, port, freeBind: true, reusePort: true });
        port = socket.port;
        this.#open.push({ listener, slot, fd: socket.fd, transport });
      }
      return { host: bind.host, port };
    } catch (error) {
      if (error instanceof OsError) throw new BindError(listener, bind, error);
      throw error;
    }
  }
}

/**
 * With SO_REUSEPORT a second balancer of the same user would bind as well and take half of the
 * connections, so the port is opened once without it first.
 */
function demandFree(transport: Transport, bind: BindAddress): void {
  const { fd } = OPEN[transport]({ ...bind, freeBind: true, reusePort: false });
  closeDescriptor(fd);
}

function addressOf({ host, port }: BindAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
