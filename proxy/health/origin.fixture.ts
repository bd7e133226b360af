import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { CheckOutcome } from './probe.ts';

/** A TCP origin on 127.0.0.1 that does with each connection what the test says. */
export class Origin {
  readonly port: number;
  /** Connections now open. */
  open = 0;
  /** Connections so far. */
  accepted = 0;
  /** Codes of errors its sockets met: a reset by the checker shows here. */
  readonly errors: string[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(server: Server, behave: (socket: Socket, index: number) => void) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      this.open = this.#sockets.size;
      socket.on('error', (error: NodeJS.ErrnoException) => this.errors.push(error.code ?? '?'));
      socket.on('close', () => {
        this.#sockets.delete(socket);
        this.open = this.#sockets.size;
      });
      behave(socket, this.accepted++);
      // Somebody must read, or the end of the connection is never seen.
      socket.resume();
    });
  }

  /** Resets what is open and stops listening. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.resetAndDestroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** Listens on a free port. `behave` gets each connection and its number, from 0. */
export async function origin(behave: (socket: Socket, index: number) => void): Promise<Origin> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return new Origin(server, behave);
}

/** Answers each connection's first request: `answer` makes the bytes; the origin then closes. */
export function answering(answer: (index: number, request: string) => string) {
  return (socket: Socket, index: number): void => {
    socket.once('data', (request) => socket.end(answer(index, request.toString('latin1'))));
  };
}

/** A port nobody listens on. */
export async function closedPort(): Promise<number> {
  const { port, close } = await origin(() => {}).then((one) => ({
    port: one.port,
    close: () => one.close(),
  }));
  await close();
  return port;
}

/** Checks until it was not we who stalled: a loaded machine says nothing about the check. */
export async function conclusive(check: () => Promise<CheckOutcome>): Promise<CheckOutcome> {
  for (;;) {
    const outcome = await check();
    if (outcome.kind !== 'inconclusive') return outcome;
  }
}
