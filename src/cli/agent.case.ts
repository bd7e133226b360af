/** The control socket of a half whose answers a test decides, for the commands that ask and order. */
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Answer = { readonly status?: number; readonly body: unknown };

/** Listens in a runtime directory of its own until it is closed. */
class FakeHalf {
  readonly dir = mkdtempSync(join(tmpdir(), 'tandem-half-'));
  readonly #name: string;
  /** `POST /path?query`, as they came. */
  readonly orders: string[] = [];
  /** What `GET /status` gives, next first; the last one stays. None: it hangs up. */
  statuses: object[] = [{}];
  /** What an order gets. */
  answer: (order: string) => Answer | Promise<Answer> = () => ({ body: {} });
  readonly #server = http.createServer((request, response) => {
    void this.#serve(request, response);
  });

  constructor(name: string) {
    this.#name = name;
  }

  /** The environment that leads to it. */
  get env(): NodeJS.ProcessEnv {
    return { TANDEM_RUNTIME_DIR: this.dir };
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(join(this.dir, this.#name), resolve));
  }

  /** Nobody listens there any more. */
  async end(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async close(): Promise<void> {
    await this.end();
    rmSync(this.dir, { recursive: true });
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    if (request.method === 'GET') {
      const status = this.statuses.length > 1 ? this.statuses.shift() : this.statuses[0];
      if (status === undefined) response.destroy();
      else response.end(JSON.stringify(status));
      return;
    }
    const order = request.url ?? '';
    this.orders.push(order);
    const { status = 200, body } = await this.answer(order);
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
  }
}

/** The agent. */
export class FakeAgent extends FakeHalf {
  constructor() {
    super('keepalive.sock');
  }
}

/** The balancer. */
export class FakeBalancer extends FakeHalf {
  constructor() {
    super('proxy.sock');
  }
}
