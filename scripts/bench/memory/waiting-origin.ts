/** An origin that answers small requests at once and lets all others wait until they give up. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { originBodies } from '../origins.ts';
import { originPaths } from '../scenario.ts';

/** A path that is never answered. */
export const WAITING_PATH = '/waiting';

/** Serves until it is closed. */
export class WaitingOrigin {
  readonly port: number;
  readonly #server: Server;
  #waiting = 0;

  private constructor(port: number) {
    this.port = port;
    this.#server = createServer((request, response) => {
      if (request.url === originPaths.small) {
        response.end(originBodies[originPaths.small]);
        return;
      }
      this.#waiting++;
      response.once('close', () => void this.#waiting--);
    });
    this.#server.keepAliveTimeout = 0;
  }

  /** Listens on that port of 127.0.0.1. */
  static async start(port: number): Promise<WaitingOrigin> {
    const origin = new WaitingOrigin(port);
    origin.#server.listen(port, '127.0.0.1');
    await once(origin.#server, 'listening');
    return origin;
  }

  /** Requests that wait now. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Ends it with all its connections. */
  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    if (this.#server.listening) await once(this.#server, 'close');
  }
}
