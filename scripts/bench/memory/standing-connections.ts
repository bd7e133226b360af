/** Many kept-alive client connections to one port of 127.0.0.1, each with a request behind it or in flight. */
import { createConnection, type Socket } from 'node:net';
import { limits } from '../limits.ts';

/** How many are being made at a time: fewer than the backlog of any listener here. */
const SIDE_BY_SIDE = 64;

/** Connections that stay until they are closed. */
export class StandingConnections {
  readonly #sockets: Socket[] = [];
  #lost: Error | null = null;

  /**
   * Makes so many connections and sends a GET of `path` on each. With `answered` each has its answer when this
   * resolves, and is idle; without, each has only sent its request. Rejects when one fails.
   */
  async open(port: number, path: string, count: number, answered: boolean): Promise<void> {
    const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
    let started = 0;
    const worker = async () => {
      while (started < count) {
        started++;
        await this.#openOne(port, request, answered);
      }
    };
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker));
  }

  /** Throws an Error when one of them was closed or failed meanwhile. */
  assertWhole(): void {
    if (this.#lost !== null) throw this.#lost;
  }

  /** Closes all. */
  close(): void {
    for (const socket of this.#sockets) {
      socket.removeAllListeners('close');
      socket.destroy();
    }
  }

  #openOne(port: number, request: string, answered: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = createConnection({ host: '127.0.0.1', port, noDelay: true });
      this.#sockets.push(socket);
      socket.setTimeout(limits.requestTimeoutS * 1000, () => reject(new Error('no answer')));
      socket.on('error', reject);
      socket.on('close', () => {
        this.#lost ??= new Error('the proxy closed a connection that was to stand');
        reject(this.#lost);
      });
      const stands = () => {
        socket.setTimeout(0);
        resolve();
      };
      socket.on('connect', () => {
        socket.write(request);
        if (!answered) stands();
      });
      socket.on('data', (data) => {
        if (answered && data.includes('\r\n\r\n')) stands();
      });
    });
  }
}
