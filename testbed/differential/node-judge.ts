import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { limits } from './limits.ts';
import { type Judge, type Opinion, SENTINEL, type Understood, understood } from './opinion.ts';
import { rawExchange } from './raw-exchange.ts';

/** Node's own HTTP server as judge, as strict as it is by default. */
export class NodeJudge implements Judge {
  readonly name = 'Node';
  readonly #server: Server;
  /** By the order of their heads; a request that is not complete stays null. */
  #requests: (Understood | null)[] = [];
  #refused: string | null = null;

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request, response) => this.#take(request, response));
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      this.#refused ??= error.code ?? 'error';
      socket.destroy();
    });
    // With a listener and an answer of our own an upgrade is not a request of unknown fate.
    server.keepAliveTimeout = limits.judgeTimeoutMs * 2;
  }

  /** Starts it on a free port of the loopback. */
  static async start(): Promise<NodeJudge> {
    const server = createServer({ maxHeaderSize: limits.judgeHeadBytes });
    // Not in the types: it lets a client finish sending before it is answered.
    Object.assign(server, { httpAllowHalfOpen: true });
    server.maxHeadersCount = 0;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new NodeJudge(server);
  }

  async judge(bytes: Buffer, complete: number | null): Promise<Opinion> {
    this.#requests = [];
    this.#refused = null;
    const sent = complete === null ? Buffer.concat([bytes, Buffer.from(SENTINEL)]) : bytes;
    const { port } = this.#server.address() as AddressInfo;
    await rawExchange(port, sent, complete, limits.judgeTimeoutMs);
    const requests = this.#requests.filter((request) => request !== null);
    return { requests, refused: this.#refused };
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const list = this.#requests;
    const place = list.push(null) - 1;
    let bodyBytes = 0;
    request.on('data', (bytes: Buffer) => {
      bodyBytes += bytes.length;
    });
    request.on('error', () => {});
    request.on('end', () => {
      const raw = request.rawHeaders;
      const fields = raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1]!] as const] : []));
      list[place] = understood(request.method!, request.url!, fields, bodyBytes);
      response.end('ok');
    });
  }
}
