/** An agent's control socket whose answers a test decides, for the commands that ask and order. */
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Answer = { readonly status?: number; readonly body: unknown };

/** Listens in a runtime directory of its own until it is closed. */
export class FakeAgent {
  readonly dir = mkdtempSync(join(tmpdir(), 'tandem-agent-'));
  /** `POST /path?query`, as they came. */
  readonly orders: string[] = [];
  /** What `GET /status` gives, next first; the last one stays. */
  statuses: object[] = [{}];
  /** What an order gets. */
  answer: (order: string) => Answer | Promise<Answer> = () => ({ body: {} });
  readonly #server = http.createServer((request, response) => {
    void this.#serve(request, response);
  });

  /** The environment that leads to it. */
  get env(): NodeJS.ProcessEnv {
    return { TANDEM_RUNTIME_DIR: this.dir };
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(join(this.dir, 'keepalive.sock'), resolve));
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
      response.end(JSON.stringify(status));
      return;
    }
    const order = request.url ?? '';
    this.orders.push(order);
    const { status = 200, body } = await this.answer(order);
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
  }
}
