import { once } from 'node:events';
import net from 'node:net';
import type { Prng } from '../../keepalive/simulator/prng.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n';
const LARGE = `HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n${'x'.repeat(200_000)}`;
const SWITCHED =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nhello';

const ANSWERS = [OK, OK, OK, CHUNKED, LARGE, `HTTP/1.1 103 X\r\n\r\n${OK}`, SWITCHED] as const;

/** An origin that answers, or dies at any byte of its answer; and now and then altogether. */
export class FaultyOrigin {
  readonly port: number;
  readonly #prng: Prng;
  #server: net.Server;
  readonly #sockets = new Set<net.Socket>();

  private constructor(prng: Prng, server: net.Server) {
    this.#prng = prng;
    this.#server = server;
    this.port = (server.address() as net.AddressInfo).port;
    server.on('connection', (socket) => this.#accept(socket));
  }

  /** Listens on a free port of the loopback. */
  static async listen(prng: Prng): Promise<FaultyOrigin> {
    return new FaultyOrigin(prng, await listening(0));
  }

  /** Dies: nobody accepts, and every connection is reset. */
  die(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Is there again, on the same port. */
  async revive(): Promise<void> {
    this.#server = await listening(this.port);
    this.#server.on('connection', (socket) => this.#accept(socket));
  }

  #accept(socket: net.Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      const requests = bytes.toString('latin1').split(' HTTP/1.1\r\n').length - 1;
      for (let i = 0; i < requests; i++) this.#answer(socket);
    });
  }

  #answer(socket: net.Socket): void {
    const prng = this.#prng;
    const answer = prng.pick(ANSWERS);
    if (prng.chance(0.6)) {
      socket.write(answer);
      return;
    }
    const cut = answer.slice(0, prng.integer(0, Math.min(answer.length, 300)));
    const fate = prng.integer(0, 3);
    if (fate === 0) socket.write(cut, () => socket.resetAndDestroy());
    else if (fate === 1) socket.end(cut);
    else if (fate === 2) socket.write(`${cut}\0nonsense\r\n\r\n`);
    else socket.write(cut);
  }
}

async function listening(port: number): Promise<net.Server> {
  const server = net.createServer({ noDelay: true });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
