import net from 'node:net';
import { acknowledgedBytes } from '../../../src/os/acknowledged-bytes.ts';
import type { Connection, ConnectionHandler, Destination } from '../engine.ts';
import type { EventClock } from '../event-clock.ts';
import { BACKLOG_BYTES_MAX, BULK_READ_BYTES_MIN } from '../limits.ts';
import type { Sink } from './buffer-pool.ts';
import type { NetMemory } from './net-memory.ts';

/** Where a connection comes from. */
export type SocketSource =
  /** A native handle, as the listening handle gives it. */
  | { readonly handle: object }
  /** A socket accepted by net.Server. */
  | { readonly socket: net.Socket }
  | { readonly destination: Destination };

/**
 * The documented options, and the two with which net.Server makes its own sockets: any native handle
 * is taken, not only a BoundSocket.
 */
type AdoptingOptions = Omit<net.SocketConstructorOpts, 'handle'> & {
  readonly handle: object;
  readonly writableHighWaterMark: number;
};

/** Where a socket keeps its native handle; not documented, so it may be elsewhere one day. */
interface HandleOwner {
  readonly _handle?: { readonly fd?: number } | null;
}

/** One connection over node:net. */
export class NetConnection implements Connection, Sink {
  handler: ConnectionHandler;
  /** Each write is a system call of its own. */
  readonly gathers = false;
  readonly tls = null;
  readonly #memory: NetMemory;
  readonly #clock: EventClock;
  readonly #socket: net.Socket;
  /** What the next read goes into. */
  #readBuffer: Buffer;
  /** What the native handle was last told. */
  #toldBuffer: Buffer | null = null;
  #closing = false;
  #errorCode: string | null = null;

  constructor(
    memory: NetMemory,
    clock: EventClock,
    handler: ConnectionHandler,
    source: SocketSource,
  ) {
    this.handler = handler;
    this.#memory = memory;
    this.#clock = clock;
    this.#readBuffer = memory.shared;
    this.#socket = this.#open(source);
    this.#socket.on('end', () => {
      if (!this.#closing) this.handler.onEnd();
    });
    this.#socket.on('drain', () => {
      if (!this.#closing) this.handler.onDrain();
    });
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#errorCode ??= error.code ?? 'EIO';
    });
    this.#socket.on('close', () => this.handler.onClose(this.#errorCode));
  }

  #open(source: SocketSource): net.Socket {
    if ('socket' in source) {
      source.socket.on('data', (bytes: Buffer) => this.#onForeignRead(bytes));
      return source.socket;
    }
    const options = {
      allowHalfOpen: true,
      writableHighWaterMark: BACKLOG_BYTES_MAX,
      onread: {
        buffer: () => this.#bufferIfChanged(),
        callback: (length: number, bytes: Uint8Array) => {
          this.#clock.begin();
          this.#onRead(length, bytes as Buffer);
          this.#clock.end();
          return true;
        },
      },
    };
    if ('handle' in source) {
      const adopting: AdoptingOptions = { ...options, ...source, readable: true, writable: true };
      return new net.Socket(adopting as net.SocketConstructorOpts);
    }
    const socket = net.connect({ ...options, ...source.destination, noDelay: true });
    socket.on('connect', () => {
      if (!this.#closing) this.handler.onConnect();
    });
    return socket;
  }

  get remoteAddress(): string {
    return withoutZone(this.#socket.remoteAddress ?? '');
  }

  get remotePort(): number {
    return this.#socket.remotePort ?? 0;
  }

  get localAddress(): string {
    return withoutZone(this.#socket.localAddress ?? '');
  }

  get localPort(): number {
    return this.#socket.localPort ?? 0;
  }

  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  get acknowledgedBytes(): number {
    const { _handle: handle } = this.#socket as unknown as HandleOwner;
    return acknowledgedBytes(handle?.fd ?? -1);
  }

  /** Closed, or being closed at once. */
  get gone(): boolean {
    return this.#socket.destroyed;
  }

  write(bytes: Buffer, start: number, end: number): boolean {
    let from = bytes;
    let at = start;
    if (this.#socket.destroyed || this.#socket.writableEnded) return true;
    if (bytes === this.#memory.shared) {
      // Any other socket may read into it before this write is through.
      from = this.#memory.outgoing(end - start);
      at = 0;
      bytes.copy(from, 0, start, end);
    }
    const room = this.#socket.write(from.subarray(at, at + end - start));
    if (this.#socket.writableLength === 0) return true;
    this.#memory.lend(from, this);
    return room;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  close(): void {
    this.#closing = true;
    // Without anything to send, closing the descriptor says it all: no shutdown, no turn to wait.
    if (this.#socket.writableLength === 0) this.#socket.destroy();
    else this.#socket.destroySoon();
  }

  reset(): void {
    this.#closing = true;
    const socket = this.#socket;
    if (socket.destroyed) return;
    // Before the connection stands there is nothing to reset, and node:net would wait for it. Once
    // the end is under way all has been sent, and libuv refuses to reset then.
    const sent = socket.writableEnded && socket.writableLength === 0;
    if (socket.connecting || sent) socket.destroy();
    else socket.resetAndDestroy();
  }

  probe(idleMs: number): void {
    this.#socket.setKeepAlive(true, idleMs);
  }

  #onRead(length: number, bytes: Buffer): void {
    if (this.#closing) return;
    const { shared } = this.#memory;
    if (bytes === shared) {
      this.handler.onData(bytes, 0, length);
      // More is likely to come: the next read can then be forwarded without a copy.
      if (length >= BULK_READ_BYTES_MIN) this.#readBuffer = this.#memory.takeBulk();
      return;
    }
    this.#memory.beginBulk(bytes);
    this.handler.onData(bytes, 0, length);
    const next = this.#memory.endBulk(bytes);
    this.#readBuffer = length >= BULK_READ_BYTES_MIN ? next : shared;
  }

  #onForeignRead(bytes: Buffer): void {
    if (!this.#closing) this.handler.onData(bytes, 0, bytes.length);
  }

  /** What node:net asks after each read; anything but a buffer means "the same again". */
  #bufferIfChanged(): Buffer {
    if (this.#readBuffer === this.#toldBuffer) return null as unknown as Buffer;
    this.#toldBuffer = this.#readBuffer;
    return this.#readBuffer;
  }
}

/** `fe80::1%eth0` without the zone, which names an interface of ours and nothing to anybody else. */
function withoutZone(address: string): string {
  const zone = address.indexOf('%');
  return zone < 0 ? address : address.slice(0, zone);
}
