/**
 * The client of the handover's lab tests: keep-alive connections (plain and TLS), one download, one
 * upload, and a new connection every few milliseconds, from the first IPC message until the second.
 * It answers with what went wrong, and how long requests took.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  Agent,
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
  request,
} from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';

export interface TrafficPlan {
  /** As in a URL. */
  readonly host: string;
  readonly keepAlive: number;
  readonly tls: number;
  readonly everyMs: number;
  readonly newEveryMs: number;
  readonly uploadBytes: number;
}

export interface TrafficReport {
  readonly requests: number;
  /** Connections that carried the keep-alive requests: as many as there are clients, if none broke. */
  readonly connections: number;
  readonly newConnections: number;
  readonly failures: readonly string[];
  readonly slowestMs: number;
  readonly slowestNewMs: number;
  /** SHA-256 of what came, and what was sent. */
  readonly downloaded: string;
  readonly uploaded: string;
  /** Hosts that answered the new connections. */
  readonly servedBy: Readonly<Record<string, number>>;
}

async function bodyOf(response: IncomingMessage, take: (chunk: Buffer) => void): Promise<void> {
  response.on('data', take);
  await once(response, 'end');
}

/** From the end of the load on, for the answers that are still missing: transfers take a few seconds. */
const END_MS_MAX = 30_000;

class Traffic {
  readonly #plan: TrafficPlan;
  /** What is under way. */
  readonly #waiting = new Map<ClientRequest, string>();
  readonly #failures: string[] = [];
  readonly #sockets = new Set<unknown>();
  readonly #servedBy: Record<string, number> = {};
  #requests = 0;
  #new = 0;
  #slowest = 0;
  #slowestNew = 0;
  #going = true;
  #startedAt = 0;
  #running: Promise<unknown>[] = [];

  constructor(plan: TrafficPlan) {
    this.#plan = plan;
  }

  start(): void {
    this.#startedAt = performance.now();
    const { keepAlive, tls } = this.#plan;
    for (let n = 0; n < keepAlive + tls; n++) this.#running.push(this.#keepAlive(n >= keepAlive));
    this.#running.push(this.#newOnes(), this.#download(), this.#upload());
  }

  async end(): Promise<TrafficReport> {
    this.#going = false;
    const all = Promise.all(this.#running);
    const results = await Promise.race([all, delay(END_MS_MAX, [])]);
    // One that is over may not be closed yet.
    for (const [{ socket }, kind] of results.length > 0 ? [] : this.#waiting) {
      this.#fail(kind, new Error(`still waits, from port ${socket?.localPort}`));
    }
    return {
      requests: this.#requests,
      connections: this.#sockets.size,
      newConnections: this.#new,
      failures: this.#failures,
      slowestMs: this.#slowest,
      slowestNewMs: this.#slowestNew,
      downloaded: String(results.at(-2)),
      uploaded: String(results.at(-1)),
      servedBy: this.#servedBy,
    };
  }

  async #keepAlive(tls: boolean): Promise<void> {
    const options = { keepAlive: true, maxSockets: 1 };
    const agent = tls
      ? new TlsAgent({ ...options, rejectUnauthorized: false })
      : new Agent(options);
    while (this.#going) {
      const took = await this.#get(tls, { agent }, 'keep-alive');
      this.#slowest = Math.max(this.#slowest, took);
      this.#requests += 1;
      await delay(this.#plan.everyMs);
    }
    agent.destroy();
  }

  async #newOnes(): Promise<void> {
    const pending: Promise<void>[] = [];
    while (this.#going) {
      const attempt = this.#get(false, { agent: false }, 'new').then((took) => {
        this.#slowestNew = Math.max(this.#slowestNew, took);
        this.#new += 1;
      });
      pending.push(attempt);
      await delay(this.#plan.newEveryMs);
    }
    await Promise.all(pending);
  }

  /** How long it took, ms. */
  async #get(tls: boolean, options: RequestOptions, kind: string): Promise<number> {
    const startedAt = performance.now();
    const { host } = this.#plan;
    const address = { host, port: tls ? 443 : 80, path: '/', ...options };
    try {
      const asked = this.#noted(kind, tls ? tlsRequest(address) : request(address));
      asked.on('socket', (socket) => {
        if (kind === 'keep-alive') this.#sockets.add(socket);
      });
      asked.end();
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      let text = '';
      await bodyOf(response, (chunk) => {
        text += chunk;
      });
      if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`);
      if (kind === 'new') this.#servedBy[text] = (this.#servedBy[text] ?? 0) + 1;
    } catch (error) {
      this.#fail(kind, error);
    }
    return performance.now() - startedAt;
  }

  async #download(): Promise<string> {
    const hash = createHash('sha256');
    try {
      const asked = this.#noted(
        'download',
        request({ host: this.#plan.host, path: '/big', agent: false }),
      ).end();
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      await bodyOf(response, (chunk) => hash.update(chunk));
    } catch (error) {
      this.#fail('download', error);
    }
    return hash.digest('hex');
  }

  async #upload(): Promise<string> {
    const hash = createHash('sha256');
    const { host, uploadBytes } = this.#plan;
    const headers = { 'content-length': uploadBytes };
    try {
      const asked = this.#noted(
        'upload',
        request({ host, path: '/up', method: 'PUT', agent: false, headers }),
      );
      const answered = once(asked, 'response');
      // Until it is waited for, a failure is nobody's.
      answered.catch(() => {});
      const chunk = Buffer.alloc(65_536);
      for (let at = 0; at < uploadBytes; at += chunk.length) {
        chunk.writeUInt32BE(at / chunk.length, 0);
        hash.update(chunk);
        if (!asked.write(Buffer.from(chunk))) await Promise.race([once(asked, 'drain'), answered]);
        if (at % (16 * chunk.length) === 0) await delay(15);
      }
      asked.end();
      const [response] = (await answered) as [IncomingMessage];
      if (![201, 204].includes(response.statusCode ?? 0))
        throw new Error(`status ${response.statusCode}`);
      response.resume();
    } catch (error) {
      this.#fail('upload', error);
    }
    return hash.digest('hex');
  }

  #noted(kind: string, asked: ClientRequest): ClientRequest {
    this.#waiting.set(asked, kind);
    asked.on('close', () => this.#waiting.delete(asked));
    return asked.on('error', () => {});
  }

  #fail(kind: string, error: unknown): void {
    const atMs = Math.round(performance.now() - this.#startedAt);
    this.#failures.push(`${kind} after ${atMs} ms: ${(error as Error).message}`);
  }
}

if (import.meta.main) {
  const traffic = new Traffic(JSON.parse(process.argv[2]!));
  process.once('message', () => {
    traffic.start();
    process.once('message', async () => {
      process.send?.(await traffic.end(), () => process.exit());
    });
  });
  process.send?.('ready');
}
