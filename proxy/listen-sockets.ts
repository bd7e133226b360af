import type { BindAddress, ListenerConfig } from '../src/config/proxy-config.ts';
import { OsError } from '../src/os/errors.ts';
import {
  beginListening,
  closeDescriptor,
  discardQueued,
  duplicateDescriptor,
  openBoundSocket,
  openDatagramSocket,
  openListenSocket,
  stopArrivals,
} from '../src/os/listen-socket.ts';
import { LISTEN_BACKLOG_MAX } from './io/limits.ts';
import { HeldParts } from './reload/held-parts.ts';
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

/** One address and its sockets, one for each worker slot. */
interface OpenBind {
  readonly key: string;
  readonly transport: Transport;
  /** With the port the kernel chose where 0 was asked for. */
  readonly address: BindAddress;
  readonly descriptors: readonly number[];
}

/** What a listener is bound to. */
interface Layout {
  readonly listener: string;
  readonly keys: readonly string[];
}

/** The sockets of a config that is not used yet. */
export interface PreparedSockets {
  /**
   * For the worker of that slot: duplicates of what is new, no descriptor for what it has already.
   * All or, throwing OsError, none.
   */
  forWorker(slot: number): WorkerSocket[];
  /**
   * Those that are new begin to listen, and those that are gone get no new connections. The error
   * where the kernel does not let us stop those; null: all went well. Throws BindError, changing
   * nothing, when somebody else was faster.
   */
  apply(): OsError | null;
  /** Closes what is new, but for datagrams: those sockets are closed by `letGo`. */
  abandon(): void;
}

/**
 * The listening sockets, one per bind address and worker slot; the kernel spreads connections over
 * the slots. They stay with the main thread for as long as it lives: a worker accepts on duplicates,
 * so what waits in a dead worker's queue is there for its successor. They are the address's, not the
 * listener's: an address that another listener gets, or the same one otherwise, is never closed.
 *
 * Sessions of datagrams need their socket to their own end, so it stays for as long as there is a
 * generation that had it; who gets the address meanwhile gets that very socket.
 */
export class ListenSockets {
  readonly #workers: number;
  #open = new Map<string, OpenBind>();
  #layout: readonly Layout[] = [];
  /** No listener's any more; workers still accept what waits. */
  #retired: OpenBind[] = [];
  /** Those for datagrams. */
  #datagrams = new HeldParts<OpenBind>();

  /** Opens all or, throwing BindError, none. */
  constructor(generation: number, listeners: readonly ListenerConfig[], workers: number) {
    this.#workers = workers;
    const { prepared, refusals } = this.prepare(generation, listeners);
    if (prepared === null) throw refusals[0]!;
    try {
      prepared.apply();
    } catch (error) {
      prepared.abandon();
      this.letGo(generation);
      throw error;
    }
  }

  /** The addresses of a listener, with the ports the kernel chose where 0 was asked for. */
  bound(listener: string): readonly BindAddress[] {
    const keys = this.#layout.find((one) => one.listener === listener)?.keys ?? [];
    return keys.map((key) => this.#open.get(key)!.address);
  }

  /** Duplicates for the worker of that slot: all or, throwing OsError, none. */
  duplicates(slot: number): WorkerSocket[] {
    return duplicatesOf(this.#layout, this.#open, slot);
  }

  /**
   * Binds what these listeners have and we do not, beside what is open, and takes no connection yet.
   * Null, and nothing is left behind, when an address cannot be had; all such are told.
   */
  prepare(
    generation: number,
    listeners: readonly ListenerConfig[],
  ): {
    readonly prepared: PreparedSockets | null;
    readonly refusals: readonly BindError[];
  } {
    const layout: Layout[] = [];
    const fresh = new Map<string, OpenBind>();
    const refusals: BindError[] = [];
    const left = this.#datagrams.all();
    for (const { name, binds, protocol } of listeners) {
      const transport = protocol === 'udp' ? 'udp' : 'tcp';
      const keys = binds.map((bind, index) => keyOf(transport, bind, `${name} ${index}`));
      layout.push({ listener: name, keys });
      for (const [index, bind] of binds.entries()) {
        const key = keys[index]!;
        if (this.#open.has(key) || fresh.has(key)) continue;
        try {
          const known = [...left].find((one) => one.key === key);
          fresh.set(key, known ?? this.#bind(key, transport, bind));
        } catch (error) {
          if (!(error instanceof OsError)) throw error;
          refusals.push(new BindError(name, bind, error));
        }
      }
    }
    if (refusals.length > 0) {
      closeAll([...fresh.values()].filter((one) => !left.has(one)));
      return { prepared: null, refusals };
    }
    const wanted = layout.flatMap(({ keys }) => keys);
    const binds = wanted.map((key) => (this.#open.get(key) ?? fresh.get(key))!);
    this.#datagrams.hold(generation, binds.filter(isForDatagrams));
    return { prepared: this.#prepared(layout, fresh, left), refusals };
  }

  /** Nothing goes on any more that began in that generation, or it is never used. */
  letGo(generation: number): void {
    closeAll(this.#datagrams.letGo(generation));
  }

  /** Workers have emptied what is no listener's any more, and closed their duplicates. */
  closeRetired(): void {
    closeAll(this.#retired.splice(0));
  }

  /**
   * No new connection arrives any more; those that have may still be accepted. Datagrams go on
   * arriving: sessions that are not over need them, and whoever has none is refused by the workers.
   * Some kernels and sandboxes allow that to root only: the error, null when all went well. Those
   * sockets stay as they are, and who comes in the moment in which they close is reset.
   */
  stopArrivals(): OsError | null {
    return stopArrivalsOf(this.#open.values());
  }

  /** Closes them; connections nobody accepted are reset. */
  close(): void {
    closeAll(new Set([...this.#open.values(), ...this.#datagrams.all()]));
    this.#open = new Map();
    this.#datagrams = new HeldParts();
    this.#layout = [];
    this.closeRetired();
  }

  /** `left`: sockets of former generations, which may have come back among those that are new. */
  #prepared(
    layout: readonly Layout[],
    fresh: ReadonlyMap<string, OpenBind>,
    left: ReadonlySet<OpenBind>,
  ): PreparedSockets {
    const wanted = new Set(layout.flatMap(({ keys }) => keys));
    return {
      forWorker: (slot) => duplicatesOf(layout, fresh, slot),
      apply: () => {
        for (const bind of fresh.values()) this.#listen(bind, layout);
        // A worker without sessions has closed its duplicate: since then nobody has read there.
        const back = [...fresh.values()].filter((bind) => left.has(bind));
        for (const { descriptors } of back) for (const fd of descriptors) discardQueued(fd);
        const gone = [...this.#open.values()].filter(({ key }) => !wanted.has(key));
        const kept = [...this.#open.values()].filter(({ key }) => wanted.has(key));
        this.#open = new Map([...kept, ...fresh.values()].map((bind) => [bind.key, bind]));
        this.#layout = layout;
        this.#retired.push(...gone.filter((bind) => !isForDatagrams(bind)));
        return stopArrivalsOf(gone);
      },
      abandon: () => closeAll([...fresh.values()].filter((bind) => !isForDatagrams(bind))),
    };
  }

  #listen({ key, transport, address, descriptors }: OpenBind, layout: readonly Layout[]): void {
    if (transport !== 'tcp') return;
    try {
      for (const fd of descriptors) beginListening(fd, LISTEN_BACKLOG_MAX);
    } catch (error) {
      if (!(error instanceof OsError)) throw error;
      const { listener } = layout.find(({ keys }) => keys.includes(key))!;
      throw new BindError(listener, address, error);
    }
  }

  #bind(key: string, transport: Transport, bind: BindAddress): OpenBind {
    let { port } = bind;
    const descriptors: number[] = [];
    try {
      if (port !== 0 && !this.#overlaps(transport, bind)) demandFree(transport, bind);
      for (let slot = 0; slot < this.#workers; slot++) {
        const options = { ...bind, port, freeBind: true, reusePort: true };
        const open = transport === 'tcp' ? openBoundSocket : openDatagramSocket;
        const socket = open(options);
        port = socket.port;
        descriptors.push(socket.fd);
      }
    } catch (error) {
      for (const fd of descriptors) closeDescriptor(fd);
      throw error;
    }
    return { key, transport, address: { host: bind.host, port }, descriptors };
  }

  /** The port is in use, but by us: of the wildcard address, or of one of those it stands for. */
  #overlaps(transport: Transport, bind: BindAddress): boolean {
    return [...this.#open.values(), ...this.#retired, ...this.#datagrams.all()].some(
      (open) =>
        open.transport === transport &&
        open.address.port === bind.port &&
        open.address.host.includes(':') === bind.host.includes(':') &&
        (open.address.host === bind.host || isWild(open.address.host) || isWild(bind.host)),
    );
  }
}

function isForDatagrams({ transport }: OpenBind): boolean {
  return transport === 'udp';
}

/** Without a descriptor what is not among `made`. */
function duplicatesOf(
  layout: readonly Layout[],
  made: ReadonlyMap<string, OpenBind>,
  slot: number,
): WorkerSocket[] {
  const sockets: WorkerSocket[] = [];
  try {
    for (const { listener, keys } of layout) {
      for (const key of keys) {
        const descriptor = made.get(key)?.descriptors[slot];
        const fd = descriptor === undefined ? null : duplicateDescriptor(descriptor);
        sockets.push({ listener, key, fd });
      }
    }
  } catch (error) {
    for (const { fd } of sockets) if (fd !== null) closeDescriptor(fd);
    throw error;
  }
  return sockets;
}

function stopArrivalsOf(binds: Iterable<OpenBind>): OsError | null {
  let refused: OsError | null = null;
  for (const { transport, descriptors } of binds) {
    if (transport !== 'tcp') continue;
    for (const fd of descriptors) {
      try {
        stopArrivals(fd);
      } catch (error) {
        if (!(error instanceof OsError)) throw error;
        refused = error;
      }
    }
  }
  return refused;
}

function closeAll(binds: Iterable<OpenBind>): void {
  for (const { descriptors } of binds) for (const fd of descriptors) closeDescriptor(fd);
}

/** A port that the kernel chooses is another one for each place in the config. */
function keyOf(transport: Transport, bind: BindAddress, place: string): string {
  const address = `${transport} ${addressOf(bind)}`;
  return bind.port === 0 ? `${address} ${place}` : address;
}

/**
 * With SO_REUSEPORT a second balancer of the same user would bind as well and take half of the
 * connections, so the port is opened once without it first.
 */
function demandFree(transport: Transport, bind: BindAddress): void {
  const options = { ...bind, freeBind: true, reusePort: false, backlog: LISTEN_BACKLOG_MAX };
  const { fd } = transport === 'tcp' ? openListenSocket(options) : openDatagramSocket(options);
  closeDescriptor(fd);
}

function isWild(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function addressOf({ host, port }: BindAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
