/** Origins that answer with their own number, and a client that asks: who served me? */
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** Some origins; each holds its answers back until it may give them. */
export class NamedOrigins {
  readonly servers: http.Server[] = [];
  /** Requests now held by each, and the most there ever were. */
  readonly held: number[] = [];
  readonly heldMax: number[] = [];
  /** ms before each answers; Infinity: not before `release`. */
  readonly delays: number[] = [];
  /** Paths in the order in which they came, of all together. */
  readonly order: string[] = [];
  readonly #releases: (() => void)[][] = [];

  static async listen(count: number): Promise<NamedOrigins> {
    const origins = new NamedOrigins();
    for (let index = 0; index < count; index++) {
      const server = http.createServer((request, response) => {
        origins.#serve(index, request, response);
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      origins.servers.push(server);
      origins.held.push(0);
      origins.heldMax.push(0);
      origins.delays.push(0);
      origins.#releases.push([]);
    }
    return origins;
  }

  get ports(): number[] {
    return this.servers.map((server) => (server.address() as AddressInfo).port);
  }

  /** Lets one answer of this origin go, the oldest. */
  release(index: number): void {
    this.#releases[index]!.shift()?.();
  }

  close(): void {
    for (const server of this.servers) {
      server.close();
      server.closeAllConnections();
    }
  }

  #serve(index: number, request: http.IncomingMessage, response: http.ServerResponse): void {
    this.order.push(request.url ?? '');
    this.held[index]!++;
    this.heldMax[index] = Math.max(this.heldMax[index]!, this.held[index]!);
    let over = false;
    const done = () => {
      if (!over) this.held[index]!--;
      over = true;
    };
    response.on('close', done);
    const answer = () => {
      done();
      response.end(String(index));
    };
    const delay = this.delays[index]!;
    if (delay === 0) answer();
    else if (delay === Number.POSITIVE_INFINITY) this.#releases[index]!.push(answer);
    else setTimeout(answer, delay);
  }
}

/** An answer as a test looks at it. */
export interface Answer {
  readonly status: number;
  /** Number of the origin; NaN for an error of the proxy's own. */
  readonly origin: number;
  readonly headers: http.IncomingHttpHeaders;
}

/** A GET over a connection of its own. */
export function ask(
  port: number,
  path = '/',
  headers: http.OutgoingHttpHeaders = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', path, headers, agent: false };
    const request = http.get(options, async (response) => {
      let body = '';
      for await (const piece of response) body += String(piece);
      const { statusCode: status = 0 } = response;
      const origin = status === 200 ? Number(body) : Number.NaN;
      resolve({ status, origin, headers: response.headers });
    });
    request.on('error', reject);
  });
}
