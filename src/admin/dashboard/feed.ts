/**
 * `GET /events`: what the dashboard shows, as server-sent events (`hello` first, then `snapshot` about once a
 * second). A snapshot is made once for all readers, and none while nobody reads; of traffic a few numbers
 * are noted every other second whether or not, so that a page begins with a history.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Traffic } from '../../../proxy/index.ts';
import type { AgentReport } from '../../control/agent-report.ts';
import type { BalancerReport } from '../../control/balancer-report.ts';
import { type Reply, text } from '../../control/server.ts';
import type { Logger } from '../../log/logger.ts';
import { countsOf } from './balancer-part.ts';
import { describe } from './describe.ts';
import { historyStepMs, TrafficHistory } from './history.ts';
import { Rates } from './rates.ts';
import type { Hello } from './snapshot.ts';

/** Readers at a time; the listener has 64 connections for all. */
export const feedReadersMax = 16;
/** From one snapshot to the next. */
const SNAPSHOT_EVERY_MS = 1_000;
/** Who has taken nothing for so long is disconnected. */
const STUCK_MS = 10_000;

/** Where the feed gets what it tells. */
export interface FeedSource {
  /** Null: the balancer is starting. */
  traffic(): Traffic | null;
  report(): BalancerReport | null;
  /** Null: it does not answer in time; undefined: the config has none. Never rejects. */
  agent(): Promise<AgentReport | null | undefined>;
}

/** What a feed works with. */
export interface FeedOptions {
  readonly source: FeedSource;
  readonly host: string;
  readonly version: string;
  readonly log: Logger;
  /** What the one who asks may order. */
  ordersOf(request: IncomingMessage): Hello['orders'];
  /** Default: `STUCK_MS`. */
  readonly stuckMs?: number;
  /** Default: once a second. */
  readonly everyMs?: number;
}

/** One who reads. */
interface Reader {
  readonly response: ServerResponse;
  readonly orders: Hello['orders'];
  /** What was sent is not taken yet: since when, ms of the process; null: it is. */
  behindSince: number | null;
  /** It has not got everything, and begins anew. */
  missed: boolean;
}

/** See the file's comment. */
export class Feed {
  readonly #options: FeedOptions;
  readonly #readers = new Set<Reader>();
  readonly #history = new TrafficHistory();
  readonly #rates = new Rates();
  readonly #sampling: NodeJS.Timeout;
  #ticking: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#sample();
    this.#sampling = setInterval(() => this.#sample(), historyStepMs).unref();
  }

  /** Connected now. */
  get readers(): number {
    return this.#readers.size;
  }

  /** Takes the response over, or refuses. */
  readonly serve = (request: IncomingMessage, response: ServerResponse): Reply | null => {
    if (this.#closed || this.#readers.size >= feedReadersMax) {
      const busy = text(`there are ${feedReadersMax} readers already\n`, 503);
      return { ...busy, headers: { 'retry-after': '10' } };
    }
    const orders = this.#options.ordersOf(request);
    const reader: Reader = { response, orders, behindSince: null, missed: true };
    this.#readers.add(reader);
    response.on('close', () => this.#leave(reader));
    response.on('drain', () => {
      reader.behindSince = null;
    });
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    response.flushHeaders();
    // The one that comes first begins; others wait for the next round.
    if (this.#ticking === undefined) void this.#tick();
    return null;
  };

  /** Ends every connection. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#sampling);
    for (const { response } of this.#readers) response.end();
  }

  #leave(reader: Reader): void {
    this.#readers.delete(reader);
    if (this.#readers.size > 0) return;
    clearTimeout(this.#ticking);
    this.#ticking = undefined;
    // Rates across a time in which nobody looked would be averages of it.
    this.#rates.forget();
  }

  #sample(): void {
    const traffic = this.#options.source.traffic();
    if (traffic !== null) this.#history.add({ at: Date.now(), traffic });
  }

  async #tick(): Promise<void> {
    const { everyMs = SNAPSHOT_EVERY_MS } = this.#options;
    // Its place is taken before anything is awaited, or two would run.
    const own = setTimeout(() => {}, 0).unref();
    this.#ticking = own;
    const started = performance.now();
    try {
      const data = await this.#snapshot();
      if (this.#ticking !== own || this.#closed) return;
      for (const reader of this.#readers) this.#send(reader, data);
    } catch (error) {
      // Traffic must not end for a page that cannot be drawn.
      const { message } = error as Error;
      this.#options.log.error({ error: message }, `admin: no snapshot for /events: ${message}`);
      for (const { response } of this.#readers) response.destroy();
      return;
    }
    const rest = Math.max(0, everyMs - (performance.now() - started));
    this.#ticking = setTimeout(() => void this.#tick(), rest).unref();
  }

  async #snapshot(): Promise<string> {
    const { source, host, version } = this.#options;
    const agent = await source.agent();
    const at = Date.now();
    const balancer = source.report();
    if (balancer !== null) this.#rates.look(at, countsOf(balancer));
    const point = this.#history.points.at(-1) ?? null;
    return event(
      'snapshot',
      describe({ ...{ at, host, version, balancer, agent, point }, rates: this.#rates }),
    );
  }

  #send(reader: Reader, data: string): void {
    const { log, stuckMs = STUCK_MS } = this.#options;
    const { response, orders, behindSince } = reader;
    const now = performance.now();
    if (behindSince !== null) {
      reader.missed = true;
      if (now - behindSince < stuckMs) return;
      const from = response.socket?.remoteAddress ?? 'somebody';
      log.warn({ from }, `admin: ${from} reads /events too slowly: disconnected`);
      response.destroy();
      return;
    }
    const hello: Hello = { orders, history: this.#history.points };
    const told = reader.missed ? event('hello', hello) + data : data;
    reader.missed = false;
    if (!response.write(told)) reader.behindSince = now;
  }
}

function event(type: 'hello' | 'snapshot', value: unknown): string {
  return `event: ${type}\ndata: ${JSON.stringify(value)}\n\n`;
}
