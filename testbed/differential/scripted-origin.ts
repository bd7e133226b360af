import { once } from 'node:events';
import net from 'node:net';
import { RequestReader } from './request-reader.ts';

/** What one answer is. */
export interface Script {
  readonly bytes: Buffer;
  readonly after?: 'end' | 'reset' | undefined;
}

/** The last answer of a connection: everybody must see it as an answer of its own. */
export const LAST_ANSWER = 'HTTP/1.1 299 Sentinel\r\nContent-Length: 8\r\n\r\nsentinel';

/** Where the last request of a connection goes. */
export const LAST_TARGET = '/sentinel';

/** An origin that answers as a script says: the same to every request, and to the last one properly. */
export class ScriptedOrigin {
  readonly port: number;
  /** What is answered from now on. */
  script: Script = { bytes: Buffer.alloc(0) };
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();

  private constructor(server: net.Server) {
    this.#server = server;
    this.port = (server.address() as net.AddressInfo).port;
    server.on('connection', (socket) => this.#accept(socket));
  }

  /** Listens on a free port of the loopback. */
  static async listen(): Promise<ScriptedOrigin> {
    const server = net.createServer({ noDelay: true, allowHalfOpen: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ScriptedOrigin(server);
  }

  /** Ends every connection, so that none goes over into another case. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Closes everything. */
  close(): void {
    this.#server.close();
    this.hangUp();
  }

  #accept(socket: net.Socket): void {
    const reader = new RequestReader();
    this.#sockets.add(socket);
    socket.on('data', (bytes: Buffer) => {
      for (const { target } of reader.add(bytes)) this.#answer(socket, target);
    });
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
    socket.on('close', () => this.#sockets.delete(socket));
  }

  #answer(socket: net.Socket, target: string): void {
    if (target === LAST_TARGET) {
      socket.write(LAST_ANSWER);
      return;
    }
    const { bytes, after } = this.script;
    if (after === 'end') socket.end(bytes);
    else socket.write(bytes, () => after === 'reset' && socket.resetAndDestroy());
  }
}
