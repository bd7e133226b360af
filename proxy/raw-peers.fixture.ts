/** Both ends of a proxied connection as a test plays them: raw sockets, bytes in and bytes out. */
import { once } from 'node:events';
import net from 'node:net';

/** A socket whose bytes can be waited for. */
export class RawPeer {
  readonly socket: net.Socket;
  /** Everything received, as latin1. */
  received = '';
  /** The other side has sent its end. */
  ended = false;
  /** The error the socket closed with, if any. */
  errorCode: string | null = null;
  #closed = false;
  readonly #waiting = new Set<() => void>();

  constructor(socket: net.Socket) {
    this.socket = socket;
    socket.on('data', (bytes) => {
      this.received += bytes.toString('latin1');
      this.#wake();
    });
    socket.on('end', () => {
      this.ended = true;
      this.#wake();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.errorCode = error.code ?? 'error';
    });
    socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  /** Sends text as latin1. */
  send(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** Waits until what was received satisfies the condition; fails when the socket closes before. */
  async until(condition: (received: string) => boolean): Promise<string> {
    while (!condition(this.received)) {
      if (this.#closed) throw new Error(`closed after: ${JSON.stringify(this.received)}`);
      await this.#change();
    }
    return this.received;
  }

  /** Waits for a text to have come. */
  has(text: string): Promise<string> {
    return this.until((received) => received.includes(text));
  }

  /** Waits for the other side's end and returns all it sent. */
  async end(): Promise<string> {
    while (!this.ended) {
      if (this.#closed) throw new Error(`closed (${this.errorCode}) without an end`);
      await this.#change();
    }
    return this.received;
  }

  /** Waits until the socket is closed; resolves with the error code, null when it was orderly. */
  async closed(): Promise<string | null> {
    while (!this.#closed) await this.#change();
    return this.errorCode;
  }

  /** Takes what was received so far out of `received`. */
  take(): string {
    const taken = this.received;
    this.received = '';
    return taken;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }
}

/** A server that a test plays by hand: each connection is delivered once, in order. */
export class RawOrigin {
  readonly server: net.Server;
  /** Connections accepted so far. */
  accepted = 0;
  readonly #arrived: RawPeer[] = [];
  readonly #wanted: ((peer: RawPeer) => void)[] = [];
  readonly #all: RawPeer[] = [];

  private constructor(server: net.Server, event: string) {
    this.server = server;
    server.on(event, (socket: net.Socket) => {
      this.accepted++;
      const peer = new RawPeer(socket);
      this.#all.push(peer);
      const wanted = this.#wanted.shift();
      if (wanted === undefined) this.#arrived.push(peer);
      else wanted(peer);
    });
  }

  /** Listens on a free port of the loopback. */
  static listen(): Promise<RawOrigin> {
    return RawOrigin.on(net.createServer({ allowHalfOpen: true, noDelay: true }), 'connection');
  }

  /** The same with another kind of server, whose connections come with this event. */
  static async on(server: net.Server, event: string): Promise<RawOrigin> {
    const origin = new RawOrigin(server, event);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return origin;
  }

  get port(): number {
    return (this.server.address() as net.AddressInfo).port;
  }

  /** The next connection, whether it has come already or not. */
  connection(): Promise<RawPeer> {
    const arrived = this.#arrived.shift();
    if (arrived !== undefined) return Promise.resolve(arrived);
    return new Promise((resolve) => this.#wanted.push(resolve));
  }

  /** Closes everything. */
  close(): void {
    this.server.close();
    for (const { socket } of this.#all) socket.destroy();
  }
}

/** Connects a client to a port of the loopback; it stays open for writing after an end. */
export async function rawClient(port: number): Promise<RawPeer> {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  const peer = new RawPeer(socket);
  await once(socket, 'connect');
  return peer;
}
